"""What the database keeps true of requisitions and orders, whoever writes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import (
    DeliveryPoint,
    Order,
    OrderLine,
    Requisition,
    RequisitionLine,
    Transmission,
)
from tests.factories import ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def breaks(rows, constraint, **facts):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**facts)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("requisition_status_known", {"status": "LOST"}),
        ("requisition_submitted_has_number", {"number": ""}),
        ("requisition_submitted_has_content", {"content_hash": ""}),
        ("requisition_submitted_has_content", {"submitted_at": None}),
        ("requisition_submitted_has_content", {"title": ""}),
        ("requisition_approved_has_approver", {"status": "APPROVED"}),
        ("requisition_approved_has_approver", {"status": "ORDERED"}),
        ("requisition_rejected_has_reason", {"status": "REJECTED"}),
        ("requisition_totals_not_negative", {"net_amount": Decimal(-1)}),
        ("requisition_totals_not_negative", {"vat_amount": Decimal(-1)}),
    ],
)
def test_requisitions_make_sense(market, constraint, facts):
    ordering.submitted(market)
    with market.acting():
        breaks(Requisition.objects.all(), constraint, **facts)


def test_nobody_approves_their_own(market, at):
    done = ordering.approved(market)
    with market.acting():
        rows = Requisition.objects.filter(pk=done.pk)
        breaks(rows, "requisition_four_eyes", approved_by_id=done.raised_by_id)


def test_one_basket_a_person(market):
    submitted = ordering.submitted(market)
    ordering.basket(market)
    with market.acting():
        rows = Requisition.objects.filter(pk=submitted.pk)
        breaks(rows, "requisition_one_basket_a_person", status="DRAFT")


def test_numbers_are_given_once(market):
    first, second = ordering.submitted(market), ordering.submitted(market)
    with market.acting():
        rows = Requisition.objects.filter(pk=second.pk)
        breaks(rows, "requisition_number_once", number=first.number)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("quantity_positive", {"quantity": 0, "net_amount": 0}),
        ("price_not_negative", {"unit_price": -1, "net_amount": Decimal(-2)}),
        ("net_is_price_times_quantity", {"net_amount": Decimal("159.01")}),
        ("vat_known", {"vat_category": "special"}),
    ],
)
def test_lines_make_sense(market, constraint, facts):
    ordering.basket(market)
    with market.acting():
        breaks(RequisitionLine.objects.all(), f"requisitionline_{constraint}", **facts)


def test_a_listing_and_a_place_are_there_once(at):
    market = ordering.market(listings=2)
    ordering.basket(market)
    with market.acting():
        first, second = RequisitionLine.objects.order_by("line_number")
        rows = RequisitionLine.objects.filter(pk=second.pk)
        breaks(rows, "requisitionline_listing_once", listing_id=first.listing_id)
        breaks(rows, "requisitionline_one_a_place", line_number=first.line_number)


def test_delivery_points_have_one_code(market):
    with market.acting():
        DeliveryPoint.objects.create(council=market.council, code="1", name="Hall", address="x")
        with pytest.raises(IntegrityError, match="deliverypoint_one_a_code"), transaction.atomic():
            DeliveryPoint.objects.create(council=market.council, code="1", name="Hut", address="y")


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("order_status_known", {"status": "LOST"}),
        ("order_raised_is_unsent", {"status": "RAISED"}),
        ("order_answered_has_instant", {"status": "ACKNOWLEDGED"}),
        ("order_cancelled_has_reason", {"status": "CANCELLED"}),
        ("cannot be changed after it was raised", {"number": "PO-26-999999"}),
        ("cannot be changed after it was raised", {"net_amount": Decimal(1)}),
        ("cannot be changed after it was raised", {"sent_at": None}),
        ("cannot be changed after it was raised", {"pdf": None}),
        ("cannot be changed after it was raised", {"sent_at": ordering.NOON + timedelta(1)}),
    ],
)
def test_orders_make_sense(market, constraint, facts):
    ordering.sent(market)
    with market.acting():
        breaks(Order.objects.all(), constraint, **facts)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("order_has_number", {"number": ""}),
        ("order_two_sides", {"supplier_id": None}),
        ("order_totals_not_negative", {"net_amount": Decimal(-1)}),
        ("order_sent_has_papers", {"status": "SENT"}),
    ],
)
def test_an_order_is_made_whole(market, constraint, facts):
    """Tried on a fresh row, since a row that stands may not be changed in these columns."""
    ordering.approved(market)
    with market.acting():
        requisition = Requisition.objects.get()
        chosen = {
            "council_id": market.council.pk, "supplier_id": market.supplier.pk,
            "requisition": requisition, "number": "PO-26-1", "financial_year": 2026,
            "deliver_to": "Hall", "contact_id": uuid4(), "contact_name": "Rae",
            "contact_email": "rae@example.com", "net_amount": 1, "vat_amount": 0,
            "raised_at": ordering.NOON, **facts,
        }  # fmt: skip
        if "supplier_id" in facts:
            chosen["supplier_id"] = market.council.pk
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Order.objects.create(**chosen)


def test_one_order_a_supplier_and_a_number_once(market):
    order = ordering.sent(market)
    with market.acting():
        order.refresh_from_db()
        for facts, constraint in (
            ({"number": "PO-26-2"}, "order_one_a_supplier"),
            ({}, "order_number_once|order_one_a_supplier"),
        ):
            copy = Order.objects.get(pk=order.pk)
            copy.pk, copy._state.adding = uuid4(), True
            for name, fact in facts.items():
                setattr(copy, name, fact)
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                copy.save(force_insert=True)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("orderline_answer_known", {"answer": "PERHAPS"}),
        ("orderline_later_has_day", {"answer": "LATER"}),
        ("orderline_refused_has_reason", {"answer": "REFUSED"}),
        ("orderline_progress_not_negative", {"received_quantity": -1}),
        ("orderline_billed_by_allocations", {"billed_quantity": -1}),
        ("cannot be changed after it was raised", {"quantity": 3, "net_amount": "238.50"}),
        ("cannot be changed after it was raised", {"unit_price": "0.01", "net_amount": "0.02"}),
    ],
)
def test_order_lines_make_sense(market, constraint, facts):
    ordering.sent(market)
    for side in (market.acting, market.selling):
        with side():
            breaks(OrderLine.objects.all(), constraint, **facts)


@pytest.mark.parametrize("way", ["update", "delete"])
def test_transmissions_are_never_changed(market, way):
    ordering.sent(market)
    rows = Transmission.objects.all()
    change = {"update": lambda: rows.update(to="x"), "delete": rows.delete}[way]
    with market.acting(), pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("transmission_channel_known", {"channel": "PIGEON"}),
        ("transmission_mail_has_address", {"channel": "EMAIL", "to": "", "attempt": 2}),
        ("transmission_once", {}),
    ],
)
def test_transmissions_make_sense(market, constraint, facts):
    ordering.sent(market)
    with market.acting():
        copy = Transmission.objects.filter(channel="PORTAL").order_by("id")[0]
        copy.pk, copy._state.adding = uuid4(), True
        for name, fact in facts.items():
            setattr(copy, name, fact)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            copy.save(force_insert=True)


class TestTenants:
    TABLES = (Requisition, RequisitionLine, Order, OrderLine, Transmission)

    def test_another_council_sees_nothing(self, market):
        ordering.sent(market)
        other = ordering.market()
        for side in (other.acting, other.selling):
            with side():
                assert [model.objects.count() for model in self.TABLES] == [0] * 5

    def test_the_supplier_sees_orders_and_no_requisitions(self, market):
        ordering.sent(market)
        with market.selling():
            assert [model.objects.count() for model in self.TABLES] == [0, 0, 1, 1, 4]

    def test_nobody_sees_anything_without_a_name(self, market):
        ordering.sent(market)
        assert [model.objects.count() for model in self.TABLES] == [0] * 5

    def test_a_supplier_cannot_write_a_councils_rows(self, market):
        ordering.sent(market)
        with stewardship():
            requisition = Requisition.objects.get()
        with market.selling():
            assert Requisition.objects.filter(pk=requisition.pk).update(title="x") == 0
            with pytest.raises(DatabaseError), transaction.atomic():
                Transmission.objects.create(
                    council=market.council, supplier=market.supplier,
                    order=Order.objects.get(), attempt=9, channel="PORTAL",
                    document_id=Order.objects.get().pdf_id, sha256="0" * 64, at=ordering.NOON,
                )  # fmt: skip
