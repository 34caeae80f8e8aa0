"""Deciding about invoices at the same moment. Each race has a control without what keeps it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, BrokenBarrierError

import pytest

from invoicing.formats import model
from invoicing.intake.services import reading
from invoicing.intake.services.reading import read_arrival
from invoicing.matching import services as matching
from invoicing.models import Finding, Invoice
from invoicing.settling.services import approval, releasing, sending_back
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.releasing import release_finding
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.audit.models import Event
from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship
from marketplace.ordering.receipts.services import receipts as receiving
from marketplace.ordering.receipts.services.receipts import receive_goods
from tests.concurrency.race import at_once, without_locks
from tests.factories import invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON


@pytest.fixture
def market(fresh_db):
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


def deed(market, service, **facts):
    return market.council.pk, lambda: service(at=NOON, **facts)


def approving(market, invoice, who):
    return deed(market, approve_invoice, invoice_id=invoice.pk, approver=who)


def events(verb):
    with stewardship():
        return Event.objects.filter(verb=verb).count()


class Meeting:
    """Where two wait for each other, for a second: nobody comes whom a lock keeps away."""

    def __init__(self):
        self.barrier = Barrier(2)

    def before(self, deed):
        def late(*args, **facts):
            self.wait()
            return deed(*args, **facts)

        return late

    def after(self, deed):
        def done(*args, **facts):
            found = deed(*args, **facts)
            self.wait()
            return found

        return done

    def wait(self):
        with suppress(BrokenBarrierError):
            self.barrier.wait(timeout=1)


class TestApprovedTwice:
    @pytest.fixture
    def both(self, market, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        other = organisations.actor(market.council, "finance", name="Una Other")
        return [approving(market, invoice, who) for who in (finance, other)]

    def test_one_person_did(self, both):
        assert sorted(at_once(both)) == ["IllegalMove", "won"]
        assert events("invoice.approved") == 1

    def test_the_race_is_real_without_the_lock(self, both, monkeypatch):
        """Both go on, and the database keeps the first one's name, rudely."""
        without_locks(monkeypatch, meet=Invoice)
        assert sorted(at_once(both)) == ["crash: IntegrityError", "won"]


class TestReleaseAgainstRematch:
    """Each takes away the last thing but one, and somebody has to see that nothing is left."""

    @pytest.fixture
    def held(self, market):
        order = ordering.answered(market)
        (line,) = receipts.lines_of(order)
        dear = replace(
            invoicing.line_of(line), price=model.Price(Decimal(80)), net_amount=Decimal("160.00")
        )
        invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=(dear,)))
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED", "PRICE"]
        receipts.received(market, order)
        return invoice

    def both(self, market, finance, invoice):
        with stewardship():
            price = Finding.objects.get(invoice=invoice, code="PRICE")
        facts = {"invoice_id": invoice.pk, "finding_id": price.pk, "reason": "Agreed."}
        facts |= {"releaser": finance}
        again = {"council_id": market.council.pk, "order_id": invoice.order_id}
        ends = at_once(
            [deed(market, release_finding, **facts), deed(market, matching.rematch_order, **again)]
        )
        assert ends == ["won", "won"]
        assert invoicing.found_in(invoice) == []
        return invoicing.now(invoice).status

    def test_the_second_sees_that_nothing_is_left(self, market, finance, held):
        assert self.both(market, finance, held) == "MATCHED"

    def test_neither_does_without_the_lock(self, market, finance, held, monkeypatch):
        without_locks(monkeypatch, meet=Invoice)
        meeting = Meeting()
        monkeypatch.setattr(releasing, "open_holds", meeting.after(releasing.open_holds))
        monkeypatch.setattr(matching, "open_findings", lambda invoice: _Counted(meeting, invoice))
        assert self.both(market, finance, held) == "HELD"


class _Counted:
    """How many things hold an invoice, once the other has counted too."""

    def __init__(self, meeting, invoice):
        self.meeting, self.invoice = meeting, invoice

    def count(self):
        rows = Finding.objects.filter(invoice=self.invoice, closed="").exclude(severity="NOTE")
        return self.meeting.after(rows.count)()


class TestSendBackAgainstApprove:
    """Two invoices of one order: one goes back while the other is approved."""

    def both(self, market, finance, monkeypatch):
        order = invoicing.delivered(market, quantity=4)
        (line,) = receipts.lines_of(order)
        one, other = (
            invoicing.taken(
                market,
                invoicing.said_of(
                    market, order, lines=(invoicing.line_of(line, quantity),), number=number
                ),
            )
            for number, quantity in (("A-1", 1), ("B-2", 3))
        )
        meeting = Meeting()
        # One has its invoice and not the lines yet, the other all that it needs.
        monkeypatch.setattr(approval, "involved_in", meeting.before(approval.involved_in))
        monkeypatch.setattr(
            sending_back, "_owe_comparison", meeting.before(sending_back._owe_comparison)
        )
        facts = {"invoice_id": other.pk, "finance": finance, "reason": "The address is wrong."}
        return at_once([deed(market, send_back_invoice, **facts), approving(market, one, finance)])

    def test_both_are_done(self, market, finance, monkeypatch):
        assert self.both(market, finance, monkeypatch) == ["won", "won"]

    def test_each_waits_for_the_other_where_one_compares_at_once(
        self, market, finance, monkeypatch
    ):
        """The database ends one of them."""

        def compare(invoice):
            matching.rematch_order(
                council_id=invoice.council_id, order_id=invoice.order_id, at=NOON
            )

        monkeypatch.setattr(sending_back, "_owe_comparison", compare)
        assert self.both(market, finance, monkeypatch) != ["won", "won"]


class TestReceiveAgainstRead:
    """Goods are booked in while an invoice of the same order is read."""

    def both(self, market, monkeypatch, *, trail_first=False):
        order = ordering.answered(market)
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        meeting, compare = Meeting(), reading.compare_invoice

        def late(*, invoice, at):
            if trail_first:
                council_id = invoice.council_id
                record("invoice.read", invoice, actor=None, at=at, organisation_id=council_id)
            meeting.wait()
            return compare(invoice=invoice, at=at)

        monkeypatch.setattr(reading, "compare_invoice", late)
        monkeypatch.setattr(receiving, "record", meeting.before(receiving.record))
        facts = {"order_id": order.pk, "receiver": market.buyer, "received_on": receipts.TODAY}
        facts |= {"lines": receipts.counted(order, 2)}
        read = {"council_id": market.council.pk, "arrival_id": arrival.pk}
        return at_once([deed(market, receive_goods, **facts), deed(market, read_arrival, **read)])

    def test_both_are_done(self, market, monkeypatch):
        assert self.both(market, monkeypatch) == ["won", "won"]

    def test_each_waits_for_the_other_where_the_trail_is_held_first(self, market, monkeypatch):
        """The database ends one of them."""
        assert self.both(market, monkeypatch, trail_first=True) != ["won", "won"]
