"""Rows and events by the thousand, in a few statements.

Only for the demo's bulk: everything else is written by services, one deed at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F

from marketplace.audit.canonical import canonical
from marketplace.core.actors import Actor
from marketplace.core.ids import uuid7
from marketplace.organisations.models import NumberSequence
from marketplace.organisations.services.numbers import next_number

_APPEND = """
    SELECT audit_append(body) FROM unnest(%s::text[]) WITH ORDINALITY AS given (body, place)
    ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the audit trail that is still to be appended."""

    verb: str
    subject: models.Model
    actor: Actor | None
    at: datetime
    organisation_id: UUID
    counterparty_id: UUID | None
    after: dict[str, Any]


def copy_in(rows: Sequence[models.Model]) -> None:
    """Write rows of one model, by way of a temporary table.

    Why: COPY goes past no wall, so PostgreSQL refuses it where row-level security is on; the
    INSERT from the temporary table is checked like any other.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    names = [field.attname for field in fields]
    table, aside = quote(meta.db_table), quote(f"incoming_{meta.db_table}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {aside} ON COMMIT DROP AS"  # noqa: S608  # our own names
            f" SELECT {columns} FROM {table} WITH NO DATA"
        )
        with cursor.copy(f"COPY {aside} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_plain(getattr(row, name)) for name in names])
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {aside}"  # noqa: S608
        )
        cursor.execute(f"DROP TABLE {aside}")


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def append(happenings: Sequence[Happening]) -> None:
    """Append events to their chains, in order, in one statement.

    Shapes: what is hashed has the same facts as what marketplace.audit.services.record writes;
    a test holds the two against one another.
    """
    bodies = [
        canonical(
            {
                "id": uuid7(),
                "chain": each.organisation_id,
                "at": each.at,
                "verb": each.verb,
                "subject_type": each.subject._meta.label_lower,
                "subject_id": each.subject.pk,
                "subject_reference": str(getattr(each.subject, "reference", "") or ""),
                "actor_id": each.actor.user_id if each.actor else None,
                "actor_name": each.actor.name if each.actor else "",
                "counterparty_id": each.counterparty_id,
                "before": {},
                "after": each.after,
                "note": "",
                "request_id": "",
            }
        )
        for each in happenings
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [bodies])


def take_numbers(organisation_id: UUID, kind: str, year: int, count: int) -> range:
    """Take the next numbers of a kind, so many at once, without a gap."""
    first = next_number(organisation_id, kind, year)
    taken = NumberSequence.objects.filter(organisation_id=organisation_id, kind=kind, year=year)
    taken.update(last=F("last") + count - 1)
    return range(first, first + count)
