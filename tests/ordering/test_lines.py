"""What the database keeps true of every line that is a copy of a listing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.ids import uuid7
from marketplace.ordering.models import OrderLine, RequisitionLine
from tests.factories import ordering

pytestmark = pytest.mark.django_db

REQUISITION_LINES = [
    ("requisitionline_quantity_positive", {"quantity": 0, "net_amount": 0}),
    ("requisitionline_price_not_negative", {"unit_price": -1, "net_amount": -2}),
    ("requisitionline_net_is_price_times_quantity", {"net_amount": Decimal("158.99")}),
    ("requisitionline_vat_known", {"vat_category": "low"}),
]
ORDER_LINES = [
    ("orderline_quantity_positive", {"quantity": 0, "net_amount": 0}),
    ("orderline_price_not_negative", {"unit_price": -1, "net_amount": -2}),
    ("orderline_net_is_price_times_quantity", {"net_amount": Decimal("158.99")}),
    ("orderline_vat_known", {"vat_category": "low"}),
]


def breaks(rows, constraint, **facts):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        rows.update(**facts)


@pytest.mark.parametrize(("constraint", "facts"), REQUISITION_LINES)
def test_what_is_asked_for_makes_sense(constraint, facts):
    market = ordering.market()
    ordering.basket(market)
    with market.acting():
        breaks(RequisitionLine.objects.all(), constraint, **facts)


def add_to_order(market, constraint, **facts):
    """Put a line beside the first of an order: what stands there is not changed any more."""
    ordering.sent(market)
    basket = ordering.basket(market)
    with market.acting():
        free = basket.lines.get()
        row = OrderLine.objects.values().get() | {"id": uuid7(), "requisition_line_id": free.pk}
        with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
            OrderLine.objects.create(**{**row, **facts})


@pytest.mark.parametrize(("constraint", "facts"), ORDER_LINES)
def test_what_is_ordered_makes_sense(constraint, facts):
    add_to_order(ordering.market(), constraint, line_number=2, **facts)


def test_two_lines_of_an_order_do_not_share_a_place():
    add_to_order(ordering.market(), "orderline_one_a_place", line_number=1)
