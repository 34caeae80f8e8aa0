"""The Django app of the catalogue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from marketplace.documents import audiences
from marketplace.web import navigation


class CatalogueConfig(AppConfig):
    """The catalogue's place among the installed apps, and in the menu."""

    name = "catalogue"

    def ready(self) -> None:
        """Put the catalogue into the menu of whoever buys, and say who may read a price list."""
        from catalogue.imports.selectors import is_price_list_of  # noqa: PLC0415  # needs the apps

        navigation.register("catalogue", _("Catalogue"), ("requester", "buyer"), order=20)
        audiences.register("price list", is_price_list_of)
