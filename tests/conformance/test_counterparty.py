"""Another program on the other side: it accepts what we write, and we read what it writes.

mock-einvoice has its own writing of all 979 rules of EN 16931 and all 165 of Peppol Billing.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.formats.gate import open_document
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from invoicing.judging.britain import judge_for_britain
from invoicing.judging.contents import judge_contents
from invoicing.judging.schema import judge_schema
from invoicing.judging.totals import judge_totals
from tests.factories import einvoices

mockeinvoice = pytest.importorskip("mockeinvoice")
from mockeinvoice.supplier import Supplier  # noqa: E402

AT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)
WHO = {
    "name": "Globex Ltd", "endpoint": "9932:GB980780684", "vat": "GB980780684",
    "street": "1 Quay Road", "city": "Castermere", "postal_code": "ZT1 1AA", "country": "GB",
    "iban": "GB29NWBK60161331926819", "bic": "NWBKGB2L", "currency": "GBP", "vat_rate": "20",
}  # fmt: skip
ORDER = {
    "number": "PO-77",
    "buyer": {
        "name": "Castermere City Council", "endpoint": "9932:GB123456789", "country": "GB",
        "street": "City Hall", "city": "Castermere", "postal_code": "ZT1 2AA",
    },
    "lines": [
        {"line": "10", "name": "Office chair", "quantity": "40", "unit": "EA", "price": "149.99",
         "seller_item": "CH-1"},
        {"line": "20", "name": "Paper", "quantity": "12.5", "unit": "RM", "price": "3.335"},
    ],
}  # fmt: skip


def verdict(invoice: model.Invoice) -> tuple[str, set[str]]:
    _document, report = mockeinvoice.validate(write_ubl(invoice))
    return report.verdict, {each.code for each in report.failures}


class TestWhatWeWrite:
    def test_an_invoice_is_accepted(self):
        assert verdict(einvoices.invoice()) == ("valid", set())

    def test_a_credit_note_is_accepted(self):
        made = einvoices.invoice(
            is_credit_note=True, type_code="381",
            preceding=(model.PrecedingInvoice("INV-1000", datetime.date(2026, 10, 1)),),
        )  # fmt: skip
        assert verdict(made) == ("valid", set())

    def test_adjustments_notes_and_attachments_are_accepted(self):
        less = model.AllowanceCharge(
            reason="Loyalty", percent=Decimal(10), base_amount=Decimal("100.00"),
            amount=Decimal("10.00"), category=einvoices.STANDARD,
        )  # fmt: skip
        sheet = model.Document(
            model.Identifier("T-1"),
            attachment=model.Attachment(b"%PDF-1.7", "application/pdf", "t.pdf"),
        )
        made = einvoices.invoice(adjustments=(less,), notes=("Thank you.",), documents=(sheet,))
        assert verdict(made) == ("valid", set())

    def test_an_amount_that_is_out_is_refused(self):
        made = einvoices.invoice()
        totals = replace(made.totals, payable_amount=made.totals.payable_amount + 1)
        said, codes = verdict(replace(made, totals=totals))
        assert said == "invalid"
        assert "BR-CO-16" in codes


class TestWhatItWrites:
    def test_two_part_invoices_for_one_order(self):
        supplier = Supplier(now=lambda: AT, who=WHO)
        order = supplier.take(ORDER)
        for quantities, numbers in (({"10": "15"}, ["10"]), (None, ["10", "20"])):
            document = open_document(supplier.bill(order.id, quantities).xml)
            reading = read_invoice(document)
            assert judge_schema(document) == []
            assert judge_contents(reading) == []
            assert judge_totals(reading.invoice) == []
            assert judge_for_britain(reading.invoice, on=einvoices.ON) == []
            assert reading.invoice.order == "PO-77"
            assert [line.order_line for line in reading.invoice.lines] == numbers
        assert reading.invoice.lines[0].quantity == 25
