"""A supplier is told that its invoice is disputed, and why; of each dispute once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.models import Finding
from invoicing.settling.services.telling import tell_of_dispute
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.notifications.models import Message
from marketplace.ordering.receipts.services.returns import Parcel, return_for_credit
from tests.factories import invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs

CATEGORY = model.TaxCategory("S", Decimal(20))

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


def letters(subject="is held"):
    with stewardship():
        return list(Message.objects.filter(subject__contains=subject).order_by("pk"))


def dear(market, order):
    (line,) = receipts.lines_of(order)
    billed = replace(
        invoicing.line_of(line), price=model.Price(Decimal(80)), net_amount=Decimal("160.00")
    )
    return invoicing.said_of(market, order, lines=(billed,))


def cancelled_by_credit(market, order):
    """Send one of the goods back for good, so that no more than one is ordered."""
    parcel = Parcel(receipts.counted(order, 1), receipts.TODAY, "Broken.")
    return_for_credit(order_id=order.pk, receiver=market.buyer, parcel=parcel, at=NOON)


class TestTellOfDispute:
    def test_says_what_is_wrong_when_it_is_read(self, market):
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market)))
        (letter,) = letters()
        assert letter.to == market.supplier.email
        assert "Line 1 costs £80.00 each. £79.50 was agreed." in letter.body
        assert letter.link == f"/supplier/invoices/{invoice.pk}/"
        assert invoicing.now(invoice).told_supplier_at == NOON
        with stewardship():
            event = Event.objects.get(verb="invoice.dispute-told")
        assert (event.chain, event.counterparty_id) == (market.council.pk, market.supplier.pk)

    def test_once(self, market):
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market)))
        with market.acting():
            facts = {"council_id": market.council.pk, "invoice_id": invoice.pk, "at": NOON}
            assert tell_of_dispute(**facts) is False
        assert len(letters()) == 1

    def test_of_what_is_disputed_later_and_only_of_that(self, market):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, dear(market, order))
        with market.acting():
            cancelled_by_credit(market, order)
        do_jobs()
        assert sorted(invoicing.found_in(invoice)) == ["BEYOND_ORDERED", "BEYOND_RECEIVED", "PRICE"]
        first, second = letters()
        assert "costs £80.00" in first.body
        assert "costs £80.00" not in second.body
        assert "The order is for 1." in second.body
        with stewardship():
            told = Finding.objects.filter(invoice=invoice, told_at__isnull=False)
            assert sorted(each.code for each in told) == ["BEYOND_ORDERED", "PRICE"]

    def test_of_no_more_than_can_be_read_and_how_much_is_left(self, market):
        order = invoicing.delivered(market)
        lines = tuple(
            replace(
                invoicing.line_of(line),
                number=str(place), order_line="", net_amount=Decimal("10.00"),
                price=model.Price(Decimal("10.00")),
                item=model.Item(name=f"Never ordered {place}", category=CATEGORY),
                quantity=Decimal(1),
            )
            for line in receipts.lines_of(order)
            for place in range(1, 24)
        )  # fmt: skip
        invoicing.taken(market, invoicing.said_of(market, order, lines=lines))
        (letter,) = letters()
        assert letter.body.count("\n- ") == 21
        assert "- and 3 more things" in letter.body

    def test_not_of_goods_that_nobody_has_written_down_yet(self, market):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert (invoice.status, letters()) == ("HELD", [])

    def test_of_what_turns_out_when_goods_go_another_way(self, market):
        """Compared again by the job, it is told of what was not there before."""
        order = ordering.answered(market)
        first = invoicing.taken(market, invoicing.said_of(market, order))
        said = invoicing.said_of(market, order, number="B-2")
        second = invoicing.taken(market, replace(said, issued_on=said.issued_on.replace(day=1)))
        assert len(letters()) == 1
        with stewardship():  # or what is held takes nothing from the first
            Finding.objects.filter(invoice=second, closed="").update(
                closed="RELEASED", closed_at=NOON, closed_by_id=second.pk, closed_reason="It came."
            )
        receipts.received(market, order)
        do_jobs()
        assert [each.subject for each in letters()] == [
            "Your invoice B-2 is held", "Your invoice INV-1001 is held",
        ]  # fmt: skip
        assert invoicing.now(first).told_supplier_at is not None

    def test_not_of_what_agrees(self, market):
        invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        assert letters() == []

    def test_not_where_nobody_can_be_written_to(self, market):
        order = invoicing.delivered(market)
        market.supplier.email = ""
        with stewardship():
            market.supplier.save()
        assert invoicing.now(invoicing.taken(market, dear(market, order))).told_supplier_at is None

    def test_not_by_another_council(self, market):
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market)))
        other = organisations.council()
        with stewardship(), pytest.raises(Missing):
            tell_of_dispute(council_id=other.pk, invoice_id=invoice.pk, at=NOON)
