"""UN/CEFACT Cross Industry Invoice D16B, read into the same model as UBL.

Where the two syntaxes say one thing in different ways, this one is turned into the other: numbers
of tax under VA become VAT, the subject of a note stands between two # before it, and supporting
documents lose their type code 916.
Source: EN 16931-3-3 (CEN/TS 16931-3-3), the binding of the standard to CII D16B.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from invoicing.formats import model
from invoicing.formats.binding import Element, Reader, Table, Tagged
from invoicing.formats.cii_parts import (
    ADDRESS,
    ADJUSTMENT,
    CATEGORY_PARTS,
    DOCUMENT,
    IDENTIFIER,
    LINE,
    NAMES,
    PARTY,
    PAYMENT_MEANS,
    PERIOD,
    day,
    fixed,
    take,
)
from invoicing.formats.values import AMOUNT

# UNCL 2475, which CII uses for BT-8, as UNCL 2005, which UBL and the standard use.
_VAT_POINTS = {"5": "3", "29": "35", "72": "432"}
_TENDER = "50"  # UNCL 1001, the type of BT-17


@dataclass(frozen=True, slots=True)
class _Amount:
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class _Sums:
    totals: model.Totals
    tax_amounts: tuple[_Amount, ...]


def _totals(tax_amounts: tuple[_Amount, ...] = (), **amounts: Decimal) -> _Sums:
    return _Sums(model.Totals(**amounts), tax_amounts)


@dataclass(frozen=True, slots=True)
class _TradeTax:
    row: model.VatRow
    tax_point_on: Any = None
    vat_point_code: str = ""


def _trade_tax(
    taxable_amount: Decimal | None = None,
    tax_amount: Decimal | None = None,
    tax_point_on: object = None,
    vat_point_code: str = "",
    **category: Any,  # noqa: ANN401  # fields of TaxCategory
) -> _TradeTax:
    row = model.VatRow(taxable_amount, tax_amount, model.TaxCategory(**category))
    return _TradeTax(row, tax_point_on, _VAT_POINTS.get(vat_point_code, vat_point_code))


def _note(content: str = "", subject: str = "") -> str:
    return f"#{subject}#{content}" if subject else content


def _invoice(**said: Any) -> model.Invoice:  # noqa: ANN401
    """Make the invoice from what this syntax keeps in other places."""
    taxes: tuple[_TradeTax, ...] = said.pop("taxes", ())
    sums: _Sums = said.pop("sums", None) or _totals()
    said["totals"] = sums.totals
    reference, mandate = said.pop("payment_reference", ""), said.pop("mandate", "")
    creditor = said.pop("creditor", "")
    if delivered_on := said.pop("delivered_on", None):
        delivery = said.get("delivery", model.Delivery())
        said["delivery"] = replace(delivery, delivered_on=delivered_on)
    said["tax_totals"] = _tax_totals(taxes, sums.tax_amounts, said.get("currency", ""))
    said["tax_point_on"] = next((tax.tax_point_on for tax in taxes if tax.tax_point_on), None)
    code = next((tax.vat_point_code for tax in taxes if tax.vat_point_code), "")
    if code:
        said["period"] = replace(said.get("period", model.Period()), vat_point_code=code)
    for name in ("payee", "tax_representative"):
        if name in said:
            party = said[name]
            said[name] = replace(party, trading_name=party.legal_name, legal_name="")
    if reference or mandate:
        means = said.get("payment_means") or (model.PaymentMeans(),)
        ids = (reference,) if reference else ()
        said["payment_means"] = tuple(
            replace(each, payment_ids=ids, mandate=mandate) for each in means
        )
    if creditor:
        whose = "payee" if "payee" in said else "seller"
        party = said.get(whose, model.Party())
        ids = (*party.identifiers, model.Identifier(creditor, "SEPA"))
        said[whose] = replace(party, identifiers=ids)
    documents = said.pop("documents", ())
    said["tender"] = next((d.identifier.value for d in documents if d.type_code == _TENDER), "")
    said["documents"] = tuple(d for d in documents if d.type_code != _TENDER)
    is_credit_note = said.get("type_code") in model.CREDIT_TYPES
    return model.Invoice(is_credit_note=is_credit_note, **said)


def _tax_totals(
    taxes: tuple[_TradeTax, ...], amounts: tuple[_Amount, ...], currency: str
) -> tuple[model.TaxTotal, ...]:
    rows = tuple(tax.row for tax in taxes)
    own = [_Amount(a.amount, currency) for a in amounts if a.currency in {"", currency}]
    others = [a for a in amounts if a.currency not in {"", currency}]
    if not own and rows:
        own = [_Amount(None, currency)]
    return tuple(
        model.TaxTotal(each.amount, each.currency, () if place else rows)
        for place, each in enumerate([*own, *others])
    )


TRADE_TAX = Table(
    _trade_tax,
    *CATEGORY_PARTS,
    take("ram:CalculatedAmount", "tax_amount", AMOUNT),
    take("ram:BasisAmount", "taxable_amount", AMOUNT),
    day("ram:TaxPointDate", "tax_point_on", text="udt:DateString"),
    take("ram:DueDateTypeCode", "vat_point_code"),
)
DELIVERED = Table(
    model.Delivery,
    take("ram:ID", "location", IDENTIFIER),
    take("ram:GlobalID", "location", IDENTIFIER),
    take("ram:Name", "party_name"),
    take("ram:PostalTradeAddress", "address", ADDRESS),
)
TOTALS = Table(
    _totals,
    take("ram:LineTotalAmount", "line_net_amount", AMOUNT),
    take("ram:ChargeTotalAmount", "charge_amount", AMOUNT),
    take("ram:AllowanceTotalAmount", "allowance_amount", AMOUNT),
    take("ram:TaxBasisTotalAmount", "net_amount", AMOUNT),
    take(
        "ram:TaxTotalAmount*",
        "tax_amounts",
        Tagged(_Amount, "amount", AMOUNT, currencyID="currency"),
    ),
    take("ram:RoundingAmount", "rounding_amount", AMOUNT),
    take("ram:GrandTotalAmount", "gross_amount", AMOUNT),
    take("ram:TotalPrepaidAmount", "prepaid_amount", AMOUNT),
    take("ram:DuePayableAmount", "payable_amount", AMOUNT),
)
PRECEDING = Table(
    model.PrecedingInvoice,
    take("ram:IssuerAssignedID", "number"),
    day("ram:FormattedIssueDateTime", "issued_on", text="qdt:DateTimeString"),
)
NOTE = Table(_note, take("ram:Content", "content"), take("ram:SubjectCode", "subject"))

_CONTEXT, _HEAD = "rsm:ExchangedDocumentContext", "rsm:ExchangedDocument"
_TRADE = "rsm:SupplyChainTradeTransaction"
_BY = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_TO = f"{_TRADE}/ram:ApplicableHeaderTradeDelivery"
_FOR = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_TERMS = f"{_FOR}/ram:SpecifiedTradePaymentTerms"
_NUMBER = "ram:IssuerAssignedID"
INVOICE = Table(
    _invoice,
    take(f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", "process"),
    take(f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", "profile"),
    take(f"{_HEAD}/ram:ID", "number"),
    take(f"{_HEAD}/ram:TypeCode", "type_code"),
    day(f"{_HEAD}/ram:IssueDateTime", "issued_on"),
    take(f"{_HEAD}/ram:IncludedNote*", "notes", NOTE),
    take(f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem*", "lines", LINE),
    take(f"{_BY}/ram:BuyerReference", "buyer_reference"),
    take(f"{_BY}/ram:SellerTradeParty", "seller", PARTY),
    take(f"{_BY}/ram:BuyerTradeParty", "buyer", PARTY),
    take(f"{_BY}/ram:SellerTaxRepresentativeTradeParty", "tax_representative", PARTY),
    take(f"{_BY}/ram:SellerOrderReferencedDocument/{_NUMBER}", "sales_order"),
    take(f"{_BY}/ram:BuyerOrderReferencedDocument/{_NUMBER}", "order"),
    take(f"{_BY}/ram:ContractReferencedDocument/{_NUMBER}", "contract"),
    take(f"{_BY}/ram:AdditionalReferencedDocument*", "documents", DOCUMENT),
    take(f"{_BY}/ram:SpecifiedProcuringProject/ram:ID", "project"),
    fixed(f"{_BY}/ram:SpecifiedProcuringProject/ram:Name", "Project reference"),
    take(f"{_TO}/ram:ShipToTradeParty", "delivery", DELIVERED),
    day(f"{_TO}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime", "delivered_on"),
    take(f"{_TO}/ram:DespatchAdviceReferencedDocument/{_NUMBER}", "despatch"),
    take(f"{_TO}/ram:ReceivingAdviceReferencedDocument/{_NUMBER}", "receipt"),
    take(f"{_FOR}/ram:CreditorReferenceID", "creditor"),
    take(f"{_FOR}/ram:PaymentReference", "payment_reference"),
    take(f"{_FOR}/ram:TaxCurrencyCode", "tax_currency"),
    take(f"{_FOR}/ram:InvoiceCurrencyCode", "currency"),
    take(f"{_FOR}/ram:PayeeTradeParty", "payee", PARTY),
    take(f"{_FOR}/ram:SpecifiedTradeSettlementPaymentMeans*", "payment_means", PAYMENT_MEANS),
    take(f"{_FOR}/ram:ApplicableTradeTax*", "taxes", TRADE_TAX),
    take(f"{_FOR}/ram:BillingSpecifiedPeriod", "period", PERIOD),
    take(f"{_FOR}/ram:SpecifiedTradeAllowanceCharge*", "adjustments", ADJUSTMENT),
    take(f"{_TERMS}/ram:Description", "payment_terms"),
    day(f"{_TERMS}/ram:DueDateDateTime", "due_on"),
    take(f"{_TERMS}/ram:DirectDebitMandateID", "mandate"),
    take(f"{_FOR}/ram:SpecifiedTradeSettlementHeaderMonetarySummation", "sums", TOTALS),
    take(f"{_FOR}/ram:InvoiceReferencedDocument*", "preceding", PRECEDING),
    take(f"{_FOR}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID", "accounting_cost"),
)


def read_cii(root: Element) -> model.Reading:
    """Return what an invoice says, and what of it the model has no place for."""
    path = "/".join(NAMES.tag(name) for name in f"{_FOR}/ram:InvoiceCurrencyCode".split("/"))
    reader = Reader(NAMES, (root.findtext(path) or "").strip())
    invoice = reader.make(root, INVOICE)
    return reader.reading(invoice)
