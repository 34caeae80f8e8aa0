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
from marketplace.ledger.models import Account, Budget, CostCentre
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

_WANTED_BUDGETS = """
    WITH there AS MATERIALIZED (
        SELECT budget.id
        FROM unnest(%(years)s::int[], %(centres)s::uuid[], %(accounts)s::uuid[])
            AS wanted (financial_year, cost_centre_id, account_id)
        JOIN ledger_budget budget USING (financial_year, cost_centre_id, account_id)
        WHERE budget.council_id = %(council)s
    )
    SELECT * FROM ledger_budget
    WHERE council_id = %(council)s
        AND id = ANY(ARRAY(
            SELECT id FROM there
            UNION
            SELECT budget_id FROM ledger_commitmententry
            WHERE council_id = %(council)s AND line_id = ANY(%(lines)s::uuid[])
        ))
        AND (%(partly)s OR (SELECT count(*) FROM there) = cardinality(%(years)s::int[]))
    ORDER BY id
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
    held = hold_budgets_there(council_id, codings, line_ids, all_or_none=True)
    if codings and not held:
        _make(council_id, codings)
        held = hold_budgets_there(council_id, codings, line_ids)
    return held


def hold_budgets_there(
    council_id: UUID,
    codings: Collection[YearCoding],
    line_ids: Sequence[UUID] = (),
    *,
    all_or_none: bool = False,
) -> dict[YearCoding, Budget]:
    """Hold those budgets that there are of codings, and those that hold promises of lines.

    Shapes: with `all_or_none` nothing is held where one of the codings has no budget, so that
    whoever makes it can hold the organisation before.
    Raises: Busy.
    """
    if not codings and not line_ids:
        return {}
    wanted = [list(each) for each in zip(*sorted(set(codings)), strict=True)] or [[], [], []]
    names = dict(zip(("years", "centres", "accounts"), wanted, strict=True))
    facts = {"council": council_id, "lines": list(line_ids), "partly": not all_or_none, **names}
    held = Budget.objects.hold_by(_WANTED_BUDGETS, facts)
    return {(row.financial_year, row.cost_centre_id, row.account_id): row for row in held}


def _make(council_id: UUID, codings: Collection[YearCoding]) -> None:
    """Make the budgets that are missing, of nought; the organisation is held meanwhile.

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
