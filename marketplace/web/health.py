"""Whether what this process needs answers: the database, and a broker where there is one."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked for an answer; without a needed one no request can be served."""

    name: str
    ok: bool
    needed: bool


def checks() -> list[Check]:
    """Ask everything once.

    Why: the broker only rings a bell (jobs are rows in the database), so the pages go on without.
    """
    found = [Check("database", _database(), needed=True)]
    broker = str(getattr(settings, "BROKER_URL", "") or "")
    if broker and urlsplit(broker).scheme.split("+")[0] != "memory":
        found.append(Check("broker", _broker(broker), needed=False))
    return found


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        logger.exception("The database does not answer.")
        return False


def _broker(address: str) -> bool:
    parts = urlsplit(address)
    family, where = _where(parts.scheme, parts.hostname, parts.port, parts.path)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection_to_broker:
            connection_to_broker.settimeout(PATIENCE_SECONDS)
            connection_to_broker.connect(where)
    except OSError:
        logger.warning("The broker does not answer.")
        return False
    return True


def _where(
    scheme: str, host: str | None, port: int | None, path: str
) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    """Return what to connect to: redis+socket:///path is a file, everything else host and port."""
    if scheme.endswith("+socket") or scheme == "unix":
        return socket.AF_UNIX, path
    return socket.AF_INET, (host or "127.0.0.1", port or PORTS.get(scheme, 5672))
