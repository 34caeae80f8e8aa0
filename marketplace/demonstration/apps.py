"""The Django application that loads the demo consortium."""

from django.apps import AppConfig


class DemonstrationConfig(AppConfig):
    """Writes the councils and suppliers of `fixtures` into an empty marketplace; has no tables."""

    name = "marketplace.demonstration"
    label = "demonstration"
