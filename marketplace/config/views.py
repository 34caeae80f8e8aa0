"""Metrics for whoever runs the marketplace."""

from __future__ import annotations

import os
import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from marketplace.config.metrics import Owed
from marketplace.web.access import access


@access("public")
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the metrics of all processes, for who brings METRICS_TOKEN.

    Without that setting there are no metrics to see: they tell how busy the site is and where.
    """
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.METRICS_TOKEN
    if not wanted or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise Http404
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(Owed())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
