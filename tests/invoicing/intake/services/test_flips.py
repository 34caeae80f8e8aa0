"""An invoice made of an order: by the same path as any other, and right in every figure."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from invoicing.intake.services.flips import FlipNotComplete, NothingToBill, flip_order
from invoicing.models import InvoiceTax, SupplierAccount
from invoicing.states import Channel
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.states import Answer
from tests.factories import invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture
def market():
    return invoicing.market(listings=2)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


def flipped(market, order, *quantities, **facts):
    lines = receipts.lines_of(order)
    chosen = {
        "supplier": market.seller,
        "number": "F-1",
        "issued_on": TODAY,
        "quantities": dict(
            zip([line.pk for line in lines], map(Decimal, quantities), strict=False)
        ),
        "at": NOON,
        **facts,
    }
    with market.selling():
        return flip_order(order_id=order.pk, **chosen)


def problems(refused):
    return [each.pointer for each in refused.value.errors]


class TestFlipOrder:
    def test_agrees_with_its_order_and_with_both_judges(self, market, order):
        arrival = flipped(market, order, 2, 2)
        assert arrival.channel == Channel.FLIP
        invoicing.read(market, arrival)
        invoice = invoicing.invoice_of(arrival.pk)
        assert invoicing.found_in(invoice) == []
        assert (invoice.status, invoice.number) == ("MATCHED", "F-1")
        assert invoice.gross_amount == order.gross_amount
        with stewardship():
            assert InvoiceTax.objects.get(invoice=invoice).tax_amount == order.vat_amount

    def test_bills_a_part_and_then_the_rest(self, market, order):
        for number, quantities in (("F-1", (1, 0)), ("F-2", (1, 2))):
            arrival = invoicing.read(market, flipped(market, order, *quantities, number=number))
            assert invoicing.invoice_of(arrival.pk).status == "MATCHED"
        with pytest.raises(NothingToBill):
            flipped(market, order, 1, 0, number="F-3")

    def test_names_the_account_that_the_supplier_gave_last(self, market, order):
        with stewardship():
            SupplierAccount.objects.create(
                supplier=market.supplier, name="Chairs Ltd", sort_code="601613",
                account_number="31926819", added_at=NOON, added_by_id=market.seller.user_id,
                added_by_name="Sal",
            )  # fmt: skip
        arrival = invoicing.read(market, flipped(market, order, 2, 2))
        assert invoicing.found_in(invoicing.invoice_of(arrival.pk)) == []
        with market.selling():
            assert b"31926819" in bytes(arrival.document.content)

    def test_tells_every_problem_at_once(self, market, order):
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, 3, -1, number=" ", issued_on=TODAY + timedelta(days=1))
        assert problems(refused) == [
            "number", "issued_on", "lines/0/quantity", "lines/1/quantity",
        ]  # fmt: skip

    @pytest.mark.parametrize("quantity", ["0.5", "1.0001"])
    def test_asks_for_whole_things(self, market, order, quantity):
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, quantity, 1)
        assert problems(refused) == ["lines/0/quantity"]

    def test_asks_for_something(self, market, order):
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, 0, 0)
        assert problems(refused) == ["lines"]

    def test_not_with_a_number_that_was_used(self, market, order):
        invoicing.read(market, flipped(market, order, 1, 0))
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, 1, 0, number="f 1")
        assert problems(refused) == ["number"]

    def test_not_with_a_number_that_is_too_long(self, market, order):
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, 1, 0, number="9" * 51)
        assert problems(refused) == ["number"]

    def test_not_without_a_vat_number_where_there_is_vat(self, market, order):
        market.supplier.vat_number = ""
        with stewardship():
            market.supplier.save()
        with pytest.raises(FlipNotComplete, match="VAT number"):
            flipped(market, order, 1, 0)

    def test_not_what_is_on_another_order(self, market, order):
        other = invoicing.delivered(market)
        quantities = {receipts.lines_of(other)[0].pk: Decimal(1)}
        with pytest.raises(FlipNotComplete) as refused:
            flipped(market, order, quantities=quantities)
        assert problems(refused)[0] == "lines"

    def test_not_of_an_order_that_was_refused(self, market):
        refused = ordering.answered(market, Answer.REFUSED)
        with pytest.raises(NothingToBill):
            flipped(market, refused, 1, 1)

    def test_not_by_another_supplier(self, market, order):
        with pytest.raises(Missing):
            flipped(market, order, 1, supplier=organisations.actor(organisations.supplier()))
