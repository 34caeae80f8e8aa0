"""The product's addresses, and two bare ones beside them to measure against."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from marketplace.config.urls import urlpatterns as products
from marketplace.web.access import access


@access("public")
def bare(request: HttpRequest) -> HttpResponse:
    """Say that it is well."""
    return HttpResponse("ok\n")


urlpatterns = [path("bare/", bare), path("floor/", bare), *products]
