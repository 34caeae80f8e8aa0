"""Opening a year, and closing and opening again its months."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Period
from marketplace.ledger.services.budgets import YearNotRight
from marketplace.ledger.services.periods import (
    MonthNotBegun,
    PeriodNotAllowed,
    ReasonMissing,
    YearIsOpen,
    close_period,
    open_year,
    reopen_period,
)
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


def verbs():
    return list(Event.objects.order_by("sequence").values_list("verb", flat=True))


class TestOpenYear:
    def test_makes_twelve_months_from_april(self, finance):
        periods = open_year(finance=finance, financial_year=2027, at=AT)
        ends = [(each.number, each.starts_on, each.ends_on) for each in periods]
        assert ends[0] == (1, date(2027, 4, 1), date(2027, 4, 30))
        assert ends[8:11] == [
            (9, date(2027, 12, 1), date(2027, 12, 31)),
            (10, date(2028, 1, 1), date(2028, 1, 31)),
            (11, date(2028, 2, 1), date(2028, 2, 29)),
        ]
        assert {each.status for each in Period.objects.all()} == {"OPEN"}
        assert Event.objects.get().after == {"financial_year": "2027/28", "periods": 12}

    def test_follows_the_year_before(self, finance):
        for year in (2026, 2027):
            open_year(finance=finance, financial_year=year, at=AT)
        days = Period.objects.order_by("starts_on").values_list("starts_on", "ends_on")
        assert all(
            (start - end).days == 1
            for (_s, end), (start, _e) in zip(days, list(days)[1:], strict=False)
        )

    def test_once(self, finance):
        open_year(finance=finance, financial_year=2026, at=AT)
        with pytest.raises(YearIsOpen, match="2026/27"):
            open_year(finance=finance, financial_year=2026, at=AT)

    @pytest.mark.parametrize("year", [0, 26, 1999, 3000, 10**9])
    def test_that_can_be_one(self, finance, year):
        with pytest.raises(YearNotRight, match="like 2026"):
            open_year(finance=finance, financial_year=year, at=AT)

    def test_by_finance_officers_only(self, council):
        with pytest.raises(PeriodNotAllowed):
            open_year(finance=organisations.actor(council, "buyer"), financial_year=2026, at=AT)


class TestCloseAndReopen:
    def test_and_leave_a_trace(self, council, finance):
        period = ledger.year(council)[0]
        close_period(finance=finance, period_id=period.pk, at=AT)
        period.refresh_from_db()
        assert period.status == "CLOSED"
        reopen_period(finance=finance, period_id=period.pk, reason="A late bill.", at=AT)
        period.refresh_from_db()
        assert period.status == "OPEN"
        assert verbs() == ["period.closed", "period.reopened"]
        last = Event.objects.order_by("-sequence").first()
        assert (last.note, last.before) == ("A late bill.", {"status": "CLOSED"})

    def test_refuse_a_month_that_has_not_begun(self, council, finance):
        november, december = ledger.year(council)[7:9]
        with pytest.raises(MonthNotBegun, match="begins on 1 December 2026"):
            close_period(finance=finance, period_id=december.pk, at=AT)
        assert Period.objects.get(pk=december.pk).status == "OPEN"
        # One that is not over yet may be closed: whoever does it has been told.
        close_period(finance=finance, period_id=november.pk, at=AT)
        midnight = AT.replace(month=12, day=1, hour=0)
        close_period(finance=finance, period_id=december.pk, at=midnight)

    def test_refuse_the_wrong_status(self, council, finance):
        period = ledger.year(council)[0]
        with pytest.raises(IllegalMove):
            reopen_period(finance=finance, period_id=period.pk, reason="Why not.", at=AT)
        close_period(finance=finance, period_id=period.pk, at=AT)
        with pytest.raises(IllegalMove):
            close_period(finance=finance, period_id=period.pk, at=AT)

    def test_refuse_to_reopen_without_a_word(self, council, finance):
        period = ledger.year(council, status="CLOSED")[0]
        with pytest.raises(ReasonMissing):
            reopen_period(finance=finance, period_id=period.pk, reason=" ", at=AT)

    @pytest.mark.parametrize("role", ["buyer", "approver", "payments", "administrator"])
    def test_refuse_anybody_else(self, council, role):
        period, who = ledger.year(council)[0], organisations.actor(council, role)
        with pytest.raises(PeriodNotAllowed):
            close_period(finance=who, period_id=period.pk, at=AT)
        with pytest.raises(PeriodNotAllowed):
            reopen_period(finance=who, period_id=period.pk, reason="Please.", at=AT)

    def test_another_councils_is_missing(self, finance):
        period = ledger.year(organisations.council())[0]
        with pytest.raises(Missing):
            close_period(finance=finance, period_id=period.pk, at=AT)
