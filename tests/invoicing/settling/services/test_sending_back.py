"""Sending an invoice back: what it billed is free, and its supplier knows why."""

from __future__ import annotations

import pytest

from invoicing.settling.services.approval import InvoiceChanged, approve_invoice
from invoicing.settling.services.sending_back import (
    SendingBackNotAllowed,
    SendingBackReasonNeeded,
    send_back_invoice,
)
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.notifications.models import Message
from tests.factories import invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


@pytest.fixture
def invoice(market, order):
    return invoicing.taken(market, invoicing.said_of(market, order))


def sent_back(market, invoice, who, *, reason="The address is wrong.", **more):
    with market.acting():
        return send_back_invoice(invoice_id=invoice.pk, finance=who, reason=reason, at=NOON, **more)


class TestSendBackInvoice:
    def test_it_bills_nothing_any_more(self, market, finance, order, invoice):
        assert receipts.lines_of(order)[0].billed_quantity > 0
        assert sent_back(market, invoice, finance).status == "SENT_BACK"
        assert receipts.lines_of(order)[0].billed_quantity == 0

    def test_the_supplier_is_told_why(self, market, finance, invoice):
        sent_back(market, invoice, finance)
        with stewardship():
            letter = Message.objects.get(key=f"invoice:{invoice.pk}:sent-back")
            event = Event.objects.get(verb="invoice.sent-back")
        assert "The address is wrong." in letter.body
        assert letter.to == market.supplier.email
        assert (event.note, event.counterparty_id) == ("The address is wrong.", market.supplier.pk)
        assert event.after == {"status": "SENT_BACK", "lines": 1}

    def test_it_may_come_again_under_its_number(self, market, finance, order, invoice):
        sent_back(market, invoice, finance)
        again = invoicing.taken(market, invoicing.said_of(market, order))
        assert again.status == "MATCHED"

    def test_another_that_was_held_for_what_it_billed_goes_on(self, market, finance):
        order = ordering.answered(market)
        receipts.received(market, order)
        first = invoicing.taken(market, invoicing.said_of(market, order))
        second = invoicing.taken(
            market, invoicing.said_of(market, order, number="Z-9", notes=("Please.",))
        )
        assert "BEYOND_ORDERED" in invoicing.found_in(second)
        sent_back(market, first, finance)
        do_jobs()
        assert "BEYOND_ORDERED" not in invoicing.found_in(second)

    def test_refuses_one_that_was_approved(self, market, finance, invoice):
        with market.acting():
            approve_invoice(invoice_id=invoice.pk, approver=finance, at=NOON)
        with pytest.raises(IllegalMove):
            sent_back(market, invoice, finance)

    def test_needs_a_reason(self, market, finance, invoice):
        with pytest.raises(SendingBackReasonNeeded):
            sent_back(market, invoice, finance, reason=" ")

    def test_refuses_whoever_is_not_finance(self, market, invoice):
        with pytest.raises(SendingBackNotAllowed):
            sent_back(market, invoice, market.buyer)

    def test_refuses_what_somebody_else_has_changed_since(self, market, finance, invoice):
        with pytest.raises(InvoiceChanged):
            sent_back(market, invoice, finance, version=invoice.version - 1)

    def test_somebody_elses_is_missing(self, invoice):
        stranger = organisations.actor(organisations.council(), "finance", name="Stan Stranger")
        with stewardship(), pytest.raises(Missing):
            send_back_invoice(invoice_id=invoice.pk, finance=stranger, reason="x", at=NOON)
