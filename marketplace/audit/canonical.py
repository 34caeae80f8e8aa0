"""The exact words that are hashed, and the chain's arithmetic. Pure; a verifier needs only this.

An event's hash is SHA-256 over: the hash before it (32 bytes), then its body in UTF-8. The first
event of a chain stands on 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

GENESIS = bytes(32)


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("An instant without a time zone has no canonical form.")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


# In this order: an instant is a day too, and True is a number.
_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (str, str),
    ((bool, int, type(None)), lambda value: value),
    (datetime, _instant),
    (date, date.isoformat),
    (Decimal, "{:f}".format),
    (UUID, str),
    (dict, lambda value: {_key(name): _plain(inner) for name, inner in value.items()}),
    ((set, frozenset), lambda value: sorted(map(str, value))),
    ((list, tuple), lambda value: [_plain(inner) for inner in value]),
)


_AS_THEY_ARE = frozenset({str, bool, int, type(None)})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if type(value) in _AS_THEY_ARE:  # most are, and a walk along a chain asks a million times
        return value
    for kinds, form in _FORMS:
        if isinstance(value, kinds):
            return form(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _key(name: object) -> str:
    if type(name) is str:
        return name
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not a name: JSON's names are texts.")
    return str(name)


def canonical(facts: dict[str, Any]) -> str:
    """Return facts as JSON with sorted keys, no spare spaces and no floats.

    Units: amounts become decimal strings, instants UTC with microseconds.
    Raises: TypeError for a float, an instant without a zone, or anything else that two writers
    might write differently.
    Why: two writers of the same facts must produce the same bytes.

    >>> canonical({"b": Decimal("1.50"), "a": None})
    '{"a":null,"b":"1.50"}'
    """
    return _ENCODER.encode(_plain(facts))


def chained(previous_hash: bytes, body: str) -> bytes:
    """Return the hash of an event that follows `previous_hash`.

    Source: FIPS 180-4 (SHA-256).
    """
    return hashlib.sha256(previous_hash + body.encode()).digest()
