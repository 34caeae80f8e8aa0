"""The small site of tests/web/site.py, and a client for it."""

import pytest
from django.test import Client

from marketplace.web import navigation
from tests.web import site


@pytest.fixture
def small_site(settings, monkeypatch):
    """Serve tests/web/site.py, with page manners and nothing else around it."""
    monkeypatch.setattr(navigation, "_ITEMS", {})
    settings.ROOT_URLCONF = "tests.web.site"
    settings.MIDDLEWARE = site.MIDDLEWARE
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def client(small_site):
    """A browser, or a program, that is shown what a person would be shown of a defect."""
    return Client(raise_request_exception=False)
