"""Sending orders, once and again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core import mail

from marketplace.audit.models import Event
from marketplace.core.errors import Conflict, Forbidden
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from marketplace.notifications.models import Message
from marketplace.ordering.models import Transmission
from marketplace.ordering.orders.selectors.orders import order_page
from marketplace.ordering.orders.services.orders import raise_orders
from marketplace.ordering.orders.services.sending import (
    NothingToResend,
    ResendNotAllowed,
    resend_order,
    send_order,
)
from tests.factories import ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def raised(market, **options):
    requisition = ordering.approved(market, **options)
    with market.acting():
        return raise_orders(
            council_id=market.council.pk, requisition_id=requisition.pk, at=ordering.NOON
        )


class TestSendOrder:
    def test_keeps_the_papers_and_writes_to_the_supplier(self, market):
        order = ordering.sent(market)
        assert (order.status, order.number) == ("SENT", "PO-26-000001")
        with market.selling():
            page = order_page(market.seller, order.pk)
            assert len(page.lines) == 1
            assert page.totals.gross_amount == Decimal("190.80")
            papers = Document.objects.filter(pk__in=[order.pdf_id, order.ubl_id])
            assert sorted(each.media_type for each in papers) == [
                "application/pdf", "application/xml",
            ]  # fmt: skip
            assert bytes(papers.get(pk=order.pdf_id).content).startswith(b"%PDF-")
            sent = Transmission.objects.values_list("channel", "sha256", "document__sha256")
            assert len(sent) == 4
            assert all(sha == kept for _channel, sha, kept in sent)
            assert Event.objects.get(verb="order.sent").counterparty_id == market.supplier.pk
        letter = next(each for each in mail.outbox if each.to == ["orders@example.com"])
        assert order.number in letter.subject
        assert sorted(part.get_filename() for part in letter.attachments) == [
            f"{order.number}.pdf", f"{order.number}.xml",
        ]  # fmt: skip

    def test_does_nothing_the_second_time(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            send_order(council_id=market.council.pk, order_id=order.pk, at=at)
            assert Transmission.objects.count() == 4

    def test_sends_no_letter_without_an_address(self, market, at):
        (order,) = raised(market)
        with stewardship():
            type(market.supplier).objects.filter(pk=market.supplier.pk).update(email="")
        with market.acting():
            send_order(council_id=market.council.pk, order_id=order.pk, at=at)
            assert {each.channel for each in Transmission.objects.all()} == {"PORTAL"}
            assert not Message.objects.filter(key__startswith="order:").exists()

    def test_a_resend_is_the_same_to_the_byte(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            resend_order(order_id=order.pk, buyer=market.buyer, at=at)
            by_attempt = {
                attempt: set(
                    Transmission.objects.filter(attempt=attempt).values_list("channel", "sha256")
                )
                for attempt in (1, 2)
            }
            assert by_attempt[1] == by_attempt[2]
            assert Message.objects.filter(key__startswith=f"order:{order.pk}:sent").count() == 2
            assert Event.objects.get(verb="order.resent").actor_name == "Bo Buyer"

    def test_refuses_to_resend_what_was_answered(self, market, at):
        order = ordering.answered(market)
        with market.acting(), pytest.raises(NothingToResend) as refused:
            resend_order(order_id=order.pk, buyer=market.buyer, at=at)
        assert isinstance(refused.value, Conflict)

    def test_refuses_a_resend_by_a_stranger_to_it(self, market, at):
        order = ordering.sent(market)
        stranger = organisations.actor(market.council, "requester")
        with market.acting(), pytest.raises(ResendNotAllowed) as refused:
            resend_order(order_id=order.pk, buyer=stranger, at=at)
        assert isinstance(refused.value, Forbidden)
