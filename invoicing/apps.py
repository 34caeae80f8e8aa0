"""The Django application of invoices, payments and what goes to the finance ledger."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    """What suppliers ask for, what they are paid, and how the finance ledger learns of it."""

    name = "invoicing"
    label = "invoicing"

    def ready(self) -> None:
        """Put our pages in the menu, and say who may read our papers."""
        from invoicing.intake.selectors import is_paper_for  # noqa: PLC0415  # needs the apps
        from invoicing.ledgers.selectors import is_ledger_file_for  # noqa: PLC0415  # as above
        from invoicing.payments.selectors import stories  # noqa: PLC0415  # as above
        from marketplace.audit import subjects  # noqa: PLC0415  # as above
        from marketplace.documents import audiences  # noqa: PLC0415  # as above
        from marketplace.web.navigation import register  # noqa: PLC0415  # as above

        audiences.register("invoice", is_paper_for)
        audiences.register("ledger-export", is_ledger_file_for)
        subjects.tell_stories(before=stories.before, after=stories.after)
        readers = ("buyer", "receiver", "finance", "payments", "auditor")
        register("invoices", _("Invoices"), readers, order=55)
        register("payment-runs", _("Payments"), ("payments", "finance", "auditor"), order=56)
        register("payees", _("Bank details"), ("payments", "finance"), order=57)
        register("ledger-exports", _("Finance ledger"), ("finance", "auditor"), order=58)
