"""Comparing with the order again and again: the same facts change nothing, new ones do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Listing
from invoicing.formats import model
from invoicing.intake.services.reading import read_arrival
from invoicing.matching.services import (
    CreditStandsAgainst,
    compare_invoice,
    keep_findings,
    rematch_order,
    undo_allocations,
)
from invoicing.matching.told import told, told_to_supplier
from invoicing.models import Allocation, Finding, Invoice
from marketplace.audit.models import Event
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.ordering.receipts.services.returns import Parcel, return_for_replacement
from tests.factories import invoicing, ordering, receipts
from tests.factories.ordering import NOON, do_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def order(market):
    return ordering.answered(market, quantity=4)


def rematch(market, order):
    with market.acting():
        return rematch_order(council_id=market.council.pk, order_id=order.pk, at=NOON)


def billed(order):
    return [line.billed_quantity for line in receipts.lines_of(order)]


def part_of(market, order, quantity, number):
    (line,) = receipts.lines_of(order)
    return invoicing.said_of(
        market, order, lines=(invoicing.line_of(line, quantity),), number=number
    )


class TestMatchInvoice:
    def test_holds_what_has_not_come_and_lets_it_go_when_it_has(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert (invoice.status, invoicing.found_in(invoice)) == ("HELD", ["BEYOND_RECEIVED"])
        receipts.received(market, order, 3)
        rematch(market, order)
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]
        receipts.received(market, order, 1)
        rematch(market, order)
        assert (invoicing.now(invoice).status, invoicing.found_in(invoice)) == ("MATCHED", [])
        assert invoicing.found_in(invoice, closed="GONE") == ["BEYOND_RECEIVED", "BEYOND_RECEIVED"]

    def test_on_the_same_facts_changes_nothing(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))

        def all_there_is():
            with stewardship():
                return (
                    list(Finding.objects.order_by("pk").values()),
                    list(Allocation.objects.order_by("pk").values()),
                    Invoice.objects.values().get(),
                    Event.objects.count(),
                )

        before = all_there_is()
        rematch(market, order)
        assert all_there_is() == before
        assert invoice.status == "HELD"

    def test_does_not_raise_again_what_a_person_let_through(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        self.let_through(invoice)
        rematch(market, order)
        assert invoicing.now(invoice).status == "MATCHED"
        assert invoicing.found_in(invoice) == []

    def test_raises_it_for_new_facts(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        self.let_through(invoice)
        receipts.received(market, order, 1)
        rematch(market, order)
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]
        assert invoicing.now(invoice).status == "HELD"

    def let_through(self, invoice):
        with stewardship():
            Finding.objects.filter(invoice=invoice, closed="").update(
                closed="RELEASED", closed_at=NOON, closed_by_id=invoice.pk, closed_reason="It came."
            )

    @pytest.mark.parametrize("status", ["APPROVED", "SENT_BACK"])
    def test_does_nothing_to_what_was_decided(self, market, order, status):
        receipts.received(market, order)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        facts = {"approved_at": NOON, "approved_by_id": invoice.pk, "sent_back_at": NOON}
        with stewardship():
            Invoice.objects.filter(pk=invoice.pk).update(
                status=status, sent_back_reason="x", **facts
            )
        assert rematch(market, order) == []
        with market.acting(), pytest.raises(IllegalMove):
            compare_invoice(invoice=invoicing.now(invoice), at=NOON)

    def test_counts_what_others_that_wait_have_billed(self, market, order):
        receipts.received(market, order)
        invoicing.taken(market, part_of(market, order, 3, "A-1"))
        second = invoicing.taken(market, part_of(market, order, 2, "A-2"))
        assert invoicing.found_in(second) == ["BEYOND_ORDERED", "BEYOND_RECEIVED"]

    @pytest.mark.parametrize("places", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_comes_to_the_same_in_whatever_order_parts_arrive(self, market, order, places):
        receipts.received(market, order)
        parts = [part_of(market, order, n, f"A-{n}") for n in (1, 2, 1)]
        parts[2] = replace(parts[2], number="B-9", issued_on=invoicing.ISSUED_ON.replace(day=1))
        made = [invoicing.taken(market, parts[place]) for place in places]
        assert [invoicing.now(each).status for each in made] == ["MATCHED"] * 3
        assert billed(order) == [4]

    def test_a_higher_price_is_the_buyers_to_look_at(self, market, order):
        receipts.received(market, order)
        (line,) = receipts.lines_of(order)
        dear = replace(
            invoicing.line_of(line),
            price=replace(invoicing.line_of(line).price, amount=Decimal("80")),
            net_amount=Decimal("320.00"),
        )
        invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=(dear,)))
        with stewardship():
            finding = Finding.objects.get(invoice=invoice, severity="HOLD")
        assert (finding.code, finding.owner, finding.agreed, finding.asked) == (
            "PRICE", "buyer", "79.5", "80",
        )  # fmt: skip

    def test_is_done_again_by_itself_when_goods_come(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        receipts.received(market, order)
        assert invoicing.now(invoice).status == "HELD"
        do_jobs()
        assert invoicing.now(invoice).status == "MATCHED"

    def test_is_done_again_by_itself_when_they_go_back(self, market, order):
        receipts.received(market, order)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        parcel = Parcel(receipts.counted(order, 1), NOON.date(), "Broken")
        with market.acting():
            return_for_replacement(order_id=order.pk, receiver=market.buyer, parcel=parcel, at=NOON)
        do_jobs()
        assert invoicing.now(invoice).status == "HELD"
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]


class TestUndoAllocations:
    def test_takes_back_what_was_billed_by_rows_of_its_own(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert billed(order) == [4]
        with market.acting():
            assert undo_allocations(invoice=invoice, at=NOON) == 1
            assert undo_allocations(invoice=invoice, at=NOON) == 0
        assert billed(order) == [0]
        with stewardship():
            assert Allocation.objects.filter(invoice=invoice).count() == 2

    def test_not_from_under_a_credit_note(self, market, order):
        said = invoicing.said_of(market, order)
        invoice = invoicing.taken(market, said)
        invoicing.taken(market, invoicing.credit_of(said))
        with market.acting(), pytest.raises(CreditStandsAgainst):
            undo_allocations(invoice=invoice, at=NOON)

    def test_an_invoice_under_a_credit_note_is_compared_again_all_the_same(self, market, order):
        said = invoicing.said_of(market, order)
        invoice = invoicing.taken(market, said)
        invoicing.taken(market, invoicing.credit_of(said))
        receipts.received(market, order)
        rematch(market, order)
        assert invoicing.now(invoice).status == "MATCHED"
        assert billed(order) == [0]


def test_keeps_no_more_findings_than_somebody_can_read(market, order):
    from invoicing.matching.found import MOST_KEPT, Code, at_intake
    from invoicing.states import Source

    invoice = invoicing.taken(market, invoicing.said_of(market, order))
    many = [at_intake(Code.UNKNOWN_ORDER, asked=str(n)) for n in range(MOST_KEPT + 7)]
    with market.acting():
        keep_findings(invoice=invoice, sources=[Source.INTAKE], found=[*many, many[0]], at=NOON)
        rows = Finding.objects.filter(invoice=invoice, source="INTAKE")
        assert rows.count() == MOST_KEPT + 1
        assert rows.get(code="MORE_FOUND").asked == "7"


def test_reading_and_comparing_asks_as_often_for_a_hundred_lines_as_for_ten():
    counts = []
    for lines in (10, 100):
        market = invoicing.market(listings=lines, budget_amount=100_000)
        order = invoicing.delivered(market)
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        with market.acting(), CaptureQueriesContext(connection) as asked:
            read_arrival(council_id=market.council.pk, arrival_id=arrival.pk, at=NOON)
        assert invoicing.invoice_of(arrival.pk).status == "MATCHED"
        counts.append(len(asked))
    assert counts[0] == counts[1] < 50


@pytest.mark.parametrize("part", ["1E9999999", "sNaN", "NaN", "00123", "500120", "%s", "‮x"])
def test_a_part_number_is_told_as_it_is_written(part):
    """A text that a program could take for a number is no figure."""
    found = Finding(
        source="MATCH", code="NOT_ORDERED", severity="HOLD", place=1, agreed="", asked=part
    )
    assert f"({part})" in told(found, {}).said


def test_a_barcode_leads_to_its_line(market):
    order = invoicing.delivered(market)
    (line,) = receipts.lines_of(order)
    with stewardship():
        Listing.objects.filter(pk=line.listing_id).update(gtin="5012345678900")
    item = model.Item(
        name="A chair",
        standard_id=model.Identifier("5012345678900", "0160"),
        category=invoicing.line_of(line).item.category,
    )
    said = invoicing.said_of(
        market, order, lines=(invoicing.line_of(line, item=item, order_line=""),)
    )
    assert invoicing.taken(market, said).status == "MATCHED"


class TestACreditNoteLargerThanItsInvoice:
    def test_is_held_without_an_order_too(self, market, order):
        facts = {"order": "PO-26-999999", "number": "NONE-1"}
        (line,) = receipts.lines_of(order)
        said = invoicing.said_of(market, order, lines=(invoicing.line_of(line, 1),), **facts)
        invoicing.taken(market, said)
        more = invoicing.credit_of(said, lines=(invoicing.line_of(line, 4),))
        credit = invoicing.taken(market, more)
        assert (credit.order_id, credit.credits_id is None) == (None, False)
        assert "CREDIT_ABOVE_INVOICE" in invoicing.found_in(credit)

    def test_is_held_in_another_currency_too(self, market, order):
        said = part_of(market, order, 1, "ONE-1")
        invoicing.taken(market, said)
        lines = (invoicing.line_of(receipts.lines_of(order)[0], 4),)
        credit = invoicing.taken(market, invoicing.credit_of(said, lines=lines, currency="EUR"))
        assert {"CREDIT_ABOVE_INVOICE", "NOT_COMPARED"} <= {*invoicing.found_in(credit)}


def test_a_supplier_reads_one_sentence_of_orders_that_are_not_theirs():
    """Whether somebody else has an order of this number is not for them to learn."""
    facts = {"source": "INTAKE", "severity": "HOLD", "asked": "PO-26-000001"}
    unknown, others = (Finding(code=code, **facts) for code in ("UNKNOWN_ORDER", "OTHER_SUPPLIER"))
    mine, theirs = told_to_supplier(unknown, {}), told_to_supplier(others, {})
    assert (mine.said, mine.advice) == (theirs.said, theirs.advice)
    assert told(unknown, {}).said != told(others, {}).said
