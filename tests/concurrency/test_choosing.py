"""Two who say what one invoice is for, and what may differ while it is compared."""

from __future__ import annotations

from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction

from invoicing.matching import services as matching
from invoicing.matching.services import rematch_differing, rematch_order
from invoicing.matching.tolerances import Limit, Tolerances
from invoicing.models import Choice, Invoice
from invoicing.settling.services.allowing import set_allowed_differences
from invoicing.settling.services.choosing import choose_order
from marketplace.core.tenancy import stewardship
from marketplace.ordering.receipts.services.returns import Parcel, return_for_replacement
from tests.concurrency.race import at_once, without_locks
from tests.factories import invoicing, organisations, receipts
from tests.factories.ordering import NOON, do_jobs


@pytest.fixture
def market(fresh_db):
    return invoicing.market()


class TestTwoWhoSayWhichOrderItIs:
    @pytest.fixture
    def orders(self, market):
        return [invoicing.delivered(market), invoicing.delivered(market)]

    @pytest.fixture
    def deeds(self, market, orders):
        lost = invoicing.taken(market, invoicing.said_of(market, orders[0], order="PO-26-999999"))
        people = [invoicing.finance(market), organisations.actor(market.council, "finance")]

        def deed(who, order):
            def choose():
                choose_order(
                    invoice_id=lost.pk, order_id=order.pk, finance=who, at=NOON,
                    version=lost.version,
                )  # fmt: skip

            return market.council.pk, choose

        return [deed(*each) for each in zip(people, orders, strict=True)]

    def ends(self, deeds, orders):
        ends = at_once(deeds)
        with stewardship():
            billed = [line.billed_quantity for order in orders for line in order.lines.all()]
            return sorted(ends), sorted(billed), Choice.objects.count()

    def test_one_of_them_is_told_of_the_other(self, deeds, orders):
        assert self.ends(deeds, orders) == (["InvoiceChanged", "won"], [0, 2], 1)

    def test_both_win_without_the_lock(self, deeds, orders, monkeypatch):
        without_locks(monkeypatch, meet=Invoice)
        assert self.ends(deeds, orders) == (["won", "won"], [0, 2], 2)


class TestAllowedLessWhileItIsCompared:
    """An invoice that is compared by what was allowed before is compared again afterwards."""

    @pytest.fixture
    def finance(self, market):
        return invoicing.finance(market)

    @pytest.fixture
    def order(self, market, finance):
        """An order that was billed to the penny, and of which a little has gone back since."""
        with market.acting():
            some = Tolerances(received_quantity=Limit(percent=Decimal(10)))
            set_allowed_differences(keeper=finance, allowed=some, at=NOON)
        order = invoicing.delivered(market, quantity=20)
        assert invoicing.taken(market, invoicing.said_of(market, order)).status == "MATCHED"
        do_jobs()
        parcel = Parcel(receipts.counted(order, 1), NOON.date(), "Broken")
        with market.acting():
            return_for_replacement(order_id=order.pk, receiver=market.buyer, parcel=parcel, at=NOON)
        return order

    def passed_over(self, market, finance, order, monkeypatch) -> bool:
        read_old, set_anew = Event(), Event()
        allowed_now = matching._allowed_now

        def slow(council_id):
            found = allowed_now(council_id)
            read_old.set()
            # The other goes as far as it can: to its end, or to where it waits for us.
            set_anew.wait(timeout=1)
            return found

        monkeypatch.setattr(matching, "_allowed_now", slow)
        council, found = market.council.pk, []

        def compare():
            rematch_order(council_id=council, order_id=order.pk, at=NOON)

        def allow_less():
            read_old.wait(timeout=30)
            set_allowed_differences(keeper=finance, allowed=Tolerances(), at=NOON)
            with transaction.atomic():
                found.append(rematch_differing(council_id=council, version=2))
            set_anew.set()

        assert at_once([(council, compare), (council, allow_less)]) == ["won", "won"]
        return found == [0]

    def test_it_is_waited_for(self, market, finance, order, monkeypatch):
        assert not self.passed_over(market, finance, order, monkeypatch)

    def test_it_is_passed_over_without_the_hold(self, market, finance, order, monkeypatch):
        monkeypatch.setattr(matching, "hold_comparing", lambda council_id, *, alone: None)
        assert self.passed_over(market, finance, order, monkeypatch)
