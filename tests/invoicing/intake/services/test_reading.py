"""Reading what arrived: recognised, judged, compared, and kept whatever comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.intake.services import reading
from invoicing.intake.services.arrivals import take_invoice
from invoicing.intake.services.reading import read_arrival
from invoicing.models import Allocation, Arrival, Invoice, InvoiceLine, InvoiceTax
from invoicing.settling.services.sending_back import send_back_invoice
from invoicing.states import Channel
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import OrderLine
from tests.factories import einvoices, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs

pytestmark = pytest.mark.django_db

STRANGER = replace(
    einvoices.SELLER,
    legal_identifier=model.Identifier("07654321"),
    tax_registrations=(model.TaxRegistration("GB802311782", "VAT"),),
)


@pytest.fixture
def market():
    return invoicing.market(listings=2)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


class TestAnInvoiceThatAgrees:
    def test_is_kept_as_it_was_written_and_waits_for_approval(self, market, order):
        said = invoicing.said_of(market, order)
        invoice = invoicing.taken(market, said)
        assert invoicing.found_in(invoice) == []
        assert invoice.status == "MATCHED"
        assert (invoice.number, invoice.order_id, invoice.supplier_id) == (
            "INV-1001", order.pk, market.supplier.pk,
        )  # fmt: skip
        assert invoice.gross_amount == said.totals.gross_amount == order.gross_amount
        assert invoice.pay_by_on == NOON.date() + timedelta(days=30)
        with stewardship():
            assert InvoiceLine.objects.filter(invoice=invoice).count() == 2
            assert InvoiceTax.objects.get(invoice=invoice).tax_amount == order.vat_amount
            assert Allocation.objects.filter(invoice=invoice).count() == 2
            billed = OrderLine.objects.filter(order=order).values_list("billed_quantity", flat=True)
            assert list(billed) == [2, 2]

    def test_leaves_its_trace_on_both_sides(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with stewardship():
            told = {
                (event.verb, event.chain)
                for event in Event.objects.filter(subject_id__in=[invoice.pk, invoice.arrival_id])
            }
        assert told == {
            ("invoice.arrived", market.supplier.pk),
            ("invoice.read", market.council.pk),
            ("invoice.matched", market.council.pk),
        }

    def test_is_read_by_the_worker_for_the_supplier_that_sent_it(self, market, order):
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        do_jobs()
        assert invoicing.invoice_of(arrival.pk).status == "MATCHED"

    def test_is_read_once(self, market, order):
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        invoicing.read(market, arrival)
        invoicing.read(market, arrival)
        with stewardship():
            assert Invoice.objects.filter(arrival=arrival).count() == 1

    def test_of_another_council_is_not_there(self, market, order):
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        other = ordering.market()
        with other.acting(), pytest.raises(Missing):
            read_arrival(council_id=other.council.pk, arrival_id=arrival.pk, at=NOON)

    def test_may_be_due_later_than_thirty_days(self, market, order):
        due_on = date(2027, 3, 1)
        invoice = invoicing.taken(market, invoicing.said_of(market, order, due_on=due_on))
        assert invoice.pay_by_on == due_on

    @pytest.mark.parametrize("written", ["{}", " {} ", "{lower}", "{bare}", "{short}"])
    def test_names_its_order_in_any_way_that_cannot_be_mistaken(self, market, order, written):
        prefix, year, number = order.number.split("-")
        named = written.format(
            order.number, lower=order.number.lower(), bare=order.number.replace("-", ""),
            short=f"{prefix}/{year}/{int(number)}",
        )  # fmt: skip
        invoice = invoicing.taken(market, invoicing.said_of(market, order, order=named))
        assert (invoice.order_id, invoice.status) == (order.pk, "MATCHED")


class TestWhatIsHeld:
    def spoilt(self, market, of, **facts):
        return invoicing.taken(market, invoicing.said_of(market, of, **facts))

    def test_an_order_that_nobody_knows(self, market, order):
        invoice = self.spoilt(market, order, order="PO-99-000001")
        assert invoicing.found_in(invoice) == ["UNKNOWN_ORDER"]
        assert (invoice.status, invoice.order_id) == ("HELD", None)

    def test_an_order_of_another_supplier(self, market, order):
        other = organisations.supplier(name="Tables Ltd", vat_number="GB802311782")
        organisations.link(market.council, other)
        said = invoicing.said_of(market, order)
        number = model.TaxRegistration("GB802311782", "VAT")
        seller = replace(said.seller, legal_name=other.name, tax_registrations=(number,))
        invoice = invoicing.taken(
            market, replace(said, seller=seller), sender=invoicing.finance(market)
        )
        assert invoice.supplier_id == other.pk
        assert invoicing.found_in(invoice) == ["OTHER_SUPPLIER"]

    def test_a_supplier_that_nobody_knows(self, market, order):
        said = invoicing.said_of(market, order, seller=STRANGER)
        invoice = invoicing.taken(market, said, sender=invoicing.finance(market))
        assert (invoice.supplier_id, invoice.order_id) == (None, None)
        assert invoicing.found_in(invoice) == ["UNKNOWN_SUPPLIER"]

    def test_of_nobody_known_is_taken_in_again_saying_who_sent_it(self, market, order):
        """Sent back, it stands in nobody's way and tells nobody; another number is held still."""
        said = invoicing.said_of(market, order, seller=STRANGER)
        content, finance = write_ubl(said), invoicing.finance(market)
        first = invoicing.taken(market, content, sender=finance)
        assert invoicing.found_in(first) == ["UNKNOWN_SUPPLIER"]
        with market.acting():
            send_back_invoice(
                invoice_id=first.pk, finance=finance, reason="Taken in again.", at=NOON
            )
            arrival = take_invoice(
                council_id=market.council.pk, sender=finance, supplier_id=market.supplier.pk,
                name="again.xml", content=content, channel=Channel.UPLOAD, at=NOON,
            )  # fmt: skip
        invoicing.read(market, arrival)
        again = invoicing.invoice_of(arrival.pk)
        assert (again.supplier_id, again.order_id) == (market.supplier.pk, order.pk)
        assert (again.status, invoicing.found_in(again)) == ("HELD", ["OTHER_SELLER"])

    def test_a_seller_who_is_not_the_sender(self, market, order):
        invoice = self.spoilt(market, order, seller=STRANGER)
        assert invoicing.found_in(invoice) == ["OTHER_SELLER"]

    def test_what_is_made_out_to_another_council(self, market, order):
        other = organisations.council(name="Felpersham Council")
        buyer = replace(einvoices.BUYER, legal_name=other.name)
        assert invoicing.found_in(self.spoilt(market, order, buyer=buyer)) == ["OTHER_COUNCIL"]

    def test_euros(self, market, order):
        invoice = self.spoilt(market, order, currency="EUR")
        assert invoicing.found_in(invoice) == ["CURRENCY", "NOT_COMPARED"]
        with stewardship():
            assert not Allocation.objects.filter(invoice=invoice).exists()

    def test_vat_that_is_a_penny_out(self, market, order):
        said = invoicing.said_of(market, order)
        (total,) = said.tax_totals
        (row,) = total.rows
        more = row.tax_amount + Decimal("0.01")
        totals = replace(
            said.totals,
            gross_amount=said.totals.gross_amount + Decimal("0.01"),
            payable_amount=said.totals.payable_amount + Decimal("0.01"),
        )
        total = replace(total, amount=more, rows=(replace(row, tax_amount=more),))
        invoice = invoicing.taken(market, replace(said, tax_totals=(total,), totals=totals))
        assert invoicing.found_in(invoice) == ["VAT_AMOUNT", "VAT_BEYOND"]

    def test_a_line_that_is_billed_twice(self, market, order):
        first, second = receipts.lines_of(order)
        lines = (
            invoicing.line_of(first),
            invoicing.line_of(second),
            invoicing.line_of(first, number="3"),
        )
        invoice = self.spoilt(market, order, lines=lines)
        assert invoicing.found_in(invoice) == ["BEYOND_ORDERED", "BEYOND_RECEIVED"]

    def test_what_breaks_the_standard_blocks(self, market, order):
        said = invoicing.said_of(market, order)
        invoice = invoicing.taken(market, replace(said, type_code="999"))
        assert invoice.status == "HELD"
        assert "BR-CL-01" in invoicing.found_in(invoice)


class TestWhatCannotBeAnInvoice:
    @pytest.mark.parametrize(
        ("facts", "word"),
        [({"number": ""}, "BT-1"), ({"issued_on": None}, "BT-2")],
        ids=["number", "day"],
    )
    def test_is_refused_with_what_is_missing(self, market, order, facts, word):
        said = replace(invoicing.said_of(market, order), **facts)
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        assert arrival.status == "REFUSED"
        assert arrival.refusal_code == "e-invoice.figures-missing"
        assert word in arrival.refusal_detail
        with stewardship():
            assert not Invoice.objects.exists()

    def test_is_refused_without_totals(self, market, order):
        said = replace(invoicing.said_of(market, order), totals=model.Totals())
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        assert (arrival.status, "BT-115" in arrival.refusal_detail) == ("REFUSED", True)

    @pytest.mark.parametrize("field", ["number", "net"])
    def test_is_refused_with_a_figure_beyond_all_bounds(self, market, order, field):
        said = invoicing.said_of(market, order)
        if field == "number":
            said = replace(said, number="9" * 201)
        else:
            said = replace(said, totals=replace(said.totals, net_amount=Decimal(10) ** 14))
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        assert (arrival.status, arrival.refusal_code) == (
            "REFUSED", "e-invoice.figure-too-large",
        )  # fmt: skip

    @pytest.mark.parametrize("number", ["A\nB", "A\u2028B", "A\x85B"])
    def test_is_refused_with_a_number_that_is_no_line(self, market, order, number):
        """No list of payments, no ledger and no letter could carry it."""
        said = invoicing.said_of(market, order, number=number)
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        assert (arrival.status, arrival.refusal_code) == (
            "REFUSED", "e-invoice.number-not-one-line",
        )  # fmt: skip

    def test_what_lacks_its_terms_is_not_judged_by_the_official_rules(
        self, market, order, monkeypatch
    ):
        """They cost the most, and what they would say is said already."""
        monkeypatch.setattr(reading, "judge_officially", lambda document: pytest.fail("judged"))
        said = replace(invoicing.said_of(market, order), number="")
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        assert arrival.refusal_code == "e-invoice.figures-missing"

    def test_leaves_its_reason_in_the_trail(self, market, order):
        said = replace(invoicing.said_of(market, order), number="")
        arrival = invoicing.read(market, invoicing.arrived(market, said))
        with stewardship():
            event = Event.objects.get(subject_id=arrival.pk, verb="arrival.refused")
        assert event.after["reason"] == "e-invoice.figures-missing"
        assert (event.chain, event.counterparty_id) == (market.council.pk, market.supplier.pk)


class TestTheSameAgain:
    @pytest.fixture
    def said(self, market, order):
        return invoicing.said_of(market, order)

    @pytest.fixture
    def first(self, market, said):
        return invoicing.taken(market, said)

    def test_the_same_file_is_a_repeat(self, market, said, first):
        again = invoicing.taken(market, said)
        assert (again.status, again.repeats_id) == ("REPEAT", first.pk)
        assert invoicing.now(first).status == "MATCHED"
        with stewardship():
            assert Arrival.objects.count() == 2
            assert not Allocation.objects.filter(invoice=again).exists()

    def test_the_same_file_from_the_other_side_is_a_repeat(self, market, said, first):
        again = invoicing.taken(market, said, sender=invoicing.finance(market))
        assert (again.status, again.repeats_id) == ("REPEAT", first.pk)

    def test_a_third_is_a_repeat_of_the_first(self, market, said, first):
        invoicing.taken(market, said)
        assert invoicing.taken(market, said).repeats_id == first.pk

    def test_the_same_number_in_another_dress_is_a_repeat(self, market, said, first):
        again = invoicing.taken(market, replace(said, number="inv 1001"))
        assert (again.status, again.repeats_id) == ("REPEAT", first.pk)

    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"issued_on": date(2026, 11, 22)}, "SAME_NUMBER_OTHERWISE"),
            ({"number": "INV-1OO1"}, "NUMBER_LOOKS_SAME"),
            ({"number": "R-77"}, "SAME_SUM"),
        ],
        ids=lambda each: str(each),
    )
    def test_in_disguise_it_is_held(self, market, said, first, facts, code):
        again = invoicing.taken(market, replace(said, **facts))
        assert again.status == "HELD"
        assert code in invoicing.found_in(again)
        assert invoicing.now(first).status == "MATCHED"

    def test_its_bytes_written_anew_are_a_repeat(self, market, said, first):
        again = invoicing.taken(market, write_ubl(said) + b"<!-- again -->")
        assert (again.status, again.repeats_id) == ("REPEAT", first.pk)


class TestACreditNote:
    @pytest.fixture
    def said(self, market, order):
        return invoicing.said_of(market, order)

    @pytest.fixture
    def first(self, market, said):
        return invoicing.taken(market, said)

    def billed(self, order):
        return [line.billed_quantity for line in receipts.lines_of(order)]

    def test_gives_back_what_was_billed(self, market, order, said, first):
        credit = invoicing.taken(market, invoicing.credit_of(said))
        assert invoicing.found_in(credit) == []
        assert (credit.kind, credit.status, credit.credits_id) == (
            "CREDIT_NOTE", "MATCHED", first.pk,
        )  # fmt: skip
        assert credit.signed_amount == -first.signed_amount
        assert self.billed(order) == [0, 0]

    def test_larger_than_its_invoice_is_held_and_takes_nothing(self, market, order, said, first):
        lines = tuple(
            invoicing.line_of(line, line.quantity + 1) for line in receipts.lines_of(order)
        )
        credit = invoicing.taken(market, invoicing.credit_of(said, lines=lines))
        assert invoicing.found_in(credit) == [
            "CREDIT_ABOVE_INVOICE", "CREDIT_TOO_LARGE", "CREDIT_TOO_LARGE",
        ]  # fmt: skip
        assert self.billed(order) == [2, 2]

    def test_twice_is_held_the_second_time(self, market, order, said, first):
        invoicing.taken(market, invoicing.credit_of(said))
        other = {"number": "CN-2", "issued_on": date(2026, 11, 1)}
        again = invoicing.taken(market, invoicing.credit_of(said, **other))
        assert "CREDIT_TOO_LARGE" in invoicing.found_in(again)
        assert self.billed(order) == [0, 0]

    def test_of_an_invoice_that_never_came_is_held(self, market, order, said):
        credit = invoicing.taken(market, invoicing.credit_of(said))
        assert invoicing.found_in(credit) == ["NOT_BILLED", "NOT_BILLED", "UNKNOWN_CREDITED"]
        assert credit.credits_id is None


@pytest.mark.parametrize("taking_back", ["-1", "-3"])
def test_what_takes_back_more_than_was_billed_is_held_and_counts_nothing(
    market, order, taking_back
):
    first, second = receipts.lines_of(order)
    lines = (invoicing.line_of(first, taking_back), invoicing.line_of(second))
    invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=lines))
    assert "MORE_TAKEN_BACK" in invoicing.found_in(invoice)
    assert receipts.lines_of(order)[0].billed_quantity == 0
