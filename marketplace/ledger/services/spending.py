"""Holding what a journal stands on: the period in which it counts, and the budgets that it spends.

Parts of a posting, called in its transaction and in this order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Conflict, Missing
from marketplace.core.models import busy_if_held
from marketplace.ledger.models import Account, Budget, CommitmentEntry, CostCentre
from marketplace.organisations.services.holding import hold_organisation

YearCoding = tuple[int, UUID, UUID]

# Held so that it cannot be closed before we commit; others may post in it at the same time. Whoever
# waited while it was being closed is given the next that is open.
_HOLD_PERIODS = """
    SELECT wanted.day, period.id, period.financial_year, greatest(wanted.day, period.starts_on)
    FROM unnest(%s::date[]) AS wanted (day) CROSS JOIN LATERAL (
        SELECT id, financial_year, starts_on FROM ledger_period
        WHERE council_id = %s AND status = 'OPEN' AND ends_on >= wanted.day
        ORDER BY starts_on LIMIT 1 FOR SHARE
    ) AS period
    ORDER BY wanted.day
"""


class NoOpenPeriod(Conflict):
    """There is no period in which this could be counted."""

    code = "journal.no-open-period"
    title = gettext_lazy("No period is open for this.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a journal counts: its period, and the day of it."""

    period_id: UUID
    financial_year: int
    dated_on: date


def hold_periods(council_id: UUID, days: Collection[date]) -> dict[date, Place]:
    """Return where what happened on each day counts: that day, or the first that is open after it.

    Raises: NoOpenPeriod; Busy.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_HOLD_PERIODS, [sorted(days), council_id])
        places = {day: Place(*rest) for day, *rest in cursor.fetchall()}
    for day in sorted(days):
        if day not in places:
            raise NoOpenPeriod(_("No period from %(day)s on is open.") % {"day": f"{day:%d %B %Y}"})
    return places


def hold_budgets(
    council_id: UUID, codings: Collection[YearCoding], line_ids: Sequence[UUID]
) -> dict[YearCoding, Budget]:
    """Hold the budgets of codings, and those that hold promises of lines; return them by coding.

    Shapes: a coding that has no budget gets one of nought.
    Raises: Missing for a cost centre of another council; Busy.
    """
    there = _existing(council_id, codings)
    missing = set(codings) - there.keys()
    if missing:
        _make(council_id, missing)
        there = _existing(council_id, codings)
    keys = set(there.values())
    if line_ids:
        entries = CommitmentEntry.objects.of(council_id).filter(line_id__in=line_ids)
        keys |= set(entries.values_list("budget_id", flat=True).distinct())
    held = Budget.objects.of(council_id).lock_all(keys) if keys else []
    return {(row.financial_year, row.cost_centre_id, row.account_id): row for row in held}


def _existing(council_id: UUID, codings: Collection[YearCoding]) -> dict[YearCoding, UUID]:
    if not codings:
        return {}
    rows = Budget.objects.of(council_id).filter(
        financial_year__in={year for year, _centre, _account in codings},
        cost_centre_id__in={centre for _year, centre, _account in codings},
        account_id__in={account for _year, _centre, account in codings},
    )
    found = {
        (year, centre, account): pk
        for pk, year, centre, account in rows.values_list(
            "pk", "financial_year", "cost_centre_id", "account_id"
        )
    }
    return {coding: found[coding] for coding in codings if coding in found}


def _make(council_id: UUID, codings: Collection[YearCoding]) -> None:
    """Make budgets of nought, with the organisation held as by whoever sets budgets.

    Raises: Missing; Busy.
    """
    hold_organisation(council_id)
    centres = dict(
        CostCentre.objects.of(council_id)
        .filter(pk__in={centre for _year, centre, _account in codings})
        .values_list("pk", "code")
    )
    accounts = dict(
        Account.objects.of(council_id)
        .filter(pk__in={account for _year, _centre, account in codings})
        .values_list("pk", "code")
    )
    if {centre for _year, centre, _account in codings} - centres.keys():
        raise Missing(_("There is no such cost centre here."))
    rows = [
        Budget(
            council_id=council_id,
            financial_year=year,
            cost_centre_id=centre,
            account_id=account,
            coding=f"{centres[centre]}/{accounts[account]}",
            budget_amount=Decimal(0),
        )
        for year, centre, account in sorted(codings)
    ]
    Budget.objects.bulk_create(rows, ignore_conflicts=True)
