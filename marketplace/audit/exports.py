"""The trail as files that others can read, and check, without us."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from marketplace.audit.models import Event
from marketplace.web import downloads

COLUMNS = (
    "chain", "sequence", "at", "verb", "subject_type", "subject_id", "subject_reference",
    "actor_id", "actor_name", "counterparty_id", "note", "before", "after", "previous_hash", "hash",
    "id",
)  # fmt: skip


def csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the events as CSV, a header first; the facts of each are JSON in a cell."""
    return downloads.csv_lines(COLUMNS, map(_row, events))


def _row(event: Event) -> dict[str, Any]:
    facts = _facts(event)
    return facts | {"before": _json(facts["before"]), "after": _json(facts["after"])}


def json_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the events as JSON, one a line, each with the exact words that were hashed.

    Why: with `body`, `previous_hash` and `hash` anybody can check the chain:
    hash = SHA-256(previous_hash + body).
    """
    for event in events:
        yield _json({**_facts(event), "body": event.body}) + "\n"


def _facts(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(event, name) for name in COLUMNS}
    for name in ("previous_hash", "hash"):
        facts[name] = bytes(facts[name]).hex()
    facts["at"] = event.at.isoformat()
    for name in ("id", "chain", "subject_id", "actor_id", "counterparty_id"):
        facts[name] = None if facts[name] is None else str(facts[name])
    return facts


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
