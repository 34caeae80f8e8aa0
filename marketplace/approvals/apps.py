"""The Django application of approvals."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Who must say yes to what."""

    name = "marketplace.approvals"
    label = "approvals"

    def ready(self) -> None:
        """Put our pages in the menu of those whose work they are; others come by links."""
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        register("approval-rules", _("Approval rules"), ("administrator", "auditor"), order=65)
