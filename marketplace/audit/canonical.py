"""The exact words that are hashed, and the chain's arithmetic. Pure; a verifier needs only this.

An event's hash is SHA-256 over: the hash before it (32 bytes), then its body in UTF-8. The first
event of a chain stands on 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

GENESIS = bytes(32)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def canonical(facts: dict[str, Any]) -> str:
    """Return facts as JSON with sorted keys, no spare spaces and no floats.

    Units: amounts become decimal strings, instants UTC with microseconds.
    Why: two writers of the same facts must produce the same bytes.

    >>> canonical({"b": Decimal("1.50"), "a": None})
    '{"a":null,"b":"1.50"}'
    """
    return json.dumps(
        facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def chained(previous_hash: bytes, body: str) -> bytes:
    """Return the hash of an event that follows `previous_hash`.

    Source: FIPS 180-4 (SHA-256).
    """
    return hashlib.sha256(previous_hash + body.encode()).digest()
