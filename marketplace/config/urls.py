"""Every address, gathered from the packages."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from marketplace.config.views import metrics

PACKAGES = (
    "marketplace.desk",
    "supplier_portal",
    "invoicing",
    "marketplace.ordering",
    "catalogue",
    "marketplace.ledger",
    "marketplace.approvals",
    "marketplace.documents",
    "marketplace.organisations",
    "marketplace.audit",
    "marketplace.web",
)


def _pages_and_operations() -> list[URLPattern | URLResolver]:
    """Return each package's pages (urls.py), and its operations (api_urls.py) under /api/v1/."""
    found: list[URLPattern | URLResolver] = []
    for package in PACKAGES:
        if find_spec(f"{package}.urls"):
            found.append(path("", include(f"{package}.urls")))
        if find_spec(f"{package}.api_urls"):
            found.append(path("api/v1/", include(f"{package}.api_urls")))
    return found


urlpatterns = [
    *_pages_and_operations(),
    path("account/", include("allauth.urls")),
    path("metrics", metrics, name="metrics"),
]

_errors = import_module("marketplace.web.views")
handler400 = _errors.bad_request
handler403 = _errors.permission_denied
handler404 = _errors.page_not_found
handler500 = _errors.server_error
