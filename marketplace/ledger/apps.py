"""The Django application of coding, budgets and commitments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """What money there is, and what of it is promised."""

    name = "marketplace.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Put our pages in the menu."""
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        readers = ("buyer", "approver", "finance", "auditor", "administrator")
        also = ("cost-centres", "accounts", "months", "control-accounts")
        register("budgets", _("Budgets"), readers, order=55, also=also)
