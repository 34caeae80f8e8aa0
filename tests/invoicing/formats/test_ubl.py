"""UBL, read and written by one set of tables: nothing lost, nothing dropped in silence."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.formats import model
from invoicing.formats.gate import open_document
from invoicing.formats.model import Why
from invoicing.formats.profiles import PROFILES, is_of_the_standard
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from tests.factories import einvoices

TEXT = write_ubl(einvoices.invoice()).decode()


def read(content: bytes | str) -> model.Reading:
    return read_invoice(open_document(content.encode() if isinstance(content, str) else content))


def again(invoice: model.Invoice) -> model.Reading:
    return read(write_ubl(invoice))


def spoilt(old: str, new: str) -> model.Reading:
    assert old in TEXT
    return read(TEXT.replace(old, new, 1))


def everything(kind: type, name: str = "x"):
    """An example of a class of the model with something in every field."""
    hints = {
        "str": lambda n: f"{n} text",
        "bool": lambda n: False,
        "bytes": lambda n: b"content",
        "Decimal | None": lambda n: Decimal("12.34"),
        "date | None": lambda n: date(2026, 11, 2),
        "tuple[str, ...]": lambda n: (f"{n} one", f"{n} two"),
    }
    values = {}
    for each in fields(kind):
        if not each.init:
            continue
        hint = str(each.type)
        inner = hint.removeprefix("tuple[").removesuffix(", ...]")
        if hint in hints:
            values[each.name] = hints[hint](each.name)
        else:
            made = everything(getattr(model, inner), each.name)
            values[each.name] = (made, made) if hint.startswith("tuple") else made
    return kind(**values)


def full() -> model.Invoice:
    """An invoice with a value in every field that an invoice has in UBL."""
    made = replace(everything(model.Invoice), currency="GBP")
    line = replace(made.lines[0], adjustments=made.adjustments)
    means = replace(made.payment_means[0])
    totals = tuple(
        replace(total, currency=c) for total, c in zip(made.tax_totals, ("GBP", "EUR"), strict=True)
    )
    return replace(made, lines=(line, line), payment_means=(means, means), tax_totals=totals)


class TestRoundTrip:
    def test_an_everyday_invoice(self):
        invoice = einvoices.invoice()
        assert again(invoice) == model.Reading(invoice)

    def test_every_field_of_the_model_has_its_place(self):
        assert again(full()) == model.Reading(full())

    def test_every_field_of_a_credit_note(self):
        made = replace(full(), is_credit_note=True, due_on=None)
        found = again(made)
        assert found.not_understood == ()
        assert replace(found.invoice, documents=made.documents) == made

    def test_a_credit_note_keeps_its_due_day_with_the_payment(self):
        made = einvoices.invoice(is_credit_note=True, type_code="381")
        found = again(made).invoice
        assert found.due_on is None
        assert found.payment_due_on == made.due_on

    def test_a_sales_order_without_an_order(self):
        made = einvoices.invoice(order="", sales_order="SO-9")
        assert b">NA<" in write_ubl(made)
        assert again(made).invoice.order == ""

    def test_the_same_invoice_gives_the_same_bytes(self):
        assert write_ubl(einvoices.invoice()) == write_ubl(einvoices.invoice())

    @given(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")),
        st.decimals(-(10**12), 10**12, allow_nan=False, places=6),
    )
    def test_any_text_and_any_figure(self, text, number):
        line = replace(einvoices.line(1), note=text.strip(), quantity=number)
        assert again(einvoices.invoice((line,))).invoice.lines == (line,)


class TestWhatIsNotUnderstood:
    @pytest.mark.parametrize(
        ("old", "new", "path", "value", "why"),
        [
            (
                "<cbc:Name>Thing 1<", "<cbc:PackQuantity>9</cbc:PackQuantity><cbc:Name>Thing 1<",
                "/Invoice/cac:InvoiceLine/cac:Item/cbc:PackQuantity", "9", Why.UNKNOWN,
            ),
            (
                "<cbc:InvoiceTypeCode>", "<cbc:InvoiceTypeCode listID='L'>",
                "/Invoice/cbc:InvoiceTypeCode/@listID", "L", Why.UNKNOWN,
            ),
            (
                "<cbc:DueDate>", "<cbc:DueDate>2026-12-31</cbc:DueDate><cbc:DueDate>",
                "/Invoice/cbc:DueDate", "2026-12-02", Why.REPEATED,
            ),
            (
                "<cac:OrderReference>",
                "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference><cac:OrderReference>",
                "/Invoice/cac:OrderReference/cbc:ID", "PO-77", Why.REPEATED,
            ),
            (
                "<cbc:IssueDate>2026-11-02<", "<cbc:IssueDate>02/11/2026<",
                "/Invoice/cbc:IssueDate", "02/11/2026", Why.MALFORMED,
            ),
            (
                ">4.995<" if ">4.995<" in TEXT else ">1.335<", ">1,335<",
                "/Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount", "1,335", Why.MALFORMED,
            ),
            (
                '<cbc:PayableAmount currencyID="GBP">', '<cbc:PayableAmount currencyID="EUR">',
                "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID", "EUR",
                Why.CURRENCY,
            ),
            (
                "<cac:OrderReference>", "<cac:OrderReference>loose words",
                "/Invoice/cac:OrderReference", "loose words", Why.UNKNOWN,
            ),
            (
                "</cac:OrderReference>", "</cac:OrderReference>between",
                "/Invoice", "between", Why.UNKNOWN,
            ),
            (
                "<cbc:ID>PO-77<", "<cbc:ID><b xmlns='urn:x'>inside</b>PO-77<",
                "/Invoice/cac:OrderReference/cbc:ID/{urn:x}b", "inside", Why.UNKNOWN,
            ),
        ],
    )  # fmt: skip
    def test_is_listed_with_its_place(self, old, new, path, value, why):
        found = spoilt(old, new)
        listed = [(each.path, each.value, each.why) for each in found.not_understood]
        assert (path, value, why) in listed
        assert all(each.line_number > 0 for each in found.not_understood)

    def test_where_a_schema_is_said_to_lie_is_no_value(self):
        there = (
            '<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xsi:schemaLocation="a b"'
        )
        assert spoilt("<Invoice", there).not_understood == ()

    @pytest.mark.parametrize(
        ("more", "count"),
        [
            ("<cbc:UUID>u</cbc:UUID>" * 200_000, 200_000),
            (("<a>x" * 200 + "</a>" * 200) * 1_000, 200_000),
        ],
        ids=["side by side", "in one another"],
    )
    def test_beyond_a_thousand_they_are_counted_and_take_no_time(self, more, count):
        begun = process_time()
        found = spoilt("<cbc:IssueDate>", more + "<cbc:IssueDate>")
        assert process_time() - begun < 5
        assert len(found.not_understood) == 1_000
        assert found.unlisted_count == count - 1_000

    @pytest.mark.parametrize("number", ["1e5", "NaN", "Infinity", "١", "1 000", "--1", "", "0x1"])
    def test_what_is_no_number(self, number):
        found = spoilt(">1.335<", f">{number}<")
        assert found.invoice.lines[0].price.amount is None
        assert len(found.not_understood) == (1 if number else 0)


class TestTheModel:
    def test_vat_in_the_money_of_accounting_is_never_added(self):
        second = model.TaxTotal(Decimal("99.99"), "EUR")
        made = einvoices.invoice(tax_currency="EUR")
        made = replace(made, tax_totals=(second, *made.tax_totals))
        assert made.tax_total.currency == "GBP"
        assert made.accounting_tax_amount == Decimal("99.99")

    def test_is_made_of_frozen_decimals_and_days(self):
        kinds = [k for k in vars(model).values() if is_dataclass(k)]
        assert len(kinds) > 20
        for kind in kinds:
            assert kind.__dataclass_params__.frozen
            assert hasattr(kind, "__slots__")
            assert "float" not in " ".join(str(each.type) for each in fields(kind))

    @pytest.mark.parametrize("name", PROFILES)
    def test_our_profiles_are_of_the_standard(self, name):
        assert is_of_the_standard(PROFILES[name].specification)
