"""The story of an order from its requisition to its payment, in the demonstration's trail."""

from __future__ import annotations

import pytest
from django.test import Client

from invoicing.models import PaidInvoice
from marketplace.audit.models import Event
from marketplace.audit.selectors import Wanted, events_wanted
from marketplace.audit.subjects import story_of
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ordering.models import Order, Receipt
from marketplace.organisations.models import Kind, Organisation
from tests.browser.conftest import member
from tests.factories.organisations import sign_in


@pytest.fixture(scope="module")
def paid(demo_db):
    """An invoice in a payment, for an order of which goods came."""
    with stewardship():
        rows = PaidInvoice.objects.select_related("invoice__order", "payment")
        return next(
            row for row in rows.exclude(invoice__order=None) if row.invoice.order.receipts.exists()
        )


def test_an_orders_story_goes_from_its_requisition_to_its_payment(paid):
    order, invoice = paid.invoice.order, paid.invoice
    with tenant(order.council_id):
        receipts = set(Receipt.objects.filter(order=order).values_list("pk", flat=True))
        story = story_of(order.council_id, order.pk)
        others = Order.objects.filter(council_id=order.council_id).exclude(pk=order.pk)
        assert not story & set(others.values_list("pk", flat=True))
        verbs = {
            event.verb
            for side in events_wanted(order.council_id, Wanted(subject=order.pk))
            for event in side
        }
    parts = {order.requisition_id, order.pk, invoice.pk, invoice.arrival_id, paid.payment_id}
    assert receipts
    assert story >= parts | receipts | {paid.payment.run_id}
    assert verbs >= {"requisition.submitted", "order.sent", "invoice.read", "payment-run.prepared"}


def test_a_payments_story_does_not_walk_back_down_to_others(paid):
    council_id = paid.invoice.council_id
    with tenant(council_id):
        assert story_of(council_id, paid.payment.run_id) == {paid.payment.run_id}
        assert paid.invoice.order.requisition_id in story_of(council_id, paid.invoice_id)


def test_another_council_is_told_nothing(paid):
    with stewardship():
        other = Organisation.objects.filter(kind=Kind.COUNCIL).exclude(pk=paid.invoice.council_id)[
            0
        ]
    with tenant(other.pk):
        order_id = paid.invoice.order_id
        assert story_of(other.pk, order_id) == {order_id}
        sides = events_wanted(other.pk, Wanted(subject=order_id))
        assert [event for side in sides for event in side] == []


def test_the_page_says_whose_story_it_is(paid):
    order = paid.invoice.order
    with stewardship():
        council = Organisation.objects.get(pk=order.council_id)
        auditor = member(council.slug, "auditor")
        client = sign_in(Client(), auditor)
        assert Event.objects.filter(subject_id=order.requisition_id).exists()
    page = " ".join(client.get(f"/audit/?subject={order.pk}").content.decode().split())
    assert "Only the story of" in page
    assert "Show everything" in page
    assert order.number in page
