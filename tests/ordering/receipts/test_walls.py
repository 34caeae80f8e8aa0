"""What the database keeps true of receipts, whoever writes them."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import OrderLine, Receipt, ReceiptLine
from marketplace.ordering.states import Answer
from tests.factories import ordering, receipts

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market):
    return ordering.sent(market, quantity=4)


def written(market, order, *quantities, amount="79.50", line=None, **facts):
    """Write a receipt past every service."""
    chosen = {
        "id": uuid7(), "council": market.council, "supplier": market.supplier, "order": order,
        "number": "GR-26-9", "kind": "RECEIVED", "received_on": receipts.TODAY, "by_id": uuid7(),
        "by_name": "Dee", "at": ordering.NOON, "lines_count": len(quantities) or 1,
        "net_amount": Decimal(amount), **facts,
    }  # fmt: skip
    with market.acting(), transaction.atomic():
        receipt = Receipt.objects.create(**chosen)
        ReceiptLine.objects.bulk_create(
            ReceiptLine(
                council=market.council, supplier=market.supplier, receipt=receipt,
                order_line=line or receipts.lines_of(order)[place], quantity=Decimal(quantity),
                amount=Decimal(amount),
            )
            for place, quantity in enumerate(quantities)
        )  # fmt: skip
    return receipt


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("receipt_has_number", {"number": ""}),
        ("receipt_kind_known", {"kind": "LOST"}),
        ("receipt_says_why", {"kind": "RETURNED", "net_amount": Decimal(-1)}),
        ("receipt_corrects_another", {"kind": "CORRECTED", "note": "x"}),
        ("receipt_replaced_if_returned", {"is_replaced": True}),
        ("receipt_amount_fits_kind", {"net_amount": Decimal(-1)}),
        ("receipt_amount_fits_kind", {"kind": "RETURNED", "note": "x"}),
        ("receipt_has_lines", {"lines_count": 0}),
    ],
)
def test_receipts_make_sense(market, order, constraint, facts):
    with pytest.raises(IntegrityError, match=constraint):
        written(market, order, **facts)


def test_only_a_correction_names_another(market, order):
    first = receipts.received(market, order, 1)
    with pytest.raises(IntegrityError, match="receipt_corrects_another"):
        written(market, order, corrects=first)


def test_a_number_is_given_once(market, order):
    first = receipts.received(market, order, 1)
    with pytest.raises(IntegrityError, match="receipt_number_once"):
        written(market, order, number=first.number)


@pytest.mark.parametrize(
    ("constraint", "quantities", "facts"),
    [
        ("receiptline_says_how_much", [0], {}),
        ("receiptline_amount_fits_quantity", [1], {"amount": -1, "net_amount": 1}),
        ("receiptline_amount_fits_quantity", [-1], {}),
        ("receipt_is_whole", [1], {"net_amount": 80}),
        ("receipt_is_whole", [1], {"lines_count": 2}),
        ("receiptline_fits_kind", [-1], {"amount": "0"}),
        ("receiptline_fits_kind", [1], {"kind": "RETURNED", "note": "x", "amount": "0"}),
        ("orderline_not_beyond_ordered", [5], {}),
        ("orderline_progress_not_negative", [-1], {"kind": "RETURNED", "note": "x", "amount": -1}),
    ],
)
def test_lines_make_sense(market, order, constraint, quantities, facts):
    with pytest.raises(IntegrityError, match=constraint):
        written(market, order, *quantities, **facts)


def test_a_line_of_an_order_is_there_once(market, order):
    line = receipts.lines_of(order)[0]
    with pytest.raises(IntegrityError, match="receiptline_one_an_order_line"):
        written(market, order, 1, 1, line=line, net_amount=159)


def test_a_line_belongs_to_the_order_of_its_receipt(market, order):
    other = ordering.sent(market)
    with pytest.raises(IntegrityError, match="receiptline_of_its_order"):
        written(market, order, 1, line=receipts.lines_of(other)[0])
    wrong = receipts.received(market, other, 1)
    with pytest.raises(IntegrityError, match="receiptline_of_its_order"):
        written(market, order, 1, kind="CORRECTED", note="x", corrects=wrong)


def test_no_line_comes_after_its_receipt(market, order):
    receipt = written(market, order, 1)
    with (
        market.acting(),
        pytest.raises(IntegrityError, match="receipt_is_whole"),
        transaction.atomic(),
    ):
        ReceiptLine.objects.create(
            council=market.council, supplier=market.supplier, receipt=receipt,
            order_line=receipts.lines_of(ordering.sent(market))[0], quantity=1, amount=0,
        )  # fmt: skip


def test_what_came_is_the_sum_of_what_was_counted(market, order):
    written(market, order, "1.5")
    written(market, order, "0.5", number="GR-26-10")
    assert receipts.lines_of(order)[0].received_quantity == 2


@pytest.mark.parametrize("side", ["acting", "stewardship"])
def test_nobody_else_says_how_much_has_come(market, order, side):
    with (
        market.acting() if side == "acting" else stewardship(),
        pytest.raises(IntegrityError, match="orderline_received_by_receipts"),
        transaction.atomic(),
    ):
        OrderLine.objects.update(received_quantity=1)


def test_no_line_begins_with_something_that_came(market, order):
    line = receipts.lines_of(order)[0]
    line.pk, line.received_quantity, line.line_number = uuid7(), Decimal(1), 2
    with (
        market.acting(),
        pytest.raises(IntegrityError, match=r"orderline_received_by_receipts|requisition_line"),
        transaction.atomic(),
    ):
        line.save(force_insert=True)


def test_what_came_is_not_refused(market, order):
    receipts.received(market, order, 1)
    facts = {"answer": "REFUSED", "refusal_reason": "Gone."}
    with (
        market.selling(),
        pytest.raises(IntegrityError, match="orderline_refused_has_not_come"),
        transaction.atomic(),
    ):
        OrderLine.objects.update(**facts)


def test_what_is_billed_is_not_refused_afterwards(market, order):
    receipts.billed(market, order, 1)
    with (
        market.selling(),
        pytest.raises(IntegrityError, match="orderline_refused_is_not_billed"),
        transaction.atomic(),
    ):
        OrderLine.objects.update(answer="REFUSED", refusal_reason="Gone.")


def test_what_was_refused_may_still_be_billed_by_mistake(market):
    """The invoice is held for it, and must come in for that."""
    order = ordering.answered(market, Answer.REFUSED)
    receipts.billed(market, order, 1)
    assert receipts.lines_of(order)[0].billed_quantity == 1


@pytest.mark.parametrize("model", [Receipt, ReceiptLine])
def test_receipts_are_never_changed(market, order, model):
    receipts.received(market, order, 1)
    rows = model.objects.all()
    for change in (lambda: rows.update(supplier=market.supplier), rows.delete):
        with market.acting(), pytest.raises(IntegrityError), transaction.atomic():
            change()


@contextmanager
def refused():
    with pytest.raises(DatabaseError, match="row-level"), transaction.atomic():
        yield


class TestTenants:
    def test_both_sides_see_what_came_and_nobody_else(self, market, order):
        receipts.received(market, order, 1)
        other = ordering.market()
        seen = {}
        for side in (market.acting, market.selling, other.acting, other.selling):
            with side():
                seen[side] = (Receipt.objects.count(), ReceiptLine.objects.count())
        assert list(seen.values()) == [(1, 1), (1, 1), (0, 0), (0, 0)]
        assert (Receipt.objects.count(), ReceiptLine.objects.count()) == (0, 0)

    def test_a_supplier_writes_none(self, market, order):
        line = receipts.lines_of(order)[0]
        with market.selling(), refused():
            Receipt.objects.create(
                council=market.council, supplier=market.supplier, order=order, number="GR-26-9",
                kind="RECEIVED", received_on=receipts.TODAY, by_id=uuid7(), by_name="Sal",
                at=ordering.NOON, lines_count=1, net_amount=1,
            )  # fmt: skip
        receipt = receipts.received(market, order, 1)
        with market.selling(), refused():
            ReceiptLine.objects.create(
                council=market.council, supplier=market.supplier, receipt=receipt,
                order_line=line, quantity=1, amount=1,
            )  # fmt: skip
