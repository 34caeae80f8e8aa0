"""Approving invoices: who may, what is posted, and that it is done once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invoicing.formats import model
from invoicing.matching.selectors import POSTED
from invoicing.models import Invoice
from invoicing.payments.selectors.due import invoices_due
from invoicing.settling.services.approval import InvoiceChanged, approve_invoice, approve_invoices
from invoicing.settling.services.checking import (
    BelowNought,
    CodingNeeded,
    InvoiceApprovalNotAllowed,
    NotInPounds,
    PaidBefore,
    SupplierUnknown,
)
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Journal, JournalLine
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import balances_of
from marketplace.ledger.states import AccountRole
from tests.factories import einvoices, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON
from tests.invoicing.settling.approving import approved, chief, let_through, spending

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


def standing_on(market, role: AccountRole) -> Decimal:
    """What stands on the account that plays a part, debits above nought."""
    with market.acting():
        account = accounts_by_role(market.council.pk)[role]
        return balances_of(market.council.pk, [account.pk]).get(account.pk, Decimal(0))


def posted_of(invoice) -> dict[str, Decimal]:
    """What an invoice's journal put on each account, by its name, debits above nought."""
    with stewardship():
        journal = Journal.objects.get(event_key=f"invoice:{invoice.pk}")
        sums: dict[str, Decimal] = {}
        for line in JournalLine.objects.filter(journal=journal).select_related("account"):
            sums[line.account.name] = sums.get(line.account.name, Decimal(0)) + line.net_amount
        return sums


class TestApproveInvoice:
    def test_posts_what_was_received_and_owes_the_supplier(self, market, finance):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert invoice.status == "MATCHED"
        done = approved(market, invoice, finance)
        assert (done.status, done.approved_by_id) == ("APPROVED", finance.user_id)
        sums = posted_of(invoice)
        assert sum(sums.values()) == 0
        assert min(sums.values()) == -invoice.payable_amount
        assert sorted(sums.values())[1:] == sorted([invoice.net_amount, invoice.vat_amount])

    def test_leaves_nothing_received_that_is_not_invoiced(self, market, finance):
        order = invoicing.delivered(market)
        assert standing_on(market, AccountRole.RECEIPTS) == -order.net_amount
        approved(market, invoicing.taken(market, invoicing.said_of(market, order)), finance)
        assert standing_on(market, AccountRole.RECEIPTS) == 0
        assert standing_on(market, AccountRole.CREDITORS) == -order.gross_amount

    def test_bills_in_parts_come_to_the_whole(self, market, finance):
        order = invoicing.delivered(market, quantity=7)
        (line,) = receipts.lines_of(order)
        for number, quantity in (("A-1", 3), ("B-2", 4)):
            part = invoicing.said_of(
                market, order, lines=(invoicing.line_of(line, quantity),), number=number
            )
            approved(market, invoicing.taken(market, part), finance)
        assert standing_on(market, AccountRole.RECEIPTS) == 0

    def test_a_price_that_was_let_through_is_spent_by_the_lines_coding(self, market, finance):
        order = invoicing.delivered(market)
        dear = invoicing.said_of(market, order)
        (line,) = receipts.lines_of(order)
        price = line.unit_price + 1
        dearer = replace(
            invoicing.line_of(line),
            price=model.Price(einvoices.rounded(price)),
            net_amount=einvoices.rounded(line.net_amount + line.quantity),
        )
        invoice = invoicing.taken(market, einvoices.summed(replace(dear, lines=(dearer,))))
        assert invoicing.found_in(invoice) == ["PRICE"]
        let_through(market, invoice, invoicing.finance(market))
        spent = spending(market)
        with pytest.raises(InvoiceApprovalNotAllowed, match=r"£2\.00 of this is beyond"):
            approved(market, invoicing.now(invoice), finance)
        approved(market, invoicing.now(invoice), chief(market, limit=2))
        assert spending(market) - spent == line.quantity
        assert standing_on(market, AccountRole.RECEIPTS) == 0

    def test_a_credit_note_gives_back_what_was_owed(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market))
        approved(market, invoicing.taken(market, said), finance)
        credit = invoicing.taken(market, invoicing.credit_of(said))
        assert credit.status == "MATCHED"
        approved(market, credit, finance)
        assert standing_on(market, AccountRole.CREDITORS) == 0
        assert standing_on(market, AccountRole.VAT_INPUT) == 0

    def test_what_has_no_order_needs_a_coding_and_a_limit(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market), order="PO-26-999999")
        invoice = invoicing.taken(market, said)
        let_through(market, invoice, invoicing.finance(market))
        with pytest.raises(CodingNeeded, match="No order says who pays"):
            approved(market, invoicing.now(invoice), finance)
        coding = (market.budget.cost_centre_id, market.budget.account_id)
        with pytest.raises(InvoiceApprovalNotAllowed, match="above what you may approve"):
            approved(market, invoicing.now(invoice), finance, coding=coding)
        done = approved(market, invoicing.now(invoice), chief(market), coding=coding)
        assert done.status == "APPROVED"
        assert spending(market) >= invoice.net_amount

    def test_refuses_whoever_let_a_difference_through(self, market, finance):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        let_through(market, invoice, finance)
        with pytest.raises(InvoiceApprovalNotAllowed, match="let a difference"):
            approved(market, invoicing.now(invoice), finance)

    def test_refuses_whoever_ordered_it(self, market):
        both = organisations.actor(market.council, "requester", "finance", name="Bea Both")
        order = invoicing.delivered(market, requester=both)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with pytest.raises(InvoiceApprovalNotAllowed, match="You ordered this"):
            approved(market, invoice, both)

    def test_refuses_what_says_that_it_was_paid_in_part(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market))
        prepaid = einvoices.summed(said, prepaid=Decimal("50.00"))
        invoice = invoicing.taken(market, prepaid)
        let_through(market, invoice, invoicing.finance(market))
        with pytest.raises(PaidBefore):
            approved(market, invoicing.now(invoice), finance)

    def test_leaves_its_trace_for_both_sides(self, market, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        approved(market, invoice, finance)
        with stewardship():
            event = Event.objects.get(verb="invoice.approved")
        assert (event.subject_id, event.counterparty_id) == (invoice.pk, market.supplier.pk)

    def test_is_done_once(self, market, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        approved(market, invoice, finance)
        with pytest.raises(IllegalMove):
            approved(market, invoice, finance)

    def test_refuses_one_that_is_held(self, market, finance):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        assert invoice.status == "HELD"
        with pytest.raises(IllegalMove):
            approved(market, invoice, finance)

    def test_refuses_whoever_is_not_finance(self, market):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        with pytest.raises(InvoiceApprovalNotAllowed, match="finance staff"):
            approved(market, invoice, market.buyer)

    def test_refuses_whoever_sent_it_in(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market))
        invoice = invoicing.taken(market, said, sender=finance)
        with pytest.raises(InvoiceApprovalNotAllowed, match="sent this invoice in"):
            approved(market, invoice, finance)
        other = organisations.actor(market.council, "finance", name="Una Other")
        assert approved(market, invoice, other).status == "APPROVED"

    def test_refuses_what_somebody_else_has_changed_since(self, market, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        with pytest.raises(InvoiceChanged):
            approved(market, invoice, finance, version=invoice.version - 1)

    def test_somebody_elses_is_missing(self, market):
        invoice = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        stranger = organisations.actor(organisations.council(), "finance", name="Stan Stranger")
        with stewardship(), pytest.raises(Missing):
            approve_invoice(invoice_id=invoice.pk, approver=stranger, at=NOON)

    def test_refuses_euros_and_nobodys_even_if_all_was_let_through(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market))
        coding = (market.budget.cost_centre_id, market.budget.account_id)
        euros = einvoices.summed(replace(said, currency="EUR", number="EUR-1"))
        nobody = replace(
            said.seller,
            legal_name="Nobody Known",
            legal_identifier=model.Identifier("99999999"),
            tax_registrations=(model.TaxRegistration("GB999000145", "VAT"),),
        )
        strange = replace(said, seller=nobody, number="N-1")
        for sent, refusal in ((euros, NotInPounds), (strange, SupplierUnknown)):
            invoice = invoicing.taken(market, sent, sender=invoicing.finance(market))
            let_through(market, invoice, invoicing.finance(market))
            assert invoicing.now(invoice).status == "MATCHED"
            with pytest.raises(refusal):
                approved(market, invoicing.now(invoice), finance, coding=coding)


class TestWhatAsksForNothing:
    def free(self, market):
        order = invoicing.delivered(market)
        (line,) = receipts.lines_of(order)
        given = replace(
            invoicing.line_of(line), price=model.Price(Decimal("0.00")), net_amount=Decimal("0.00")
        )
        return invoicing.taken(market, invoicing.said_of(market, order, lines=(given,)))

    def test_is_settled_at_once_and_posted(self, market, finance):
        invoice = self.free(market)
        assert (invoice.status, invoice.payable_amount) == ("MATCHED", 0)
        done = approved(market, invoice, finance)
        assert (done.status, done.paid_on, done.approved_by_id) == (
            "SETTLED", None, finance.user_id,
        )  # fmt: skip
        assert standing_on(market, AccountRole.RECEIPTS) == 0
        assert standing_on(market, AccountRole.CREDITORS) == 0
        with stewardship():
            event = Event.objects.get(verb="invoice.approved")
        assert event.after["status"] == "SETTLED"

    def test_is_waited_for_by_no_run(self, market, finance):
        approved(market, self.free(market), finance)
        with market.acting():
            assert not invoices_due(market.council.pk, NOON.date().replace(year=2030)).exists()

    def test_counts_as_billed_and_stays_as_it_was_approved(self, market, finance):
        invoice = self.free(market)
        approved(market, invoice, finance)
        with market.acting():
            assert POSTED[-1] == invoicing.now(invoice).status
        with (
            stewardship(),
            pytest.raises(IntegrityError, match="invoice_approved_stays"),
            transaction.atomic(),
        ):
            Invoice.objects.filter(pk=invoice.pk).update(order=None)
        with pytest.raises(IllegalMove):
            approved(market, invoice, finance)

    def test_less_than_nothing_is_refused(self, market, finance):
        order = invoicing.delivered(market)
        (line,) = receipts.lines_of(order)
        back = invoicing.line_of(line, -1)
        said = invoicing.said_of(market, order, lines=(back,))
        invoice = invoicing.taken(market, said)
        assert invoice.payable_amount < 0
        let_through(market, invoice, invoicing.finance(market))
        coding = (market.budget.cost_centre_id, market.budget.account_id)
        chief = organisations.actor(
            market.council, "finance", "approver", limit=50_000, name="Cy Chief"
        )
        with pytest.raises(BelowNought, match="credit note"):
            approved(market, invoicing.now(invoice), chief, coding=coding)


class TestApproveInvoices:
    def test_takes_what_it_can_and_says_of_the_rest_why_not(self, market, finance):
        one = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        other = invoicing.delivered(market, quantity=3)
        own = invoicing.taken(
            market, invoicing.said_of(market, other, number="INV-OWN"), sender=finance
        )
        with market.acting():
            done = approve_invoices(
                invoice_ids=[one.pk, own.pk, uuid4()], approver=finance, at=NOON
            )
        assert [each.pk for each in done.invoices] == [one.pk]
        assert [each.invoice.pk for each in done.left_out] == [own.pk]
        assert "sent this invoice in" in done.left_out[0].refusal.detail

    def test_lines_do_not_cost_statements(self, finance):
        counted = []
        for count in (10, 100):
            market = invoicing.market(listings=count, budget_amount=1_000_000)
            order = invoicing.delivered(market, quantity=1)
            invoice = invoicing.taken(market, invoicing.said_of(market, order))
            who = invoicing.finance(market)
            with market.acting(), CaptureQueriesContext(connection) as asked:
                approve_invoice(invoice_id=invoice.pk, approver=who, at=NOON)
            counted.append(len(asked))
        assert counted[0] == counted[1] <= 30
