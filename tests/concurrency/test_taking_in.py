"""Invoices read at the same moment. Each race has a control that must go wrong without its lock."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier

import pytest

from invoicing.intake.services import reading
from invoicing.intake.services.reading import read_arrival
from invoicing.models import Finding, Invoice
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import OrderLine
from marketplace.ordering.orders.services.orders import cancel_order
from tests.concurrency.race import at_once, without_locks
from tests.factories import invoicing, ordering
from tests.factories.ordering import NOON


@pytest.fixture
def market(fresh_db):
    return invoicing.market()


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


def read_at_once(market, *contents):
    """Read files at once; return the statuses of their invoices and what was found, sorted."""
    arrivals = [invoicing.arrived(market, content) for content in contents]
    ends = at_once([deed(market, arrival) for arrival in arrivals])
    with stewardship():
        found = Finding.objects.filter(closed="").exclude(severity="NOTE")
        return (
            ends,
            sorted(Invoice.objects.values_list("status", flat=True)),
            sorted(found.values_list("code", flat=True)),
        )


def deed(market, arrival):
    def read():
        read_arrival(council_id=market.council.pk, arrival_id=arrival.pk, at=NOON)

    return market.council.pk, read


def without_holding(monkeypatch, *, meet: bool):
    """Let two be taken in at once; where they `meet`, neither has been kept when the other asks."""
    monkeypatch.setattr(reading, "hold_taking_in", lambda *whose: None)
    if meet:
        barrier, known = Barrier(2), reading._known

        def asked(invoice, firm):
            found = known(invoice, firm)
            barrier.wait(timeout=30)
            return found

        monkeypatch.setattr(reading, "_known", asked)


class TestTwoCopiesAtOnce:
    def copies(self, market, order):
        said = invoicing.said_of(market, order)
        return said, replace(said, issued_on=said.issued_on.replace(day=21))

    def test_the_second_is_found_to_be_like_the_first(self, market, order):
        ends, statuses, found = read_at_once(market, *self.copies(market, order))
        assert ends == ["won", "won"]
        assert statuses == ["HELD", "MATCHED"]
        assert "SAME_NUMBER_OTHERWISE" in found

    def test_neither_is_without_the_lock(self, market, order, monkeypatch):
        without_holding(monkeypatch, meet=True)
        _ends, _statuses, found = read_at_once(market, *self.copies(market, order))
        assert "SAME_NUMBER_OTHERWISE" not in found

    def test_the_same_file_is_one_invoice_and_a_repeat(self, market, order):
        said = invoicing.said_of(market, order)
        assert read_at_once(market, said, said)[:2] == (["won", "won"], ["MATCHED", "REPEAT"])

    def test_the_database_keeps_one_of_them_even_without_the_lock(self, market, order, monkeypatch):
        without_holding(monkeypatch, meet=True)
        said = invoicing.said_of(market, order)
        ends, statuses, _found = read_at_once(market, said, said)
        assert (sorted(ends), statuses) == (["crash: IntegrityError", "won"], ["MATCHED"])


class TestOneLineBilledTwiceAtOnce:
    """Past the hold on a supplier's invoices, the order's lines are held too."""

    def two(self, market, order):
        said = invoicing.said_of(market, order)
        return said, replace(said, number="B-77", issued_on=said.issued_on.replace(day=1))

    def test_one_of_them_is_beyond_the_order(self, market, order, monkeypatch):
        without_holding(monkeypatch, meet=False)
        ends, _statuses, found = read_at_once(market, *self.two(market, order))
        assert ends == ["won", "won"]
        assert found.count("BEYOND_ORDERED") == 1

    def test_neither_is_without_the_lock(self, market, order, monkeypatch):
        without_holding(monkeypatch, meet=False)
        without_locks(monkeypatch, meet=OrderLine)
        # For the end of the trail, too, the second would wait, and then know of the first.
        monkeypatch.setattr(reading, "record", lambda *_said, **_facts: None)
        ends, _statuses, found = read_at_once(market, *self.two(market, order))
        assert ends == ["won", "won"]
        assert found.count("BEYOND_ORDERED") == 0


class TestCancelledWhileItIsBilled:
    @pytest.fixture
    def order(self, market):
        return ordering.answered(market)

    def both(self, market, order):
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))

        def cancel():
            cancel_order(order_id=order.pk, buyer=market.buyer, reason="Not needed.", at=NOON)

        def read():
            read_arrival(council_id=market.council.pk, arrival_id=arrival.pk, at=NOON)

        ends = at_once([(market.council.pk, cancel), (market.council.pk, read)])
        found = invoicing.found_in(invoicing.invoice_of(arrival.pk)) if ends[1] == "won" else []
        return ends, found

    def test_one_of_them_knows_of_the_other(self, market, order):
        (cancelled, read), found = self.both(market, order)
        assert read == "won"
        known = (cancelled, "BEYOND_ORDERED" in found)
        assert known in {("won", True), ("PartHasCome", False)}

    def test_neither_does_without_the_lock(self, market, order, monkeypatch):
        without_locks(monkeypatch, meet=OrderLine)
        (cancelled, _read), found = self.both(market, order)
        # The database may end one of them where they wait for each other; neither knows why.
        assert cancelled != "PartHasCome"
        assert "BEYOND_ORDERED" not in found
