"""Opening a financial year, and closing and opening again the months in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year, financial_year_label
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.ledger.models import Period
from marketplace.ledger.services.budgets import check_year
from marketplace.organisations.services.holding import hold_organisation

YEARS_BACK, YEARS_AHEAD = 5, 2


class PeriodNotAllowed(Forbidden):
    """This person may not open or close periods."""

    code = "period.not-allowed"
    title = gettext_lazy("You cannot open or close periods.")


class YearIsOpen(Conflict):
    """The year has its periods already."""

    code = "period.year-is-open"
    title = gettext_lazy("This year has been opened already.")


class YearFarAway(Invalid):
    """The year is none whose accounts anybody keeps now."""

    code = "period.year-far-away"
    title = gettext_lazy("This year is too far from today.")
    advice = gettext_lazy("Check the year. A year that was opened cannot be taken back.")


class ReasonMissing(Invalid):
    """A closed period is not opened again without a word."""

    code = "period.reason-missing"
    title = gettext_lazy("Say why.")


class MonthNotBegun(Conflict):
    """A month that has yet to come has nothing in it to close."""

    code = "period.not-begun"
    title = gettext_lazy("This month has not begun yet.")


@transaction.atomic
def open_year(*, finance: Actor, financial_year: int, at: datetime) -> list[Period]:
    """Make the twelve months of a financial year, all open; return them in order.

    Why: what was opened stays, so a slip of the finger must not open a year of another age.
    Raises: PeriodNotAllowed; YearNotRight; YearFarAway; YearIsOpen; Busy.
    """
    _check_allowed(finance)
    check_year(financial_year)
    _check_near(financial_year, at)
    council_id = finance.organisation_id
    hold_organisation(council_id)
    label = financial_year_label(financial_year)
    if Period.objects.of(council_id).filter(financial_year=financial_year).exists():
        raise YearIsOpen(_("%(year)s has its periods.") % {"year": label}, field="financial_year")
    periods = [
        Period(
            council_id=council_id,
            financial_year=financial_year,
            number=number,
            starts_on=_first_of(financial_year, number),
            ends_on=_first_of(financial_year, number + 1) - timedelta(days=1),
        )
        for number in range(1, 13)
    ]
    Period.objects.bulk_create(periods)
    record(
        "year.opened",
        periods[0],
        actor=finance,
        at=at,
        organisation_id=council_id,
        after={"financial_year": label, "periods": len(periods)},
    )
    return periods


@transaction.atomic
def close_period(*, finance: Actor, period_id: UUID, at: datetime) -> Period:
    """Let nothing more be posted in a period; what comes late counts in the next that is open.

    Waits for whoever is posting in it.
    Raises: PeriodNotAllowed; MonthNotBegun; Missing; IllegalMove; Busy.
    """
    return _move(finance, period_id, "close", at)


@transaction.atomic
def reopen_period(*, finance: Actor, period_id: UUID, reason: str, at: datetime) -> Period:
    """Let things be posted again in a period that was closed.

    Raises: PeriodNotAllowed; ReasonMissing; Missing; IllegalMove; Busy.
    """
    _check_allowed(finance)
    if not reason.strip():
        raise ReasonMissing(_("Say why this period is opened again."), field="reason")
    return _move(finance, period_id, "reopen", at, reason.strip())


def _move(finance: Actor, period_id: UUID, verb: str, at: datetime, note: str = "") -> Period:
    _check_allowed(finance)
    period = Period.objects.of(finance.organisation_id).lock(period_id)
    if verb == "close" and timezone.localdate(at) < period.starts_on:
        raise MonthNotBegun(
            _("It begins on %(day)s, and can be closed from then on.")
            % {"day": date_format(period.starts_on, "j F Y")}
        )
    before = period.status
    period.move(verb)
    period.save(update_fields=["status"])
    record(
        "period.closed" if verb == "close" else "period.reopened",
        period,
        actor=finance,
        at=at,
        organisation_id=finance.organisation_id,
        before={"status": before},
        after={
            "status": period.status,
            "financial_year": financial_year_label(period.financial_year),
            "number": period.number,
        },
        note=note,
    )
    return period


def _check_allowed(finance: Actor) -> None:
    """Raise PeriodNotAllowed unless somebody answers for the council's accounts."""
    if not finance.holds("finance"):
        raise PeriodNotAllowed(_("Only finance officers can."))


def _check_near(year: int, at: datetime) -> None:
    """Raise YearFarAway unless the year is near the one in which this happens."""
    this_year = financial_year(timezone.localdate(at))
    first, last = this_year - YEARS_BACK, this_year + YEARS_AHEAD
    if not first <= year <= last:
        raise YearFarAway(
            _("You can open the years %(first)s to %(last)s.")
            % {"first": financial_year_label(first), "last": financial_year_label(last)},
            field="financial_year",
        )


def _first_of(financial_year: int, number: int) -> date:
    """Return the first day of a month of a financial year; the thirteenth is the next year's."""
    years, month = divmod(number + 2, 12)
    return date(financial_year + years, month + 1, 1)
