"""The Django app of the catalogue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from marketplace.web import navigation


class CatalogueConfig(AppConfig):
    """The catalogue's place among the installed apps, and in the menu."""

    name = "catalogue"

    def ready(self) -> None:
        """Put the catalogue into the menu of whoever buys."""
        navigation.register("catalogue", _("Catalogue"), ("requester", "buyer"), order=20)
