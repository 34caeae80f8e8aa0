"""What operators watch beside the requests: work that is owed and late, mail that waits."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Owed(Collector):
    """Counts of jobs by what has become of them, read when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT owed, late, parked FROM jobs_counts()")
            owed, late, parked = cursor.fetchone()
        for name, text, value in (
            ("marketplace_jobs_owed", "Jobs that are owed", owed),
            ("marketplace_jobs_late", "Jobs that have been due for more than a minute", late),
            ("marketplace_jobs_parked", "Jobs that failed too often", parked),
        ):
            yield GaugeMetricFamily(name, text, value=value)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing, so that registering asks no database."""
        return []


REGISTRY.register(Owed())
