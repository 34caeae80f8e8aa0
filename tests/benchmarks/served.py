"""The product's door for the web server, with two bare views beside it to measure against.

/bare/ passes through every middleware of the product and says three bytes. /floor/ is Django with
no middleware at all. Both are answered by the same process as the product's pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

from marketplace.config.wsgi import application as product

settings.ROOT_URLCONF = "tests.benchmarks.bare_urls"
with override_settings(MIDDLEWARE=[]):
    _floor = WSGIHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the floor, the bare view or the product."""
    if environ["PATH_INFO"] == "/floor/":
        return _floor(environ, start_response)
    return product(environ, start_response)
