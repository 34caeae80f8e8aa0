"""Saying which order an invoice is for and which line a line means, and what follows of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from invoicing.formats import model
from invoicing.models import Allocation, Choice
from invoicing.settling.services.approval import InvoiceChanged, approve_invoice
from invoicing.settling.services.checking import CodingNeeded, InvoiceApprovalNotAllowed
from invoicing.settling.services.choosing import (
    ChoosingNotAllowed,
    NothingToChoose,
    OrderOfAnotherSupplier,
    choose_line,
    choose_order,
)
from invoicing.settling.services.releasing import release_finding
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.ids import uuid7
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.ordering.orders.services.orders import raise_orders
from tests.factories import catalogue, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs
from tests.invoicing.settling.deciding import hold_of

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
def lost(market, order):
    """An invoice that names an order which nobody has."""
    return invoicing.taken(market, invoicing.said_of(market, order, order="PO-26-999999"))


def chosen(market, invoice, order, who, **more):
    with market.acting():
        return choose_order(
            invoice_id=invoice.pk, order_id=order.pk if order else None, finance=who, at=NOON,
            **more,
        )  # fmt: skip


def line_chosen(market, invoice, line, who, place=1, **more):
    with market.acting():
        return choose_line(
            invoice_id=invoice.pk, place=place, order_line_id=line.pk if line else None,
            finance=who, at=NOON, **more,
        )  # fmt: skip


def unrecognised(market, order, **more):
    """An invoice whose line says neither which line of the order it is nor what goods."""
    (line,) = receipts.lines_of(order)
    item = model.Item(
        name="A chair", sellers_id="ELSE-9", category=invoicing.line_of(line).item.category
    )
    billed = invoicing.line_of(line, item=item, order_line="")
    return invoicing.taken(market, invoicing.said_of(market, order, lines=(billed,), **more))


def allocated(invoice) -> list[tuple[str, str]]:
    """What an invoice bills: quantities as they were counted, and how each was recognised."""
    with stewardship():
        rows = Allocation.objects.filter(invoice=invoice).order_by("id")
        return [(f"{each.quantity.normalize():f}", each.how) for each in rows]


class TestChooseOrder:
    def test_compares_it_with_the_order_and_lets_it_agree(self, market, finance, order, lost):
        assert invoicing.found_in(lost) == ["UNKNOWN_ORDER"]
        done = chosen(market, lost, order, finance)
        assert (done.status, done.order_id) == ("MATCHED", order.pk)
        assert invoicing.found_in(lost, closed="GONE") == ["UNKNOWN_ORDER"]
        assert allocated(lost) == [("2", "REFERENCE")]

    def test_of_one_that_names_none_at_all(self, market, finance, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order, order="N/A"))
        assert invoicing.found_in(invoice) == ["NO_ORDER"]
        assert chosen(market, invoice, order, finance).status == "MATCHED"

    def test_holds_what_then_differs(self, market, finance, lost):
        nothing_came = ordering.answered(market)
        chosen(market, lost, nothing_came, finance)
        assert invoicing.found_in(lost) == ["BEYOND_RECEIVED"]

    def test_may_be_changed_until_it_is_approved(self, market, finance, order, lost):
        other = invoicing.delivered(market)
        chosen(market, lost, other, finance)
        done = chosen(market, lost, order, finance)
        assert (done.status, done.order_id) == ("MATCHED", order.pk)
        for each, billed in ((other, 0), (order, 2)):
            assert [line.billed_quantity for line in receipts.lines_of(each)] == [billed]

    def test_may_be_taken_back(self, market, finance, order, lost):
        chosen(market, lost, order, finance)
        done = chosen(market, lost, None, finance)
        assert (done.status, done.order_id) == ("HELD", None)
        assert invoicing.found_in(lost) == ["UNKNOWN_ORDER"]
        assert allocated(lost) == [("2", "REFERENCE"), ("-2", "REFERENCE")]
        assert chosen(market, lost, order, finance).status == "MATCHED"

    def test_frees_the_former_order_for_the_others_that_wait(self, market, finance, order, lost):
        chosen(market, lost, order, finance)
        said = invoicing.said_of(
            market, order, number="B-2", issued_on=invoicing.ISSUED_ON.replace(day=1)
        )
        second = invoicing.taken(market, said)
        assert "BEYOND_ORDERED" in invoicing.found_in(second)
        chosen(market, lost, invoicing.delivered(market), finance)
        do_jobs()
        assert invoicing.now(second).status == "MATCHED"

    def test_leaves_its_trace_and_says_who(self, market, finance, order, lost):
        chosen(market, lost, order, finance)
        chosen(market, lost, None, finance)
        with stewardship():
            said = Event.objects.get(verb="invoice.order-chosen")
            back = Event.objects.get(verb="invoice.order-choice-taken-back")
            assert Choice.objects.filter(invoice=lost, by_name=finance.name).count() == 2
        assert (said.after, said.actor_name) == ({"order": order.number}, finance.name)
        assert (back.before, back.after) == ({"order": order.number}, {"order": ""})
        assert said.counterparty_id is None

    def test_the_same_again_changes_nothing(self, market, finance, order, lost):
        version = chosen(market, lost, order, finance).version
        assert chosen(market, lost, order, finance).version == version

    def test_refuses_the_order_of_another_supplier(self, market, finance, lost):
        other = organisations.supplier(name="Tables Ltd")
        organisations.link(market.council, other)
        theirs = ordering.sent(market, listings=[catalogue.listing(other, unit_price="9.00")])
        with pytest.raises(OrderOfAnotherSupplier) as refused:
            chosen(market, lost, theirs, finance)
        assert refused.value.field == "order_id"

    def test_the_order_of_another_council_is_missing(self, market, finance, lost):
        with pytest.raises(Missing):
            chosen(market, lost, ordering.answered(invoicing.market()), finance)

    def test_an_order_that_was_not_sent_is_missing(self, market, finance, lost):
        requisition = ordering.approved(market)
        with market.acting():
            (raised,) = raise_orders(
                council_id=market.council.pk, requisition_id=requisition.pk, at=NOON
            )
        with pytest.raises(Missing):
            chosen(market, lost, raised, finance)

    def test_refuses_what_names_its_order_itself(self, market, finance, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with pytest.raises(NothingToChoose, match="names its order itself"):
            chosen(market, invoice, invoicing.delivered(market), finance)

    def test_refuses_one_whose_supplier_nobody_knows(self, market, finance, order):
        said = invoicing.said_of(market, order)
        nobody = replace(
            said.seller,
            legal_name="Nobody Known",
            legal_identifier=model.Identifier("99999999"),
            tax_registrations=(model.TaxRegistration("GB999000145", "VAT"),),
        )
        invoice = invoicing.taken(
            market, replace(said, seller=nobody), sender=invoicing.finance(market)
        )
        with pytest.raises(NothingToChoose, match="Nobody knows whose"):
            chosen(market, invoice, order, finance)

    def test_refuses_whoever_ordered_it(self, market, lost):
        both = organisations.actor(market.council, "requester", "finance", name="Bea Both")
        own = invoicing.delivered(market, requester=both)
        with pytest.raises(ChoosingNotAllowed, match="You ordered this"):
            chosen(market, lost, own, both)

    @pytest.mark.parametrize("role", ["buyer", "payments", "administrator"])
    def test_refuses_who_is_not_finance(self, market, order, lost, role):
        who = organisations.actor(market.council, role, name="Olga Other")
        with pytest.raises(ChoosingNotAllowed, match="Only finance"):
            chosen(market, lost, order, who)

    def test_refuses_one_that_was_approved(self, market, finance, order, lost):
        chosen(market, lost, order, finance)
        other = organisations.actor(market.council, "finance", name="Una Other")
        with market.acting():
            approve_invoice(invoice_id=lost.pk, approver=other, at=NOON)
        with pytest.raises(IllegalMove):
            chosen(market, lost, None, finance)

    def test_refuses_what_somebody_else_has_changed_since(self, market, finance, order, lost):
        with pytest.raises(InvoiceChanged):
            chosen(market, lost, order, finance, version=lost.version - 1)

    def test_somebody_elses_is_missing(self, market, order, lost):
        stranger = organisations.actor(organisations.council(), "finance", name="Stan Stranger")
        with stewardship(), pytest.raises(Missing):
            choose_order(invoice_id=lost.pk, order_id=order.pk, finance=stranger, at=NOON)

    def test_who_said_so_does_not_approve_it_even_if_it_was_taken_back(
        self, market, finance, order, lost
    ):
        other = organisations.actor(market.council, "finance", name="Una Other")
        chosen(market, lost, order, other)
        chosen(market, lost, None, finance)
        chosen(market, lost, order, other)
        for who in (finance, other):
            with market.acting(), pytest.raises(InvoiceApprovalNotAllowed, match="what it is for"):
                approve_invoice(invoice_id=lost.pk, approver=who, at=NOON)
        third = organisations.actor(market.council, "finance", name="Ted Third")
        with market.acting():
            assert approve_invoice(invoice_id=lost.pk, approver=third, at=NOON).status == "APPROVED"


class TestChooseLine:
    def test_bills_the_line_that_was_chosen(self, market, finance, order):
        invoice = unrecognised(market, order)
        assert invoicing.found_in(invoice) == ["NOT_ORDERED"]
        (line,) = receipts.lines_of(order)
        assert line_chosen(market, invoice, line, finance).status == "MATCHED"
        assert allocated(invoice) == [("2", "PERSON")]

    def test_is_kept_when_it_is_compared_again(self, market, finance):
        order = ordering.answered(market)
        invoice = unrecognised(market, order)
        (line,) = receipts.lines_of(order)
        line_chosen(market, invoice, line, finance)
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]
        receipts.received(market, order)
        do_jobs()
        assert invoicing.now(invoice).status == "MATCHED"
        assert allocated(invoice) == [("2", "PERSON")]

    def test_of_other_goods_that_were_named(self, market, finance, order):
        (line,) = receipts.lines_of(order)
        item = replace(invoicing.line_of(line).item, sellers_id="ELSE-9")
        billed = invoicing.line_of(line, item=item)
        invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=(billed,)))
        assert invoicing.found_in(invoice) == ["OTHER_GOODS"]
        assert line_chosen(market, invoice, line, finance).status == "MATCHED"

    def test_may_be_none_and_then_somebody_says_who_pays(self, market, finance, order):
        invoice = unrecognised(market, order)
        line_chosen(market, invoice, None, finance, is_on_no_line=True)
        assert invoicing.found_in(invoice) == ["ON_NO_LINE"]
        with market.acting():
            release_finding(
                invoice_id=invoice.pk, finding_id=hold_of(invoice).pk, releaser=finance,
                reason="It was owed.", at=NOON,
            )  # fmt: skip
        other = organisations.actor(market.council, "finance", name="Una Other")
        with market.acting(), pytest.raises(CodingNeeded):
            approve_invoice(invoice_id=invoice.pk, approver=other, at=NOON)

    def test_may_be_taken_back(self, market, finance, order):
        invoice = unrecognised(market, order)
        (line,) = receipts.lines_of(order)
        line_chosen(market, invoice, line, finance)
        line_chosen(market, invoice, None, finance)
        assert invoicing.found_in(invoice) == ["NOT_ORDERED"]
        assert allocated(invoice) == [("2", "PERSON"), ("-2", "PERSON")]
        with stewardship():
            first, second = Event.objects.filter(verb="invoice.line-chosen").order_by("id")
        assert (first.before["order_line"], first.after["order_line"]) == ("", 1)
        assert (second.before["order_line"], second.after["order_line"]) == (1, "")

    def test_does_not_let_more_be_billed_than_came(self, market, finance, order):
        invoicing.taken(market, invoicing.said_of(market, order))
        second = unrecognised(
            market, order, number="B-2", issued_on=invoicing.ISSUED_ON.replace(day=1)
        )
        (line,) = receipts.lines_of(order)
        line_chosen(market, second, line, finance)
        assert invoicing.found_in(second) == ["BEYOND_ORDERED", "BEYOND_RECEIVED"]

    def test_refuses_a_line_of_another_order(self, market, finance, order):
        invoice = unrecognised(market, order)
        (other,) = receipts.lines_of(invoicing.delivered(market))
        with pytest.raises(Missing):
            line_chosen(market, invoice, other, finance)

    def test_refuses_a_place_that_is_not_there(self, market, finance, order):
        with pytest.raises(Missing):
            line_chosen(market, unrecognised(market, order), None, finance, place=2)

    def test_refuses_a_line_that_says_plainly_what_it_is(self, market, finance, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        (line,) = receipts.lines_of(order)
        with pytest.raises(NothingToChoose, match="says plainly"):
            line_chosen(market, invoice, line, finance)

    def test_refuses_before_the_order_is_known(self, market, finance, order, lost):
        (line,) = receipts.lines_of(order)
        with pytest.raises(NothingToChoose, match="Say first which order"):
            line_chosen(market, lost, line, finance)

    def test_refuses_whoever_ordered_it(self, market):
        both = organisations.actor(market.council, "requester", "finance", name="Bea Both")
        order = invoicing.delivered(market, requester=both)
        invoice = unrecognised(market, order)
        (line,) = receipts.lines_of(order)
        with pytest.raises(ChoosingNotAllowed, match="You ordered this"):
            line_chosen(market, invoice, line, both)

    def test_refuses_what_somebody_else_has_changed_since(self, market, finance, order):
        invoice = unrecognised(market, order)
        with pytest.raises(InvoiceChanged):
            line_chosen(market, invoice, None, finance, version=invoice.version - 1)


class TestTheDatabase:
    @pytest.fixture
    def row(self, market, finance, order, lost):
        chosen(market, lost, order, finance)
        with stewardship():
            return Choice.objects.get()

    def added(self, row, **facts):
        row.pk = uuid7()
        for name, value in facts.items():
            setattr(row, name, value)
        row.save(force_insert=True)

    def test_keeps_what_was_said(self, row):
        for change in (
            lambda rows: rows.update(by_name="x"),
            lambda rows: rows._raw_delete("default"),
        ):
            with (
                stewardship(),
                pytest.raises(DatabaseError, match="only ever added"),
                transaction.atomic(),
            ):
                change(Choice.objects.all())

    def test_wants_one_thing_said(self, row, order):
        (line,) = receipts.lines_of(order)
        with (
            stewardship(),
            pytest.raises(IntegrityError, match="choice_says_one_thing"),
            transaction.atomic(),
        ):
            self.added(row, order_line_id=line.pk)

    def test_refuses_the_order_of_somebody_else(self, row):
        theirs = ordering.answered(invoicing.market())
        with (
            stewardship(),
            pytest.raises(IntegrityError, match="choice_order_id_same_tenant"),
            transaction.atomic(),
        ):
            self.added(row, order_id=theirs.pk)

    def test_hides_it_from_the_supplier(self, market, row):
        with market.selling():
            assert not Choice.objects.exists()
