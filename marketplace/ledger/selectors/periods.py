"""Questions about the months of financial years."""

from __future__ import annotations

from uuid import UUID

from marketplace.core.models import TenantQuerySet
from marketplace.ledger.models import Period
from marketplace.ledger.states import PeriodStatus


def periods(council_id: UUID, *, financial_year: int | None = None) -> TenantQuerySet[Period]:
    """Return the months of every year that was opened, or of one, in their order."""
    rows = Period.objects.of(council_id).order_by("starts_on", "id")
    return rows if financial_year is None else rows.filter(financial_year=financial_year)


def years_opened(council_id: UUID) -> list[int]:
    """Return the financial years that were opened, latest first."""
    years = Period.objects.of(council_id).values_list("financial_year", flat=True)
    return list(years.distinct().order_by("-financial_year"))


def next_open(period: Period) -> Period | None:
    """Return the month in which counts what comes late for this one; None when all are closed."""
    rows = periods(period.council_id).filter(
        starts_on__gt=period.ends_on, status=PeriodStatus.OPEN.value
    )
    return rows.first()
