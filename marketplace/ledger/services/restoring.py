"""Promising again a part of what was spent of lines.

That is what their journals spent, less what has been promised again since. Parts of a posting,
called in its transaction; one line is promised again by one journal of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum

from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.rules import shares
from marketplace.ledger.states import EntryKind

_SPENDING = [EntryKind.SPEND.value, EntryKind.RESTORE.value]


def codings_spent(council_id: UUID, line_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return the codings of which something was spent for these lines, so that they can be held."""
    if not line_ids:
        return set()
    rows = _moved(council_id, line_ids).order_by()
    return set(rows.values_list("budget__cost_centre_id", "budget__account_id").distinct())


def spent_on_lines(council_id: UUID, most: Mapping[UUID, Decimal]) -> list[CommitmentEntry]:
    """Return what was spent of lines, up to `most` of each, as entries that are not kept.

    Shapes: the budgets of these lines are held. What was promised again in another year’s budget
    counts for the coding, since it was spent on the same thing.
    """
    rows = (
        _moved(council_id, most)
        .values(
            "line_id", "budget__cost_centre_id", "budget__account_id", "stage", "document_type",
            "document_id",
        )
        .annotate(balance=Sum("amount"))
        .filter(balance__lt=0)
        .order_by("line_id", "budget__cost_centre_id", "budget__account_id", "stage")
    )  # fmt: skip
    by_line: dict[UUID, list[CommitmentEntry]] = {}
    for row in rows:
        spent = CommitmentEntry(
            kind=EntryKind.SPEND,
            amount=row["balance"],
            stage=row["stage"],
            document_type=row["document_type"],
            document_id=row["document_id"],
            line_id=row["line_id"],
        )
        spent.budget = Budget(
            cost_centre_id=row["budget__cost_centre_id"], account_id=row["budget__account_id"]
        )
        by_line.setdefault(row["line_id"], []).append(spent)
    found = []
    for line_id, entries in by_line.items():
        given = shares([-each.amount for each in entries], most[line_id])
        for each, amount in zip(entries, given, strict=True):
            each.amount = -amount
            found += [each] if amount else []
    return found


def _moved(council_id: UUID, line_ids: Collection[UUID]) -> QuerySet[CommitmentEntry]:
    rows = CommitmentEntry.objects.of(council_id)
    return rows.filter(line_id__in=list(line_ids), kind__in=_SPENDING)
