"""The VAT of a document, shared out among its lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.core.vat import VatCategory
from marketplace.ordering.bought.exports import with_vat
from marketplace.ordering.models import Order, OrderLine
from tests.factories import catalogue
from tests.factories import ordering as factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(db):
    """A council that buys three things whose VAT does not come out even."""
    made = factory.market(listings=2)
    odd = catalogue.listing(made.supplier, unit_price="0.33", name="=cmd()")
    made.listings.append(odd)
    return made


class TestWithVat:
    def test_shares_out_what_was_rounded_once(self, market):
        order = factory.sent(market, quantity=1)
        with market.acting():
            lines = list(OrderLine.objects.filter(order=order).order_by("line_number"))
            shares = [share for _line, share in with_vat(lines)]
            assert sum(shares) == Order.objects.get(pk=order.pk).vat_amount

    def test_of_what_costs_nothing_is_nothing(self):
        free = OrderLine(
            net_amount=Decimal("0.00"),
            vat_category=VatCategory.STANDARD,
            vat_rate_percent=Decimal(20),
        )
        assert [share for _line, share in with_vat([free])] == [Decimal("0.00")]
