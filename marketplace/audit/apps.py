"""The Django application of the audit trail."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """What was done, by whom, and when."""

    name = "marketplace.audit"
    label = "audit"

    def ready(self) -> None:
        """Put our page in the menu."""
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        register("events", _("Audit trail"), ("auditor", "administrator"), order=90)
