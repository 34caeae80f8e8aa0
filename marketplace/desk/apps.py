"""The Django application of pages that look across packages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import Role


class DeskConfig(AppConfig):
    """The first page, the search across everything, help; it has no tables."""

    name = "marketplace.desk"
    label = "desk"

    def ready(self) -> None:
        """Put our pages in the menu."""
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        council = tuple(role for role in Role if role is not Role.SUPPLIER)
        register("home", _("Home"), council, order=1)
