"""The other mandatory syntax, read into the same model."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from invoicing.formats import cii_parts, model
from invoicing.formats.gate import open_document
from invoicing.formats.model import Why
from invoicing.formats.reading import read_invoice
from invoicing.judging.totals import judge_totals

RAM = cii_parts.NAMES.prefixes["ram"]
UDT = cii_parts.NAMES.prefixes["udt"]
TAX = """<ram:ApplicableTradeTax>{amount}<ram:TypeCode>VAT</ram:TypeCode>{base}
<ram:CategoryCode>S</ram:CategoryCode>{point}
<ram:RateApplicablePercent>20</ram:RateApplicablePercent></ram:ApplicableTradeTax>"""


def day(text: str) -> str:
    return f'<udt:DateTimeString format="102">{text}</udt:DateTimeString>'


DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="{cii_parts.NAMESPACE}" xmlns:ram="{RAM}" xmlns:udt="{UDT}">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>INV-9</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime>{day("20261102")}</ram:IssueDateTime>
<ram:IncludedNote><ram:Content>Thank you.</ram:Content><ram:SubjectCode>AAI</ram:SubjectCode>
</ram:IncludedNote></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID>
</ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:SellerAssignedID>P-1</ram:SellerAssignedID>
<ram:Name>Chair</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement>
<ram:BuyerOrderReferencedDocument><ram:LineID>10</ram:LineID></ram:BuyerOrderReferencedDocument>
<ram:GrossPriceProductTradePrice><ram:ChargeAmount>12.00</ram:ChargeAmount>
<ram:BasisQuantity unitCode="EA">100</ram:BasisQuantity>
<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator>
</ram:ChargeIndicator><ram:ActualAmount>2.00</ram:ActualAmount>
</ram:AppliedTradeAllowanceCharge></ram:GrossPriceProductTradePrice>
<ram:NetPriceProductTradePrice><ram:ChargeAmount>10.00</ram:ChargeAmount>
<ram:BasisQuantity unitCode="EA">100</ram:BasisQuantity></ram:NetPriceProductTradePrice>
</ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="EA">250</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement>{TAX.format(amount="", base="", point="")}
<ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>25.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:ID>S-1</ram:ID><ram:GlobalID schemeID="0088">5000000000012</ram:GlobalID>
<ram:Name>Harbour Supplies Ltd</ram:Name>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">GB980780684</ram:ID>
</ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Castermere City Council</ram:Name></ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO-77</ram:IssuerAssignedID>
</ram:BuyerOrderReferencedDocument>
<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>T-1</ram:IssuerAssignedID>
<ram:TypeCode>916</ram:TypeCode><ram:AttachmentBinaryObject mimeCode="text/csv" filename="t.csv"
>YSxi</ram:AttachmentBinaryObject></ram:AdditionalReferencedDocument>
<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>LOT-1</ram:IssuerAssignedID>
<ram:TypeCode>50</ram:TypeCode></ram:AdditionalReferencedDocument>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery><ram:ActualDeliverySupplyChainEvent>
<ram:OccurrenceDateTime>{day("20261030")}</ram:OccurrenceDateTime>
</ram:ActualDeliverySupplyChainEvent></ram:ApplicableHeaderTradeDelivery>
<ram:ApplicableHeaderTradeSettlement><ram:CreditorReferenceID>CRED</ram:CreditorReferenceID>
<ram:PaymentReference>INV-9</ram:PaymentReference>
<ram:InvoiceCurrencyCode>GBP</ram:InvoiceCurrencyCode>
<ram:PayeeTradeParty><ram:Name>Factor Ltd</ram:Name></ram:PayeeTradeParty>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>30</ram:TypeCode>
<ram:PayeePartyCreditorFinancialAccount><ram:ProprietaryID>31926819</ram:ProprietaryID>
</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
{
    TAX.format(
        amount="<ram:CalculatedAmount>5.00</ram:CalculatedAmount>",
        base="<ram:BasisAmount>25.00</ram:BasisAmount>",
        point="<ram:DueDateTypeCode>29</ram:DueDateTypeCode>",
    )
}
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>{day("20261202")}</ram:DueDateDateTime>
<ram:DirectDebitMandateID>M-1</ram:DirectDebitMandateID></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>25.00</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>25.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="GBP">5.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">5.75</ram:TaxTotalAmount>
<ram:GrandTotalAmount>30.00</ram:GrandTotalAmount>
<ram:DuePayableAmount>30.00</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""


def read(old: str = "", new: str = "") -> model.Reading:
    assert old in DOCUMENT
    return read_invoice(open_document(DOCUMENT.replace(old, new, 1).encode()))


@pytest.fixture(scope="module")
def invoice() -> model.Invoice:
    reading = read()
    assert reading.not_understood == ()
    return reading.invoice


class TestReading:
    def test_the_head(self, invoice):
        assert (invoice.number, invoice.issued_on, invoice.due_on, invoice.order) == (
            "INV-9", date(2026, 11, 2), date(2026, 12, 2), "PO-77",
        )  # fmt: skip
        assert invoice.delivery.delivered_on == date(2026, 10, 30)
        assert not invoice.is_credit_note

    def test_what_the_other_syntax_says_otherwise(self, invoice):
        assert invoice.notes == ("#AAI#Thank you.",)
        assert invoice.seller.vat_number == "GB980780684"
        assert invoice.period.vat_point_code == "35"
        assert invoice.tender == "LOT-1"
        assert [(d.type_code, d.identifier.value) for d in invoice.documents] == [("", "T-1")]
        assert invoice.attachments[0].content == b"a,b"

    def test_parties(self, invoice):
        assert invoice.seller.identifiers == (
            model.Identifier("S-1"), model.Identifier("5000000000012", "0088"),
        )  # fmt: skip
        assert (invoice.payee.name, invoice.payee.legal_name) == ("Factor Ltd", "")
        assert invoice.payee.identifiers == (model.Identifier("CRED", "SEPA"),)

    def test_payment(self, invoice):
        (means,) = invoice.payment_means
        assert (means.account.value, means.payment_ids, means.mandate) == (
            "31926819", ("INV-9",), "M-1",
        )  # fmt: skip

    def test_vat_in_both_currencies(self, invoice):
        assert invoice.tax_total.amount == Decimal("5.00")
        assert invoice.accounting_tax_amount == Decimal("5.75")
        assert invoice.tax_total.rows[0].taxable_amount == Decimal("25.00")

    def test_a_line(self, invoice):
        (line,) = invoice.lines
        assert (line.number, line.order_line, line.quantity, line.unit, line.net_amount) == (
            "1", "10", 250, "EA", 25,
        )  # fmt: skip
        assert line.price == model.Price(Decimal(10), Decimal(2), Decimal(12), Decimal(100), "EA")
        assert line.item.category == model.TaxCategory("S", Decimal(20))

    def test_adds_up(self, invoice):
        assert judge_totals(invoice) == []

    def test_a_credit_note_is_one_by_its_type(self):
        assert read(">380<", ">381<").invoice.is_credit_note


class TestWhatIsNotUnderstood:
    @pytest.mark.parametrize(
        ("old", "new", "tail", "why"),
        [
            (">12.00<", ">twelve<", "ChargeAmount", Why.MALFORMED),
            ('"102">20261030', '"203">202610301200', "DateTimeString", Why.MALFORMED),
            ('"102">20261030', '"610">20261030', "@format", Why.UNKNOWN),
            ("<ram:Name>Chair<", "<ram:BatchID>B</ram:BatchID><ram:Name>Chair<", "BatchID",
             Why.UNKNOWN),
            (">false<", ">true<", "Indicator", Why.UNKNOWN),
        ],
    )  # fmt: skip
    def test_is_listed(self, old, new, tail, why):
        assert [(n.path.endswith(tail), n.why) for n in read(old, new).not_understood][:1] == [
            (True, why)
        ]

    def test_a_list_price_for_another_quantity_has_no_place(self):
        reading = read('unitCode="EA">100<', 'unitCode="EA">1<')
        assert reading.invoice.lines[0].price.gross_amount is None
        assert {n.value for n in reading.not_understood} >= {"12.00", "2.00", "1"}
        assert {n.why for n in reading.not_understood} == {Why.REPEATED}
