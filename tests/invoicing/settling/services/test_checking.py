"""What keeps an invoice from being approved: more than was ordered, more than is there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.formats import model
from invoicing.settling.services.approval import approve_invoices
from invoicing.settling.services.checking import (
    BeyondBudget,
    GoodsWentBack,
    InvoiceApprovalNotAllowed,
)
from marketplace.ordering.receipts.services.returns import Parcel, return_for_replacement
from tests.factories import einvoices, invoicing, ledger, ordering, receipts
from tests.factories.ordering import NOON
from tests.invoicing.settling.approving import approved, chief, let_through, spending

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


def coding_of(budget):
    return budget.cost_centre_id, budget.account_id


def beside_the_order(market, order, amount, **facts):
    """Bill all of an order, and something that nobody ordered."""
    (line,) = receipts.lines_of(order)
    never = replace(
        invoicing.line_of(line, 1),
        number="2", order_line="", net_amount=Decimal(amount), price=model.Price(Decimal(amount)),
        item=model.Item(name="Consulting", category=invoicing.line_of(line).item.category),
    )  # fmt: skip
    lines = (invoicing.line_of(line), never)
    invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=lines, **facts))
    let_through(market, invoice, invoicing.finance(market))
    return invoicing.now(invoice)


def dearer(market, number, price):
    """Keep an invoice of an order of two whose price somebody let through."""
    order = invoicing.delivered(market)
    (line,) = receipts.lines_of(order)
    each = line.unit_price + price
    billed = replace(
        invoicing.line_of(line),
        price=model.Price(einvoices.rounded(each)),
        net_amount=einvoices.rounded(each * line.quantity),
    )
    said = invoicing.said_of(market, order, lines=(billed,), number=number)
    invoice = invoicing.taken(market, said)
    let_through(market, invoice, invoicing.finance(market))
    return invoicing.now(invoice)


class TestBeyondTheOrder:
    """Whoever approved the order approved its price, and nothing beside it."""

    def test_needs_somebody_who_may_approve_so_much(self, market, finance):
        invoice = beside_the_order(market, invoicing.delivered(market), "5000.00")
        coding = coding_of(market.budget)
        with pytest.raises(InvoiceApprovalNotAllowed, match=r"£5,000\.00 of this is beyond"):
            approved(market, invoice, finance, coding=coding)
        with pytest.raises(InvoiceApprovalNotAllowed, match="above what you may"):
            approved(market, invoice, chief(market, limit="4999.99"), coding=coding)
        spent = spending(market)
        approved(market, invoice, chief(market, limit=5_000), coding=coding)
        assert spending(market) - spent == 5_000

    def test_needs_room_in_the_budget_that_bears_it(self, market):
        invoice = beside_the_order(market, invoicing.delivered(market), "9841.01")
        with pytest.raises(BeyondBudget, match=r"£9,841.01 is asked .* and £9,841.00 is left"):
            approved(market, invoice, chief(market), coding=coding_of(market.budget))

    def test_needs_a_budget_at_all(self, market):
        invoice = beside_the_order(market, invoicing.delivered(market), "10.00")
        centre = ledger.cost_centre(market.council)
        with pytest.raises(BeyondBudget, match="There is no budget"):
            approved(market, invoice, chief(market), coding=(centre.pk, market.budget.account_id))

    def test_a_budget_that_only_warns_is_exceeded_by_whoever_may(self):
        market = invoicing.market(is_hard_stop=False)
        invoice = beside_the_order(market, invoicing.delivered(market), "20000.00")
        done = approved(market, invoice, chief(market), coding=coding_of(market.budget))
        assert done.status == "APPROVED"

    def test_of_many_the_first_take_from_the_budget_before_the_next(self, market):
        boss = chief(market)
        invoices = [dearer(market, f"D-{place}", Decimal(3_000)) for place in range(2)]
        with market.acting():
            done = approve_invoices(
                invoice_ids=[each.pk for each in invoices], approver=boss, at=NOON
            )
        assert [each.pk for each in done.invoices] == [invoices[0].pk]
        (left,) = done.left_out
        assert isinstance(left.refusal, BeyondBudget)

    def test_of_many_each_is_held_against_the_limit(self, market, finance):
        invoice = dearer(market, "D-1", Decimal(1))
        with market.acting():
            done = approve_invoices(invoice_ids=[invoice.pk], approver=finance, at=NOON)
        assert (done.invoices, "beyond" in done.left_out[0].refusal.detail) == ([], True)

    def test_what_is_let_through_for_another_reason_needs_none(self, market, finance):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]
        let_through(market, invoice, invoicing.finance(market))
        assert approved(market, invoicing.now(invoice), finance).status == "APPROVED"


class TestMoreThanIsThere:
    """Goods went back after the comparison, and the next one is still owed."""

    def goods_went_back(self, market, order):
        with market.acting():
            return_for_replacement(
                order_id=order.pk,
                receiver=market.buyer,
                parcel=Parcel(receipts.counted(order, 1), receipts.TODAY, "Broken."),
                at=NOON,
            )

    def test_is_refused(self, market, finance):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        self.goods_went_back(market, order)
        with pytest.raises(GoodsWentBack):
            approved(market, invoice, finance)

    def test_is_refused_where_less_is_there_than_was_let_through(self, market, finance):
        order = ordering.answered(market)
        receipts.received(market, order, 1)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        let_through(market, invoice, invoicing.finance(market))
        self.goods_went_back(market, order)
        with pytest.raises(GoodsWentBack):
            approved(market, invoicing.now(invoice), finance)

    def test_many_cost_no_more_statements(self, market, finance):
        counted = []
        other = invoicing.finance(market)
        for count in (2, 5):
            invoices = []
            for place in range(count):
                order = ordering.answered(market)
                said = invoicing.said_of(market, order, number=f"{count}-{place}")
                invoices.append(invoicing.taken(market, said))
                let_through(market, invoices[-1], other)
            with market.acting(), CaptureQueriesContext(connection) as asked:
                done = approve_invoices(
                    invoice_ids=[each.pk for each in invoices], approver=finance, at=NOON
                )
            assert (len(done.invoices), done.left_out) == (count, [])
            # What is written of each: its new status, its event and the comparison that it owes.
            counted.append(len(asked) - 3 * count)
        assert counted[0] == counted[1]
