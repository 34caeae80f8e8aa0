"""One invoice sent again in another dress: never paid twice, and the first goes on untouched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import Organisation
from tests.concurrency.race import at_once
from tests.factories import einvoices, invoicing, organisations, payments
from tests.factories.ordering import NOON, do_jobs
from tests.probes import twins
from tests.probes.syntaxes import as_cii
from tests.probes.twins import check_held, check_repeat

NUMBER = "INV-0O1I"
LATER = invoicing.ISSUED_ON + timedelta(days=1)
FAR = invoicing.ISSUED_ON - timedelta(days=40)


@pytest.fixture
def said(stage):
    return stage.said_of(stage.delivered(), number=NUMBER)


@pytest.fixture
def first(stage, said):
    made = stage.taken(said)
    yield made
    assert invoicing.now(made).status in {"MATCHED", "APPROVED", "PAID"}
    assert invoicing.found_in(made) == []


class TestTheSameInvoiceAgain:
    """The same number, kind, day and sum, however it is written, is the same invoice."""

    @pytest.mark.parametrize(
        "number",
        [
            NUMBER, "inv-0o1i", " INV 0O1I ", "INV/0O1I.", "I N V - 0 O 1 I", "INV\u20110O1I",
            "INV\u200b0O1I", "0INV-0O1I",
        ],
    )  # fmt: skip
    def test_in_another_spelling(self, stage, said, first, number):
        check_repeat(stage, stage.taken(replace(said, number=number)), first)

    def test_in_other_bytes(self, stage, said, first):
        content = twins.bytes_of(said).replace(b"?>", b"?>\n<!-- once more -->\n", 1)
        check_repeat(stage, stage.taken(content), first)

    def test_in_other_words(self, stage, said, first):
        line = replace(said.lines[0], item=replace(said.lines[0].item, name="Something else"))
        check_repeat(stage, stage.taken(replace(said, lines=(line,))), first)

    def test_as_cii(self, stage, said, first):
        again = stage.taken(as_cii(said))
        assert again.syntax == "cii"
        check_repeat(stage, again, first)

    def test_cii_first_and_ubl_afterwards(self, stage):
        said = stage.said_of(stage.delivered(), number="CII-FIRST")
        first = stage.taken(as_cii(said))
        check_repeat(stage, stage.taken(said), first)

    def test_by_another_way(self, stage, said, first):
        """The council sends in what the supplier sent in already."""
        check_repeat(stage, stage.taken(said, sender=stage.finance), first)

    def test_when_it_is_approved_already(self, stage, said, first):
        stage.approved(first)
        check_repeat(stage, stage.taken(replace(said, number="inv 0o1i")), first)

    def test_when_it_is_paid_already(self, stage, said, first):
        stage.approved(first)
        payments.exported(twins.house(stage), due_by_on=twins.FAR)
        assert invoicing.now(first).status == "PAID"
        check_repeat(stage, stage.taken(replace(said, number="inv 0o1i")), first)

    def test_a_repeat_of_a_repeat(self, stage, said, first):
        stage.taken(replace(said, number="inv 0o1i"))
        check_repeat(stage, stage.taken(replace(said, number="Inv.0o1i")), first)


class TestOneThatLooksLikeIt:
    """What could be honest is held until somebody has looked."""

    @pytest.mark.parametrize(
        "number",
        [
            "INV-0011", "INV-OO1I", "1NV-0O1I", "INV-0O1l", "INV-O01I", "\u0406NV-0O1I",
            "INV-\u041eO1I", "INV-\uff10O1I", "INV-01I",
        ],
    )  # fmt: skip
    def test_by_letters_that_look_alike(self, stage, said, first, number):
        again = stage.taken(replace(said, number=number, issued_on=FAR))
        check_held(stage, again, "NUMBER_LOOKS_SAME")

    def test_on_another_day(self, stage, said, first):
        check_held(stage, stage.taken(replace(said, issued_on=LATER)), "SAME_NUMBER_OTHERWISE")

    def test_of_another_year(self, stage, said, first):
        again = replace(said, issued_on=said.issued_on.replace(year=2025))
        check_held(stage, stage.taken(again), "SAME_NUMBER_OTHERWISE")

    def test_a_penny_dearer(self, stage, said, first):
        check_held(stage, stage.taken(twins.dearer(said, "1.01")), "SAME_NUMBER_OTHERWISE")

    def test_by_another_number_within_days(self, stage, said, first):
        again = replace(said, number="QUITE-7", issued_on=LATER)
        check_held(stage, stage.taken(again), "SAME_SUM")

    def test_by_another_number_much_later_bills_what_is_billed(self, stage, said, first):
        again = replace(said, number="QUITE-7", issued_on=FAR)
        check_held(stage, stage.taken(again), "BEYOND_ORDERED", "BEYOND_RECEIVED")

    def test_split_in_two(self, stage, said, first):
        line = said.lines[0]
        half = replace(line, quantity=Decimal(2), net_amount=line.net_amount / 2)
        for number in ("HALF-1", "HALF-2"):
            part = einvoices.summed(replace(said, lines=(half,), number=number, issued_on=FAR))
            check_held(stage, stage.taken(part), "BEYOND_RECEIVED")

    def test_the_parts_first_and_the_whole_afterwards(self, stage):
        order = stage.delivered()
        made = [stage.taken(each) for each in stage.parts(order, 1, 3)]
        whole = stage.taken(stage.said_of(order, number="WHOLE"))
        check_held(stage, whole, "BEYOND_RECEIVED")
        assert [invoicing.now(each).status for each in made] == ["MATCHED"] * 2

    def test_without_its_order(self, stage, said, first):
        again = replace(said, number="QUITE-7", issued_on=FAR, order="PO-26-999999")
        check_held(stage, stage.taken(again), "UNKNOWN_ORDER")

    def test_as_a_credit_note_and_once_more(self, stage, said, first):
        """Given back and asked for again under another number, while neither was looked at."""
        stage.approved(first)
        credit = stage.taken(invoicing.credit_of(said))
        again = stage.taken(replace(said, number="QUITE-7", issued_on=FAR))
        check_held(stage, again, "BEYOND_RECEIVED")
        assert credit.status == "MATCHED"


class TestAFirmThatIsSetUpTwice:
    @pytest.fixture
    def double(self, stage):
        """The same firm, by its VAT number, as another supplier of the council."""
        made = organisations.supplier(
            name="Chairs UK Ltd", email="again@example.com",
            vat_number=stage.market.supplier.vat_number.removeprefix("GB"),
        )  # fmt: skip
        organisations.link(stage.market.council, made)
        return made

    def sent_by(self, stage, double, said) -> invoicing.Invoice:
        seller = organisations.actor(double, name="Dee Double")
        with tenant(double.pk):
            arrival = invoicing.take_invoice(
                council_id=stage.market.council.pk, sender=seller, supplier_id=double.pk,
                name="again.xml", content=twins.bytes_of(said), channel=invoicing.Channel.PORTAL,
                at=NOON,
            )  # fmt: skip
        return invoicing.invoice_of(invoicing.read(stage.market, arrival).pk)

    def test_the_same_invoice_by_its_other_name(self, stage, said, first, double):
        again = self.sent_by(stage, double, said)
        assert (again.repeats_id, "SAME_FILE" in invoicing.found_in(again)) == (None, True)
        twins.check_not_payable(stage, again)

    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"number": "inv 0o1i"}, "SAME_NUMBER"),
            ({"number": "INV-OO1I"}, "NUMBER_LOOKS_SAME"),
            ({"issued_on": LATER}, "SAME_NUMBER_OTHERWISE"),
            ({"number": "QUITE-7"}, "SAME_SUM"),
        ],
    )
    def test_in_a_disguise_too(self, stage, said, first, double, facts, code):
        again = self.sent_by(stage, double, replace(said, **facts))
        check_held(stage, again, "OTHER_SUPPLIER", code)

    def test_another_firm_with_the_same_number_is_let_be(self, stage, said, first):
        other = organisations.supplier(name="Tables Ltd", vat_number="GB123456789")
        organisations.link(stage.market.council, other)
        seller = replace(
            said.seller, legal_name=other.name, legal_identifier=model.Identifier("07654321"),
            tax_registrations=(model.TaxRegistration(other.vat_number, "VAT"),),
        )  # fmt: skip
        again = self.sent_by(stage, other, replace(said, seller=seller))
        assert "SAME_NUMBER" not in invoicing.found_in(again)
        assert again.status == "HELD"


class TestAnHonestOneThatIsLike:
    def test_sent_again_after_it_was_sent_back(self, stage, said):
        wrong = stage.taken(said)
        with stage.market.acting():
            send_back_invoice(
                invoice_id=wrong.pk, finance=stage.finance, reason="Name the site.", at=NOON
            )
        assert stage.taken(replace(said, issued_on=LATER)).status == "MATCHED"

    def test_the_same_sum_a_month_later(self, stage, said, first):
        month = stage.said_of(stage.delivered(), number="INV-0002", issued_on=FAR)
        assert stage.taken(month).status == "MATCHED"


def test_many_copies_at_once_are_one_invoice(fresh_db):
    stage = twins.stage()
    said = stage.said_of(stage.delivered(), number=NUMBER)
    dresses = [
        twins.bytes_of(said), twins.bytes_of(replace(said, number="inv 0o1i")), as_cii(said),
        twins.bytes_of(said).replace(b"?>", b"?>\n<!-- x -->", 1),
        twins.bytes_of(replace(said, number="INV-OO1I", issued_on=FAR)),
    ]  # fmt: skip
    sent = [invoicing.arrived(stage.market, each) for each in dresses]
    deeds = [
        (stage.market.council.pk, lambda each=each: invoicing.read(stage.market, each))
        for each in sent
    ]
    assert at_once(deeds) == ["won"] * 5
    with stewardship():
        assert Organisation.objects.filter(kind="SUPPLIER").count() == 1
    statuses = sorted(invoicing.invoice_of(each.pk).status for each in sent)
    assert statuses.count("REPEAT") == 3
    assert statuses.count("MATCHED") <= 1
    twins.check_untouched(stage)


class TestAMendedOne:
    """A supplier mends its invoice and sends it again before anybody has sent the first back."""

    @pytest.fixture
    def wrong(self, stage, said):
        return stage.taken(replace(said, order="PO-99-999999"))

    def test_it_is_held_and_not_lost(self, stage, said, wrong):
        assert "UNKNOWN_ORDER" in invoicing.found_in(wrong)
        check_held(stage, stage.taken(said), "SAME_NUMBER_OTHERWISE")

    def test_by_other_lines(self, stage, said):
        line = replace(said.lines[0], order_line="77", item=model.Item("Chair", sellers_id="NO"))
        line = replace(line, item=replace(line.item, category=said.lines[0].item.category))
        wrong = stage.taken(replace(said, lines=(line,)))
        assert wrong.status == "HELD"
        check_held(stage, stage.taken(said), "SAME_NUMBER_OTHERWISE")

    def test_when_the_first_is_sent_back_it_goes_on(self, stage, said, wrong):
        mended = stage.taken(said)
        self.sent_back(stage, wrong)
        assert (invoicing.now(mended).status, invoicing.found_in(mended)) == ("MATCHED", [])
        stage.approved(mended)

    def test_nor_is_one_lost_that_is_the_same(self, stage, said, wrong):
        first = stage.taken(replace(said, order=wrong.order_reference))
        second = stage.taken(replace(said, order=wrong.order_reference, number="inv 0o1i"))
        assert (first.repeats_id, second.repeats_id) == (wrong.pk, wrong.pk)
        self.sent_back(stage, wrong)
        first, second = invoicing.now(first), invoicing.now(second)
        assert (first.status, first.repeats_id) == ("HELD", None)
        assert "UNKNOWN_ORDER" in invoicing.found_in(first)
        assert (second.status, second.repeats_id) == ("REPEAT", first.pk)

    def test_one_that_was_decided_stays_as_it_is(self, stage, said, wrong):
        mended = stage.taken(said)
        stage.approved(stage.let_through(mended))
        self.sent_back(stage, wrong)
        assert invoicing.now(mended).status == "APPROVED"

    def sent_back(self, stage, invoice):
        with stage.market.acting():
            send_back_invoice(
                invoice_id=invoice.pk, finance=stage.finance, reason="Which order?", at=NOON
            )
        do_jobs()
