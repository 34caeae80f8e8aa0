"""The Django application of the supplier's pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupplierPortalConfig(AppConfig):
    """The supplier's pages; it has no tables."""

    name = "supplier_portal"
    label = "supplier_portal"

    def ready(self) -> None:
        """Put our pages in the menu."""
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        register("supplier-home", _("Home"), ("supplier",), order=1)
        register("supplier-orders", _("Orders"), ("supplier",), order=10)
        register("supplier-invoices", _("Invoices"), ("supplier",), order=15)
        register("supplier-listings", _("What you offer"), ("supplier",), order=20)
        register("supplier-upload", _("Price lists"), ("supplier",), order=30)
        register("supplier-payments", _("Payments"), ("supplier",), order=35)
        register("supplier-details", _("Your details"), ("supplier",), order=40)
