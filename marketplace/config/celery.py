"""Celery: carries out jobs; the truth about them is in the database."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

app = Celery("marketplace")
app.config_from_object("marketplace.config.celery_settings")
app.set_current()
