"""The same invoice in CII, the other syntax that the law makes councils read."""

from __future__ import annotations

from datetime import date

from invoicing.formats import cii_parts, model

_NAMES = cii_parts.NAMES.prefixes
_TAX = (
    "<ram:ApplicableTradeTax>{amount}<ram:TypeCode>VAT</ram:TypeCode>{base}"
    "<ram:CategoryCode>S</ram:CategoryCode>"
    "<ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
)


def _day(day: date) -> str:
    return f'<udt:DateTimeString format="102">{day:%Y%m%d}</udt:DateTimeString>'


def _line(each: model.Line) -> str:
    tax = _TAX.format(amount="", base="", rate=each.item.category.rate_percent)
    return f"""<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>{each.number}</ram:LineID>
</ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:SellerAssignedID>{each.item.sellers_id}</ram:SellerAssignedID>
<ram:Name>{each.item.name}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement>
<ram:BuyerOrderReferencedDocument><ram:LineID>{each.order_line}</ram:LineID>
</ram:BuyerOrderReferencedDocument>
<ram:NetPriceProductTradePrice><ram:ChargeAmount>{each.price.amount}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery>
<ram:BilledQuantity unitCode="{each.unit}">{each.quantity}</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement>{tax}
<ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>{each.net_amount}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""


def _party(of: model.Party) -> str:
    number = (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{of.vat_number}</ram:ID>'
        "</ram:SpecifiedTaxRegistration>"
        if of.vat_number
        else ""
    )
    return f"""<ram:Name>{of.legal_name}</ram:Name>
<ram:PostalTradeAddress><ram:CountryID>GB</ram:CountryID></ram:PostalTradeAddress>{number}"""


def as_cii(said: model.Invoice) -> bytes:
    """Return an invoice of one rate of VAT as CII."""
    (row,) = said.tax_total.rows
    tax = _TAX.format(
        amount=f"<ram:CalculatedAmount>{row.tax_amount}</ram:CalculatedAmount>",
        base=f"<ram:BasisAmount>{row.taxable_amount}</ram:BasisAmount>",
        rate=row.category.rate_percent,
    )
    totals = said.totals
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="{cii_parts.NAMESPACE}" xmlns:ram="{_NAMES["ram"]}"
 xmlns:udt="{_NAMES["udt"]}">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{said.number}</ram:ID>
<ram:TypeCode>{said.type_code}</ram:TypeCode>
<ram:IssueDateTime>{_day(said.issued_on)}</ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{"".join(map(_line, said.lines))}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty>{_party(said.seller)}</ram:SellerTradeParty>
<ram:BuyerTradeParty>{_party(said.buyer)}</ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{said.order}</ram:IssuerAssignedID>
</ram:BuyerOrderReferencedDocument></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>GBP</ram:InvoiceCurrencyCode>
{tax}
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>{_day(said.due_on)}</ram:DueDateDateTime>
</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>{totals.line_net_amount}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{totals.net_amount}</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="GBP">{said.tax_total.amount}</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{totals.gross_amount}</ram:GrandTotalAmount>
<ram:DuePayableAmount>{totals.payable_amount}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>""".encode()
