"""What the database keeps true of what arrives, of invoices and of the match."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from invoicing.models import (
    Allocation,
    AllowedDifferences,
    Arrival,
    Finding,
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import OrderLine
from tests.factories import invoicing, organisations
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def invoice(market) -> Invoice:
    return invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))


@pytest.fixture
def finding(market) -> Finding:
    order = invoicing.delivered(market)
    held = invoicing.taken(market, invoicing.said_of(market, order, order="nothing"))
    with stewardship():
        return Finding.objects.get(invoice=held, severity="HOLD")


def refused(name: str, row, **facts) -> None:
    """Change columns of a row past every service, and see the database refuse it by name."""
    with stewardship(), pytest.raises(IntegrityError, match=name), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**facts)


def not_added(name: str, row, **facts) -> None:
    """Add a second row like one that is there."""
    another = copy(row)
    another.pk = uuid7()
    for column, value in facts.items():
        setattr(another, column, value)
    with stewardship(), pytest.raises(IntegrityError, match=name), transaction.atomic():
        another.save(force_insert=True)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("arrival_status_known", {"status": "LOST"}),
        ("arrival_channel_known", {"channel": "PIGEON"}),
        ("arrival_read_has_instant", {"read_at": None}),
        ("arrival_refused_has_reason", {"status": "REFUSED"}),
    ],
)
def test_arrivals(invoice, name, facts):
    with stewardship():
        refused(name, Arrival.objects.get(pk=invoice.arrival_id), **facts)


def test_an_arrival_has_two_sides(invoice):
    with stewardship():
        arrival = Arrival.objects.get(pk=invoice.arrival_id)
    refused("arrival_two_sides", arrival, supplier_id=invoice.council_id)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("invoice_status_known", {"status": "LOST"}),
        ("invoice_kind_known", {"kind": "LETTER"}),
        ("invoice_has_number", {"number": ""}),
        ("invoice_order_has_supplier", {"supplier": None}),
        ("invoice_approved_has_approver", {"status": "APPROVED"}),
        ("invoice_sent_back_has_reason", {"status": "SENT_BACK", "sent_back_at": NOON}),
        ("invoice_repeat_has_first", {"status": "REPEAT"}),
    ],
)
def test_invoices(invoice, name, facts):
    refused(name, invoice, **facts)


@pytest.mark.parametrize("facts", [{"status": "SETTLED"}, {"status": "SETTLED", "paid_on": NOON}])
def test_only_what_asks_for_nothing_is_settled(invoice, facts):
    by = {"approved_at": NOON, "approved_by_id": uuid7()}
    refused("invoice_settled_asks_nothing", invoice, **facts, **by)


EXACT = {
    "price_percent": 0, "ordered_percent": 0, "received_percent": 0, "line_percent": 0,
    "charges_amount": 0, "needs_receipt": True, "set_at": NOON, "set_by_name": "Fay Finance",
}  # fmt: skip


class TestAllowedDifferences:
    @pytest.fixture
    def row(self, market):
        with stewardship():
            return AllowedDifferences.objects.create(
                council=market.council, set_by_id=uuid7(), **EXACT
            )

    @pytest.mark.parametrize(
        "facts",
        [
            {"price_percent": "10.01"}, {"line_percent": -1}, {"ordered_quantity": -1},
            {"charges_amount": "100.01"}, {"charges_amount": "-0.01"},
            {"price_percent": None, "price_amount": "100.0001"},
            {"line_percent": None, "line_amount": "100.01"},
        ],
        ids=str,
    )  # fmt: skip
    def test_stay_within_reason(self, row, facts):
        refused("alloweddifferences_within_reason", row, **facts)

    @pytest.mark.parametrize(
        "facts", [{"ordered_percent": None}, {"line_percent": None}, {"received_percent": None}]
    )
    def test_keep_to_the_order(self, row, facts):
        refused("alloweddifferences_keep_to_the_order", row, **facts)

    def test_may_leave_the_price_untested_and_pay_on_the_order_alone(self, row):
        with stewardship():
            rows = AllowedDifferences.objects.filter(pk=row.pk)
            assert rows.update(price_percent=None) == 1
            assert rows.update(needs_receipt=False, received_percent=None) == 1

    def test_are_one_row_a_council(self, row):
        not_added("alloweddifferences_once_a_council", row)


def test_an_invoice_has_two_sides(invoice):
    refused("invoice_two_sides", invoice, supplier_id=invoice.council_id)


def test_what_is_paid_was_paid_on_a_day(invoice):
    facts = {"approved_at": NOON, "approved_by_id": invoice.pk}
    refused("invoice_paid_has_day", invoice, status="PAID", **facts)


def test_nothing_is_approved_in_another_currency(market):
    order = invoicing.delivered(market)
    euros = invoicing.taken(market, invoicing.said_of(market, order, currency="EUR"))
    facts = {"approved_at": NOON, "approved_by_id": euros.pk}
    refused("invoice_approved_has_approver", euros, status="APPROVED", **facts)


def test_one_invoice_is_asked_once(market, invoice):
    other = invoicing.arrived(market, b"<x/>")
    not_added("invoice_asked_once", invoice, arrival_id=other.pk)


def test_one_line_a_place(invoice):
    with stewardship():
        not_added("invoiceline_one_a_place", InvoiceLine.objects.get(invoice=invoice))
        not_added("invoicetax_one_a_place", InvoiceTax.objects.get(invoice=invoice))


def test_an_allocation_is_something(invoice):
    with stewardship():
        row = Allocation.objects.get(invoice=invoice)
    not_added("allocation_is_something", row, quantity=Decimal(0), amount=Decimal(0))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("finding_severity_known", {"severity": "FATAL"}),
        ("finding_source_known", {"source": "GOSSIP"}),
        ("finding_closed_known", {"closed": "LOST", "closed_at": NOON}),
        ("finding_closed_has_instant", {"closed": "GONE"}),
        ("finding_closed_has_instant", {"closed_at": NOON}),
        ("finding_released_has_reason", {"closed": "RELEASED", "closed_at": NOON}),
    ],
)
def test_findings(finding, name, facts):
    refused(name, finding, **facts)


def test_a_finding_is_raised_once(finding):
    not_added("finding_raised_once", finding)


def test_what_blocks_is_never_let_through(finding):
    facts = {"closed": "RELEASED", "closed_at": NOON, "closed_reason": "x", "closed_by_id": uuid7()}
    not_added("finding_block_is_never_released", finding, severity="BLOCK", facts_key="x", **facts)


class TestEvidence:
    """What a document says does not change, whoever asks."""

    @pytest.mark.parametrize(
        "facts",
        [
            {"number": "X"}, {"gross_amount": Decimal(1)}, {"issued_on": "2020-01-01"},
            {"received_at": NOON.replace(year=2020)}, {"sha256": "0"}, {"currency": "EUR"},
            {"payable_amount": Decimal(1)}, {"pay_by_on": "2030-01-01"},
        ],
        ids=lambda facts: next(iter(facts)),
    )  # fmt: skip
    def test_an_invoice_stays_as_it_was_written(self, invoice, facts):
        refused("is evidence and does not change", invoice, **facts)

    def test_an_arrival_stays_as_it_came(self, invoice):
        with stewardship():
            arrival = Arrival.objects.get(pk=invoice.arrival_id)
        for facts in ({"sha256": "0"}, {"received_at": NOON.replace(year=2020)}, {"size_bytes": 1}):
            refused("is evidence and does not change", arrival, **facts)

    def test_a_finding_stays_as_it_was_found(self, finding):
        for facts in ({"asked": "x"}, {"severity": "NOTE"}, {"facts_key": "x"}, {"owner": "x"}):
            refused("is evidence and does not change", finding, **facts)

    @pytest.mark.parametrize("model", [InvoiceLine, InvoiceTax, Allocation])
    def test_lines_vat_and_allocations_are_only_added(self, invoice, model):
        with stewardship():
            for change in (
                lambda rows: rows.update(council_id=invoice.council_id),
                lambda rows: rows._raw_delete("default"),
            ):
                with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
                    change(model.objects.all())

    @pytest.mark.parametrize("model", [Arrival, Invoice, Finding])
    def test_nothing_is_taken_away(self, invoice, model):
        with (
            stewardship(),
            pytest.raises(DatabaseError, match="only ever added"),
            transaction.atomic(),
        ):
            model.objects.all()._raw_delete("default")


class TestWhatIsBilled:
    def test_is_said_by_nobody(self, market, invoice):
        for acting in (market.acting, stewardship):
            with (
                acting(),
                pytest.raises(IntegrityError, match="orderline_billed_by_allocations"),
                transaction.atomic(),
            ):
                OrderLine.objects.update(billed_quantity=0)

    def test_is_the_sum_of_its_allocations(self, invoice):
        with stewardship():
            line = OrderLine.objects.get(order_id=invoice.order_id)
            (row,) = Allocation.objects.filter(order_line=line)
        assert line.billed_quantity == row.quantity == 2


class TestWhatASupplierMayDo:
    def test_reads_what_holds_its_invoice_and_not_how_it_ended(self, market, finding):
        with market.selling():
            assert Finding.objects.get() == finding
        with stewardship():
            Finding.objects.filter(pk=finding.pk).update(
                closed="RELEASED", closed_at=NOON, closed_by_id=uuid7(), closed_reason="Ours."
            )
        with market.selling():
            assert not Finding.objects.exists()

    def test_changes_nothing_of_it(self, market, finding):
        with market.selling():
            assert Finding.objects.update(closed="GONE", closed_at=NOON) == 0
            assert Invoice.objects.update(status="MATCHED") == 0
            assert not Allocation.objects.exists()

    def test_sends_in_nothing_that_is_read_already(self, market, invoice):
        with market.selling():
            arrival = copy(Arrival.objects.get(pk=invoice.arrival_id))
            arrival.pk = uuid7()
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                arrival.save(force_insert=True)

    def test_another_supplier_sees_nothing(self, invoice):
        from marketplace.core.tenancy import tenant

        with tenant(organisations.supplier().pk):
            for model in (Arrival, Invoice, InvoiceLine, InvoiceTax, Finding, Allocation):
                assert not model.objects.exists()


def found_in(finding) -> Invoice:
    with stewardship():
        return Invoice.objects.get(pk=finding.invoice_id)


class TestApprovedRightly:
    """Past every service: what holds an invoice, and who had a hand in it."""

    @pytest.fixture
    def approve(self):
        def done(invoice, by=None):
            who = by or uuid4()
            with stewardship(), transaction.atomic():
                Invoice.objects.filter(pk=invoice.pk).update(
                    status="APPROVED", approved_at=NOON, approved_by_id=who, approved_by_name="A"
                )
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

        return done

    def release(self, finding, by):
        with stewardship(), transaction.atomic():
            Finding.objects.filter(pk=finding.pk).update(
                closed="RELEASED", closed_at=NOON, closed_by_id=by, closed_by_name="R",
                closed_reason="Agreed.",
            )  # fmt: skip

    def test_nothing_holds_it(self, finding, approve):
        with pytest.raises(IntegrityError, match="invoice_approved_has_no_hold"):
            approve(found_in(finding))
        self.release(finding, uuid4())
        approve(found_in(finding))

    def test_nothing_holds_it_afterwards(self, finding, approve):
        self.release(finding, uuid4())
        approve(found_in(finding))
        facts = {"closed": "", "closed_at": None, "closed_by_id": None, "closed_reason": ""}
        refused("invoice_approved_has_no_hold", finding, **facts)
        not_added("invoice_approved_has_no_hold", finding, facts_key="x", closed="")

    def test_whoever_let_a_difference_through_did_not_approve_it(self, finding, approve):
        person = uuid4()
        self.release(finding, person)
        with pytest.raises(IntegrityError, match="invoice_released_by_others"):
            approve(found_in(finding), by=person)
        approve(found_in(finding))

    def test_whoever_ordered_it_did_not_approve_it(self, invoice, market, approve):
        assert invoice.ordered_by_id == market.requester.user_id
        with pytest.raises(IntegrityError, match="invoice_four_eyes"):
            approve(invoice, by=market.requester.user_id)

    def test_who_ordered_it_is_not_for_anybody_to_say(self, invoice, market):
        with stewardship():
            Invoice.objects.filter(pk=invoice.pk).update(ordered_by_id=uuid4())
            assert invoicing.now(invoice).ordered_by_id == market.requester.user_id
            Invoice.objects.filter(pk=invoice.pk).update(order=None)
            assert invoicing.now(invoice).ordered_by_id is None
