"""The trail as files that others can read, and check, without us."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from defusedcsv import csv

from marketplace.audit.models import Event

COLUMNS = (
    "chain", "sequence", "at", "verb", "subject_type", "subject_id", "subject_reference",
    "actor_id", "actor_name", "counterparty_id", "note", "before", "after", "previous_hash", "hash",
    "id",
)  # fmt: skip


class _Line:
    """A file that hands back what was written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the events as CSV, a header first, in UTF-8 that Excel recognises.

    Why: a cell that a spreadsheet would run as a formula gets a quotation mark before it.
    """
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for event in events:
        facts = _facts(event)
        facts["before"], facts["after"] = _json(facts["before"]), _json(facts["after"])
        yield writer.writerow([_text(facts[name]) for name in COLUMNS])


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


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
