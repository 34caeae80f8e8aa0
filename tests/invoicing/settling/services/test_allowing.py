"""Saying how far invoices may differ: who may, what is refused, and what is compared again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.matching import tolerances
from invoicing.matching.services import rematch_differing
from invoicing.matching.tolerances import Limit, Tolerances
from invoicing.models import AllowedDifferences, Finding, allowed
from invoicing.settling.selectors import invoices_to_approve
from invoicing.settling.services.allowing import (
    AllowedDifferencesChanged,
    AllowedTooMuch,
    AllowingNotAllowed,
    set_allowed_differences,
)
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.checking import InvoiceApprovalNotAllowed
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job
from tests.factories import einvoices, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs

pytestmark = pytest.mark.django_db

TENTH = Limit(percent=Decimal(10))
SOME = Tolerances(unit_price=TENTH, line_total=TENTH)


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


def allow(market, who, wanted=SOME, **more):
    with market.acting():
        return set_allowed_differences(keeper=who, allowed=wanted, at=NOON, **more)


def dear(market, order, by="0.05", **more) -> model.Invoice:
    """An invoice whose only line costs so much more than was agreed, in parts of one."""
    (line,) = receipts.lines_of(order)
    price = einvoices.rounded(line.unit_price * (1 + Decimal(by)))
    billed = replace(
        invoicing.line_of(line),
        price=model.Price(price),
        net_amount=einvoices.rounded(price * line.quantity),
    )
    return invoicing.said_of(market, order, lines=(billed,), **more)


def notes_of(invoice) -> list[str]:
    with stewardship():
        rows = Finding.objects.filter(invoice=invoice, closed="", severity="NOTE")
        return sorted(rows.values_list("code", flat=True))


class TestSetAllowedDifferences:
    def test_lets_what_is_within_it_agree_and_keeps_a_note(self, market, finance):
        allow(market, finance)
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market)))
        assert (invoice.status, invoicing.found_in(invoice)) == ("MATCHED", [])
        assert "PRICE" in notes_of(invoice)
        with stewardship():
            event = Event.objects.get(verb="invoice.matched", subject_id=invoice.pk)
        assert event.after["allowed"] == 1

    def test_holds_what_is_beyond_it(self, market, finance):
        allow(market, finance)
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market), by="0.2"))
        assert (invoice.status, invoicing.found_in(invoice)) == ("HELD", ["PRICE"])

    def test_compares_again_what_waits(self, market, finance):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, dear(market, order))
        assert invoice.status == "HELD"
        allow(market, finance)
        do_jobs()
        assert invoicing.now(invoice).status == "MATCHED"
        allow(market, finance, Tolerances())
        do_jobs()
        assert invoicing.now(invoice).status == "HELD"
        assert "PRICE" not in notes_of(invoice)

    def test_leaves_alone_what_agrees_to_the_penny(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market))
        invoice = invoicing.taken(market, said)
        do_jobs()
        allow(market, finance)
        with market.acting():
            assert rematch_differing(council_id=market.council.pk, version=1) == 0
        do_jobs()
        assert invoicing.now(invoice).version == invoice.version

    def test_pays_on_the_order_alone_and_says_so(self, market, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, ordering.answered(market)))
        assert invoicing.found_in(invoice) == ["BEYOND_RECEIVED"]
        allow(market, finance, Tolerances(needs_receipt=False))
        do_jobs()
        assert invoicing.now(invoice).status == "MATCHED"
        assert notes_of(invoice) == ["BEYOND_RECEIVED"]

    def test_counts_charges_over_the_invoices_of_an_order(self, market, finance):
        allow(market, finance, Tolerances(charges=Decimal(5)))
        order = invoicing.delivered(market, quantity=4)
        (line,) = receipts.lines_of(order)
        statuses = []
        for number, charge in (("A-1", "3.00"), ("B-2", "2.00"), ("C-3", "0.01")):
            billed = invoicing.line_of(line, 1)
            carriage = model.AllowanceCharge(
                True, "FC", "Carriage", amount=Decimal(charge), category=billed.item.category
            )
            said = invoicing.said_of(
                market, order, lines=(billed,), adjustments=(carriage,), number=number,
                issued_on=invoicing.ISSUED_ON.replace(day=len(statuses) * 7 + 1),
            )  # fmt: skip
            statuses.append(invoicing.taken(market, said).status)
        assert statuses == ["MATCHED", "MATCHED", "HELD"]

    def test_leaves_its_trace_with_what_changed(self, market, finance):
        allow(market, finance)
        allow(market, finance, replace(SOME, charges=Decimal(5)))
        with stewardship():
            first, second = Event.objects.filter(verb="allowed-differences.set").order_by("id")
        assert set(first.after) == {"price_percent", "line_percent"}
        assert (second.before, second.actor_name) == ({"charges_amount": "0.00"}, finance.name)
        assert second.after == {"charges_amount": "5"}

    def test_none_and_nought_are_two_things(self, market, finance):
        row = allow(market, finance, Tolerances(unit_price=Limit()))
        assert (row.price_percent, row.ordered_percent) == (None, 0)
        with stewardship():
            event = Event.objects.get(verb="allowed-differences.set")
        assert (event.before, event.after) == ({"price_percent": "0"}, {"price_percent": None})

    def test_that_change_nothing_leave_no_trace(self, market, finance):
        assert allow(market, finance, Tolerances()) is None
        first = allow(market, finance)
        assert allow(market, finance).version == first.version == 1
        with stewardship():
            assert Event.objects.filter(verb="allowed-differences.set").count() == 1
            assert Job.objects.filter(name="invoicing.rematch_differing").count() == 1

    @pytest.mark.parametrize("roles", [("buyer",), ("payments",), ("auditor",)])
    def test_refuse_others(self, market, roles):
        who = organisations.actor(market.council, *roles, name="Olga Other")
        with pytest.raises(AllowingNotAllowed):
            allow(market, who)

    def test_are_set_by_administrators_too(self, market):
        assert allow(market, organisations.actor(market.council, "administrator")).version == 1

    def test_refuse_what_is_too_much_at_each_figure(self, market, finance):
        far = Tolerances(
            unit_price=Limit(percent=Decimal(11)), line_total=Limit(), charges=Decimal(101)
        )
        with pytest.raises(AllowedTooMuch) as refused:
            allow(market, finance, far)
        assert [each.pointer for each in refused.value.errors] == [
            "price_percent", "charges_amount", "line_percent",
        ]  # fmt: skip
        assert "Enter 10 or less" in refused.value.errors[0].detail

    def test_refuse_whoever_has_read_older_ones(self, market, finance):
        allow(market, finance, version=0)
        with pytest.raises(AllowedDifferencesChanged):
            allow(market, finance, Tolerances(), version=0)
        assert allow(market, finance, Tolerances(), version=1).version == 2

    def test_are_each_councils_own(self, market, finance):
        other = invoicing.market()
        allow(market, finance)
        invoice = invoicing.taken(other, dear(other, invoicing.delivered(other)))
        assert invoice.status == "HELD"
        with other.acting():
            assert not AllowedDifferences.objects.exists()


class TestWhoSetThem:
    def test_does_not_approve_what_needs_them(self, market, finance):
        allow(market, finance)
        invoice = invoicing.taken(market, dear(market, invoicing.delivered(market)))
        with market.acting():
            with pytest.raises(InvoiceApprovalNotAllowed, match="it was you who set"):
                approve_invoice(invoice_id=invoice.pk, approver=finance, at=NOON)
            other = organisations.actor(market.council, "finance", name="Una Other")
            done = approve_invoice(invoice_id=invoice.pk, approver=other, at=NOON)
        assert done.status == "APPROVED"

    def test_approves_what_needs_none_of_them(self, market, finance):
        allow(market, finance)
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with market.acting():
            (waiting,) = invoices_to_approve(finance)
            assert not waiting.differs
            done = approve_invoice(invoice_id=invoice.pk, approver=finance, at=NOON)
        assert done.status == "APPROVED"

    def test_is_told_in_the_list_which_those_are(self, market, finance):
        allow(market, finance)
        invoicing.taken(market, dear(market, invoicing.delivered(market)))
        with market.acting():
            (waiting,) = invoices_to_approve(finance)
        assert waiting.differs


def test_the_database_knows_the_same_bounds():
    assert (allowed.MOST_PERCENT, allowed.MOST_POUNDS) == (
        tolerances.MOST_PERCENT, tolerances.MOST_POUNDS,
    )  # fmt: skip
