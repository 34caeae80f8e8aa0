"""What was posted, as it leaves for another ledger, and what has left already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from invoicing.ledgers.journals import Kind, LedgerAccount, LedgerJournal, LedgerLine
from invoicing.models import ExportedJournal, LedgerExport
from invoicing.states import ExportFormat
from marketplace.core.actors import Actor, Role
from marketplace.core.models import TenantQuerySet
from marketplace.ledger.models import Account, Journal, JournalLine

NOUGHT: Final = Decimal("0.00")
READERS: Final = (Role.FINANCE, Role.AUDITOR)
EXPORT_KEYS: Final = ("-number", "-id")
# A file that a finance system takes in one go, and that is written while a page waits for it.
MOST_JOURNALS: Final = 10_000
_LINE: Final = (
    "journal_id", "number", "account__code", "debit_amount", "credit_amount", "cost_centre__code",
    "supplier__slug", "supplier__name",
)  # fmt: skip
_HEAD: Final = (
    "pk", "financial_year", "number", "dated_on", "document_on", "kind", "document_reference",
    "narrative",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatWaits:
    """What stands in no export yet. Units: GBP, the debits, which equal the credits."""

    journals: int
    lines: int
    amount: Decimal
    first_on: date | None
    last_on: date | None

    @property
    def in_next_file(self) -> int:
        """Return how many journals of these one file takes."""
        return min(self.journals, MOST_JOURNALS)

    @property
    def left_over(self) -> int:
        """Return how many journals wait for the file after the next."""
        return self.journals - self.in_next_file


def exports(council_id: UUID) -> TenantQuerySet[LedgerExport]:
    """Return a council's exports, latest first (EXPORT_KEYS for pages by key)."""
    rows = LedgerExport.objects.of(council_id).select_related("document").defer("document__content")
    return rows.order_by(*EXPORT_KEYS)


def last_export(council_id: UUID) -> LedgerExport | None:
    """Return the export with the highest number, None before the first."""
    rows = LedgerExport.objects.of(council_id).filter(format=ExportFormat.CSV)
    return rows.order_by("-number").first()


def not_exported(council_id: UUID, *, until: date) -> QuerySet[Journal]:
    """Return what counts up to a day and stands in no export yet, by number."""
    gone = ExportedJournal.objects.of(council_id).filter(
        format=ExportFormat.CSV, journal=OuterRef("pk")
    )
    rows = Journal.objects.of(council_id).filter(~Exists(gone), dated_on__lte=until)
    return rows.order_by("financial_year", "number")


def waiting_for_export(council_id: UUID, *, until: date) -> WhatWaits:
    """Return how much stands in no export yet, and what it comes to: one statement."""
    found = (
        not_exported(council_id, until=until)
        .order_by()
        .aggregate(
            journals=Count("pk"),
            lines=Coalesce(Sum("lines_count"), 0),
            amount=Coalesce(Sum("total_amount"), NOUGHT),
            first_on=Min("dated_on"),
            last_on=Max("dated_on"),
        )
    )
    return WhatWaits(**found)


def journals_of_export(export: LedgerExport) -> QuerySet[Journal]:
    """Return the journals that stand in an export, by number."""
    named = ExportedJournal.objects.of(export.council_id).filter(export=export)
    rows = Journal.objects.of(export.council_id).filter(pk__in=named.values("journal"))
    return rows.order_by("financial_year", "number")


def is_ledger_file_for(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document is a file for the finance ledger that this person may read."""
    if not reader.holds(*READERS):
        return False
    return LedgerExport.objects.of(reader.organisation_id).filter(document_id=document_id).exists()


def ledger_accounts(council_id: UUID) -> list[LedgerAccount]:
    """Return a council's accounts, those in use and those that once were, by code."""
    rows = Account.objects.of(council_id).order_by("code")
    return [LedgerAccount(row.code, row.name, Kind(row.kind)) for row in rows]


def ledger_journals(
    council_id: UUID, *, until: date, since: date | None = None
) -> list[LedgerJournal]:
    """Return what counts in these days, by number, with all lines: two statements.

    Shapes: without `since` everything until a day; suppliers by their short name in the
    marketplace.
    """
    days = Q(dated_on__lte=until)
    if since is not None:
        days &= Q(dated_on__gte=since)
    return _with_lines(
        Journal.objects.of(council_id).filter(days), JournalLine.objects.of(council_id).filter(days)
    )


def these_journals(council_id: UUID, keys: Collection[UUID]) -> list[LedgerJournal]:
    """Return some journals by number, with all lines: two statements."""
    return _with_lines(
        Journal.objects.of(council_id).filter(pk__in=keys),
        JournalLine.objects.of(council_id).filter(journal_id__in=keys),
    )


def _with_lines(journals: QuerySet[Journal], rows: QuerySet[JournalLine]) -> list[LedgerJournal]:
    """Return journals with their lines, without a model's object for each of very many rows."""
    lines: dict[UUID, list[LedgerLine]] = {}
    for journal_id, *facts in rows.order_by("journal_id", "number").values_list(*_LINE):
        lines.setdefault(journal_id, []).append(_line(*facts))
    found = journals.order_by("financial_year", "number").values_list(*_HEAD)
    return [
        LedgerJournal(
            reference=Journal(financial_year=year, number=number).reference,
            dated_on=dated_on,
            document_on=document_on,
            kind=kind,
            document_reference=document_reference,
            narrative=narrative,
            lines=lines[pk],
        )
        for pk, year, number, dated_on, document_on, kind, document_reference, narrative in found
    ]


def _line(
    number: int,
    account: str,
    debit: Decimal,
    credit: Decimal,
    cost_centre: str | None,
    slug: str | None,
    name: str | None,
) -> LedgerLine:
    return LedgerLine(
        number=number,
        account_code=account,
        debit_amount=debit,
        credit_amount=credit,
        cost_centre_code=cost_centre or "",
        supplier_code=slug or "",
        supplier_name=name or "",
    )
