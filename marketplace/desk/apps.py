"""The Django application of pages that look across packages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import Role


class DeskConfig(AppConfig):
    """The first page, the search across everything, help, and what auditors take away."""

    name = "marketplace.desk"
    label = "desk"

    def ready(self) -> None:
        """Put our pages in the menu, and say who may read our papers."""
        from marketplace.desk.bundles.selectors import is_bundle_for  # noqa: PLC0415  # as below
        from marketplace.documents import audiences  # noqa: PLC0415  # as below
        from marketplace.web.navigation import register  # noqa: PLC0415  # needs the apps

        audiences.register("bundle", is_bundle_for)
        council = tuple(role for role in Role if role is not Role.SUPPLIER)
        register("home", _("Home"), council, order=1)
