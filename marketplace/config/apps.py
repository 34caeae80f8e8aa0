"""The roof: what must happen once every package is there."""

from __future__ import annotations

from django.apps import AppConfig


class RoofConfig(AppConfig):
    """Registers the jobs of every package in every process, web processes too."""

    name = "marketplace.config"
    label = "config"

    def ready(self) -> None:
        """Load the tasks of every package, so that `wake` knows each name everywhere."""
        from marketplace.config import metrics  # noqa: F401, PLC0415
        from marketplace.config.celery import app  # noqa: PLC0415  # needs the apps to be loaded

        app.autodiscover_tasks(force=True)
