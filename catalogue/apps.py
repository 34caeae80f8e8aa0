"""The Django app of the catalogue."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The catalogue's place among the installed apps."""

    name = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"
