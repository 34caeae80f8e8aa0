"""The Django application of page manners."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Everything that pages and the API have in common."""

    name = "marketplace.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
