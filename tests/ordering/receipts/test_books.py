"""Whatever is received, sent back, put right and cancelled, in any order, the books agree."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marketplace.core.errors import Refusal
from marketplace.core.tenancy import clear
from marketplace.ledger.models import Journal
from marketplace.ledger.services.balances import balances_of_lines
from marketplace.ordering.bought.rules import part_of
from marketplace.ordering.models import Receipt, ReceiptLine
from marketplace.ordering.orders.services.remainders import cancel_remainder
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.factories import catalogue, ordering, receipts

AT = ordering.NOON
SERVICES = st.sampled_from([return_for_replacement, return_for_credit])
counts = st.tuples(st.integers(0, 7), st.integers(0, 7))


class Receiving(RuleBasedStateMachine):
    """One order of two lines whose prices leave pennies over, and everybody at its door."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        clear()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        self.market = receipts.market_with_books()
        listings = [
            catalogue.listing(self.market.supplier, unit_price=price)
            for price in ("0.333333", "1.071429")
        ]
        self.order = ordering.sent(self.market, listings=listings, quantity=7)
        self.receipts = []

    def counted(self, quantities):
        return receipts.counted(self.order, *[each or None for each in quantities])

    def tried(self, deed):
        """Do it if it is let; what is refused leaves nothing."""
        try:
            with self.market.acting(), transaction.atomic():
                return deed()
        except Refusal:
            return None

    def kept(self, receipt):
        if receipt is not None:
            self.receipts.append(receipt)

    @rule(quantities=counts)
    def receive(self, quantities):
        lines = self.counted(quantities)
        self.kept(
            self.tried(
                lambda: receipts.receive_goods(
                    order_id=self.order.pk, receiver=self.market.buyer, lines=lines,
                    received_on=receipts.TODAY, at=AT,
                )
            )
        )  # fmt: skip

    @rule(quantities=counts, service=SERVICES)
    def send_back(self, quantities, service):
        parcel = Parcel(self.counted(quantities), receipts.TODAY, "They wobble.")
        self.kept(
            self.tried(
                lambda: service(
                    order_id=self.order.pk, receiver=self.market.buyer, parcel=parcel, at=AT
                )
            )
        )

    @precondition(lambda self: self.receipts)
    @rule(quantities=counts, data=st.data())
    def put_right(self, quantities, data):
        wrong = data.draw(st.sampled_from(range(len(self.receipts))))
        lines = receipts.counted(self.order, *quantities)
        with self.market.acting():
            there = set(self.receipts[wrong].lines.values_list("order_line_id", flat=True))
        self.tried(
            lambda: correct_receipt(
                receipt_id=self.receipts[wrong].pk, receiver=self.market.buyer,
                lines=[each for each in lines if each.order_line_id in there],
                reason="Miscounted.", at=AT,
            )
        )  # fmt: skip

    @rule()
    def cancel_the_rest(self):
        self.tried(
            lambda: cancel_remainder(
                order_id=self.order.pk, buyer=self.market.buyer, reason="Enough.", at=AT
            )
        )

    @invariant()
    def the_books_agree(self):
        committed, spent = receipts.stands(self.market)
        lines = receipts.lines_of(self.order)
        with self.market.acting():
            sums = dict(
                ReceiptLine.objects.values_list("order_line").annotate(count=Sum("quantity"))
            )
            posted = Receipt.objects.exclude(net_amount=0).count()
            assert Journal.objects.count() >= posted
            held = balances_of_lines(self.market.council.pk, [line.pk for line in lines])
        worth = Decimal(0)
        for line in lines:
            assert line.received_quantity == sums.get(line.pk, 0)
            worth += part_of(line.net_amount, line.quantity, line.received_quantity)
            promised = sum((each.amount for each in held.get(line.pk, ())), Decimal(0))
            exact = line.net_amount * line.to_come_quantity / line.quantity
            assert abs(promised - exact) <= Decimal("0.05")
            if not line.to_come_quantity:
                assert promised == 0
        assert spent == worth
        assert committed == sum(
            (each.amount for parts in held.values() for each in parts), Decimal(0)
        )


Receiving.TestCase.settings = settings(max_examples=8, stateful_step_count=10)


@pytest.mark.django_db
class TestReceiving(Receiving.TestCase):
    pass
