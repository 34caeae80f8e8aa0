"""Approving while goods go back, and while credits come and go. Each race has its control."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db.models import Sum

from invoicing.matching import services as matching
from invoicing.matching.selectors import Others
from invoicing.models import Allocation
from invoicing.settling.services import checking
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.core.tenancy import stewardship
from marketplace.ordering.receipts.services.returns import Parcel, return_for_credit
from tests.concurrency.race import at_once
from tests.factories import invoicing, organisations, receipts
from tests.factories.ordering import NOON, do_jobs


@pytest.fixture
def market(fresh_db):
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


def approving(market, finance, invoice):
    def approve():
        approve_invoice(invoice_id=invoice.pk, approver=finance, at=NOON)

    return market.council.pk, approve


def going_back(market, order):
    parcel = Parcel(receipts.counted(order, 1), NOON.date(), "Broken")

    def send():
        return_for_credit(order_id=order.pk, receiver=market.buyer, parcel=parcel, at=NOON)

    return market.council.pk, send


def sending_back(market, finance, invoice):
    def send():
        send_back_invoice(invoice_id=invoice.pk, finance=finance, reason="No.", at=NOON)

    return market.council.pk, send


def owed_for(order):
    """How much of an order's only line approved invoices bill, and how much of it is there."""
    (line,) = receipts.lines_of(order)
    with stewardship():
        rows = Allocation.objects.filter(order_line=line, invoice__status="APPROVED")
        return rows.aggregate(q=Sum("quantity"))["q"] or 0, line.received_quantity


class TestGoodsGoBackMeanwhile:
    def test_whoever_comes_second_sees_the_first(self, market, finance):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        ends = at_once([approving(market, finance, invoice), going_back(market, order)])
        assert ends in (["won", "won"], ["GoodsWentBack", "won"])
        assert (invoicing.now(invoice).status == "APPROVED") == (ends[0] == "won")

    def test_a_return_that_was_not_compared_yet_stops_it(self, market, finance):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert at_once([going_back(market, order)]) == ["won"]
        assert at_once([approving(market, finance, invoice)]) == ["GoodsWentBack"]

    def test_without_looking_again_it_would_be_paid(self, market, finance, monkeypatch):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        monkeypatch.setattr(checking, "_gone_from", lambda *_facts: set())
        assert at_once([going_back(market, order)]) == ["won"]
        assert at_once([approving(market, finance, invoice)]) == ["won"]
        billed, there = owed_for(order)
        assert billed > there


class TestACreditNoteComesAndGoes:
    def credited(self, market, finance):
        """An invoice that is approved, a credit note for it, and the same goods billed anew."""
        order = invoicing.delivered(market)
        said = invoicing.said_of(market, order)
        first = invoicing.taken(market, said)
        assert at_once([approving(market, finance, first)]) == ["won"]
        credit = invoicing.taken(market, invoicing.credit_of(said))
        day = said.issued_on.replace(day=1)
        again = invoicing.taken(market, replace(said, number="ANEW-9", issued_on=day))
        return order, credit, again

    def test_the_new_bill_is_owed_only_when_the_credit_is_sure(self, market, finance):
        order, credit, again = self.credited(market, finance)
        other = organisations.actor(market.council, "finance", name="Una Other")
        deeds = [
            approving(market, finance, credit), sending_back(market, other, credit),
            approving(market, other, again),
        ]  # fmt: skip
        ends = at_once(deeds)
        assert sorted(ends[:2]) == ["IllegalMove", "won"]
        assert ends[2] == "IllegalMove"
        do_jobs()
        is_sure = ends[0] == "won"
        assert invoicing.now(again).status == ("MATCHED" if is_sure else "HELD")
        billed, there = owed_for(order)
        assert billed == (0 if is_sure else there)

    def test_it_would_be_paid_twice_if_what_waits_made_room(self, market, finance, monkeypatch):
        real = matching.billed_by_others

        def everything(invoice, order_id):
            found = real(invoice, order_id)
            return Others(found.counted, found.counted)

        monkeypatch.setattr(matching, "billed_by_others", everything)
        monkeypatch.setattr(checking, "_gone_from", lambda *_facts: set())
        order, credit, again = self.credited(market, finance)
        deeds = [approving(market, finance, again), sending_back(market, finance, credit)]
        assert [at_once([each]) for each in deeds] == [["won"], ["won"]]
        billed, there = owed_for(order)
        assert billed == 2 * there
