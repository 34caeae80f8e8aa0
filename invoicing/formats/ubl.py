"""UBL 2.1 invoices and credit notes, read and written by one set of tables.

The tables stand in the order of the schema. Source: EN 16931-3-2 (CEN/TS 16931-3-2), the binding of
the standard to UBL 2.1; OASIS UBL 2.1 Invoice and CreditNote.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from lxml import etree

from invoicing.formats import model
from invoicing.formats.binding import Element, Names, Part, Reader, Table, Tagged, write
from invoicing.formats.values import AMOUNT, BASE_64, DAY, FLAG, NUMBER
from marketplace.core import ubl

INVOICE: Final = ubl.DOCUMENT.format(name="Invoice")
CREDIT_NOTE: Final = ubl.DOCUMENT.format(name="CreditNote")
_EXTENSIONS = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"

_NAMES = Names(cbc=ubl.CBC, cac=ubl.CAC, ext=_EXTENSIONS)
take, fixed = _NAMES.take, _NAMES.fixed

IDENTIFIER = Tagged(model.Identifier, "value", schemeID="scheme")


def _tax_category(name: str, field: str) -> Part:
    return take(
        name,
        field,
        Table(
            model.TaxCategory,
            take("cbc:ID", "code"),
            take("cbc:Percent", "rate_percent", NUMBER),
            take("cbc:TaxExemptionReasonCode", "exemption_code"),
            take("cbc:TaxExemptionReason", "exemption_reason"),
            take("cac:TaxScheme/cbc:ID", "scheme"),
        ),
    )


ADDRESS = Table(
    model.Address,
    take("cbc:StreetName", "line_one"),
    take("cbc:AdditionalStreetName", "line_two"),
    take("cbc:CityName", "town"),
    take("cbc:PostalZone", "postcode"),
    take("cbc:CountrySubentity", "region"),
    take("cac:AddressLine/cbc:Line", "line_three"),
    take("cac:Country/cbc:IdentificationCode", "country"),
)
CONTACT = Table(
    model.Contact,
    take("cbc:Name", "name"),
    take("cbc:Telephone", "telephone"),
    take("cbc:ElectronicMail", "email"),
)
TAX_REGISTRATION = Table(
    model.TaxRegistration,
    take("cbc:CompanyID", "number"),
    take("cac:TaxScheme/cbc:ID", "scheme"),
)
PARTY = Table(
    model.Party,
    take("cbc:EndpointID", "electronic_address", IDENTIFIER),
    take("cac:PartyIdentification*/cbc:ID", "identifiers", IDENTIFIER),
    take("cac:PartyName/cbc:Name", "trading_name"),
    take("cac:PostalAddress", "address", ADDRESS),
    take("cac:PartyTaxScheme*", "tax_registrations", TAX_REGISTRATION),
    take("cac:PartyLegalEntity/cbc:RegistrationName", "legal_name"),
    take("cac:PartyLegalEntity/cbc:CompanyID", "legal_identifier", IDENTIFIER),
    take("cac:PartyLegalEntity/cbc:CompanyLegalForm", "legal_form"),
    take("cac:Contact", "contact", CONTACT),
)
PERIOD = Table(
    model.Period,
    take("cbc:StartDate", "starts_on", DAY),
    take("cbc:EndDate", "ends_on", DAY),
    take("cbc:DescriptionCode", "vat_point_code"),
)
PRECEDING = Table(
    model.PrecedingInvoice,
    take("cac:InvoiceDocumentReference/cbc:ID", "number"),
    take("cac:InvoiceDocumentReference/cbc:IssueDate", "issued_on", DAY),
)
DOCUMENT = Table(
    model.Document,
    take("cbc:ID", "identifier", IDENTIFIER),
    take("cbc:DocumentTypeCode", "type_code"),
    take("cbc:DocumentDescription", "description"),
    take(
        "cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
        "attachment",
        Tagged(model.Attachment, "content", BASE_64, mimeCode="mime", filename="name"),
    ),
    take("cac:Attachment/cac:ExternalReference/cbc:URI", "uri"),
)
DELIVERY = Table(
    model.Delivery,
    take("cbc:ActualDeliveryDate", "delivered_on", DAY),
    take("cac:DeliveryLocation/cbc:ID", "location", IDENTIFIER),
    take("cac:DeliveryLocation/cac:Address", "address", ADDRESS),
    take("cac:DeliveryParty/cac:PartyName/cbc:Name", "party_name"),
)
PAYMENT_MEANS = Table(
    model.PaymentMeans,
    take("cbc:PaymentMeansCode", "code", name="name"),
    take("cbc:PaymentDueDate", "due_on", DAY),
    take("cbc:PaymentID*", "payment_ids"),
    take("cac:CardAccount/cbc:PrimaryAccountNumberID", "card_number"),
    take("cac:CardAccount/cbc:NetworkID", "card_network"),
    take("cac:CardAccount/cbc:HolderName", "card_holder"),
    take("cac:PayeeFinancialAccount/cbc:ID", "account", IDENTIFIER),
    take("cac:PayeeFinancialAccount/cbc:Name", "account_name"),
    take("cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID", "branch", IDENTIFIER),
    take("cac:PaymentMandate/cbc:ID", "mandate"),
    take("cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID", "debited_account"),
)
ADJUSTMENT = Table(
    model.AllowanceCharge,
    take("cbc:ChargeIndicator", "is_charge", FLAG),
    take("cbc:AllowanceChargeReasonCode", "reason_code"),
    take("cbc:AllowanceChargeReason", "reason"),
    take("cbc:MultiplierFactorNumeric", "percent", NUMBER),
    take("cbc:Amount", "amount", AMOUNT),
    take("cbc:BaseAmount", "base_amount", AMOUNT),
    _tax_category("cac:TaxCategory", "category"),
)
TAX_TOTAL = Table(
    model.TaxTotal,
    take("cbc:TaxAmount", "amount", AMOUNT, currencyID="currency"),
    take(
        "cac:TaxSubtotal*",
        "rows",
        Table(
            model.VatRow,
            take("cbc:TaxableAmount", "taxable_amount", AMOUNT),
            take("cbc:TaxAmount", "tax_amount", AMOUNT),
            _tax_category("cac:TaxCategory", "category"),
        ),
    ),
)
TOTALS = Table(
    model.Totals,
    take("cbc:LineExtensionAmount", "line_net_amount", AMOUNT),
    take("cbc:TaxExclusiveAmount", "net_amount", AMOUNT),
    take("cbc:TaxInclusiveAmount", "gross_amount", AMOUNT),
    take("cbc:AllowanceTotalAmount", "allowance_amount", AMOUNT),
    take("cbc:ChargeTotalAmount", "charge_amount", AMOUNT),
    take("cbc:PrepaidAmount", "prepaid_amount", AMOUNT),
    take("cbc:PayableRoundingAmount", "rounding_amount", AMOUNT),
    take("cbc:PayableAmount", "payable_amount", AMOUNT),
)
ITEM = Table(
    model.Item,
    take("cbc:Description", "description"),
    take("cbc:Name", "name"),
    take("cac:BuyersItemIdentification/cbc:ID", "buyers_id"),
    take("cac:SellersItemIdentification/cbc:ID", "sellers_id"),
    take("cac:StandardItemIdentification/cbc:ID", "standard_id", IDENTIFIER),
    take("cac:OriginCountry/cbc:IdentificationCode", "origin_country"),
    take(
        "cac:CommodityClassification*/cbc:ItemClassificationCode",
        "classifications",
        Tagged(model.Classification, "code", listID="list_id", listVersionID="list_version"),
    ),
    _tax_category("cac:ClassifiedTaxCategory", "category"),
    take(
        "cac:AdditionalItemProperty*",
        "properties",
        Table(model.ItemProperty, take("cbc:Name", "name"), take("cbc:Value", "value")),
    ),
)
_DISCOUNT = "cac:AllowanceCharge"
PRICE = Table(
    model.Price,
    take("cbc:PriceAmount", "amount", AMOUNT),
    take("cbc:BaseQuantity", "base_quantity", NUMBER, unitCode="base_unit"),
    fixed(f"{_DISCOUNT}/cbc:ChargeIndicator", "false", "discount_amount", "gross_amount"),
    take(f"{_DISCOUNT}/cbc:Amount", "discount_amount", AMOUNT),
    take(f"{_DISCOUNT}/cbc:BaseAmount", "gross_amount", AMOUNT),
)


def _line(quantity: str) -> Table:
    return Table(
        model.Line,
        take("cbc:ID", "number"),
        take("cbc:Note", "note"),
        take(quantity, "quantity", NUMBER, unitCode="unit"),
        take("cbc:LineExtensionAmount", "net_amount", AMOUNT),
        take("cbc:AccountingCost", "accounting_cost"),
        take("cac:InvoicePeriod", "period", PERIOD),
        take("cac:OrderLineReference/cbc:LineID", "order_line"),
        take("cac:DocumentReference/cbc:ID", "invoiced_object", IDENTIFIER),
        fixed(
            "cac:DocumentReference/cbc:DocumentTypeCode", model.INVOICED_OBJECT, "invoiced_object"
        ),
        take("cac:AllowanceCharge*", "adjustments", ADJUSTMENT),
        take("cac:Item", "item", ITEM),
        take("cac:Price", "price", PRICE),
    )


_HEAD = (
    take("cbc:UBLVersionID", "syntax_version"),
    take("cbc:CustomizationID", "profile"),
    take("cbc:ProfileID", "process"),
    take("cbc:ID", "number"),
    take("cbc:IssueDate", "issued_on", DAY),
)
_MONEY = (
    take("cbc:DocumentCurrencyCode", "currency"),
    take("cbc:TaxCurrencyCode", "tax_currency"),
    take("cbc:AccountingCost", "accounting_cost"),
    take("cbc:BuyerReference", "buyer_reference"),
    take("cac:InvoicePeriod", "period", PERIOD),
    take("cac:OrderReference/cbc:ID", "order"),
    take("cac:OrderReference/cbc:SalesOrderID", "sales_order"),
    take("cac:BillingReference*", "preceding", PRECEDING),
    take("cac:DespatchDocumentReference/cbc:ID", "despatch"),
    take("cac:ReceiptDocumentReference/cbc:ID", "receipt"),
)
_TENDER = take("cac:OriginatorDocumentReference/cbc:ID", "tender")
_CONTRACT = take("cac:ContractDocumentReference/cbc:ID", "contract")
_DOCUMENTS = take("cac:AdditionalDocumentReference*", "documents", DOCUMENT)
_REST = (
    take("cac:AccountingSupplierParty/cac:Party", "seller", PARTY),
    take("cac:AccountingCustomerParty/cac:Party", "buyer", PARTY),
    take("cac:PayeeParty", "payee", PARTY),
    take("cac:TaxRepresentativeParty", "tax_representative", PARTY),
    take("cac:Delivery", "delivery", DELIVERY),
    take("cac:PaymentMeans*", "payment_means", PAYMENT_MEANS),
    take("cac:PaymentTerms/cbc:Note", "payment_terms"),
    take("cac:AllowanceCharge*", "adjustments", ADJUSTMENT),
    take("cac:TaxTotal*", "tax_totals", TAX_TOTAL),
    take("cac:LegalMonetaryTotal", "totals", TOTALS),
)
_TABLES: Final = {
    INVOICE: Table(
        model.Invoice,
        *_HEAD,
        take("cbc:DueDate", "due_on", DAY),
        take("cbc:InvoiceTypeCode", "type_code"),
        take("cbc:Note*", "notes"),
        take("cbc:TaxPointDate", "tax_point_on", DAY),
        *_MONEY,
        _TENDER,
        _CONTRACT,
        _DOCUMENTS,
        take("cac:ProjectReference/cbc:ID", "project"),
        *_REST,
        take("cac:InvoiceLine*", "lines", _line("cbc:InvoicedQuantity")),
    ),
    CREDIT_NOTE: Table(
        model.Invoice,
        *_HEAD,
        take("cbc:TaxPointDate", "tax_point_on", DAY),
        take("cbc:CreditNoteTypeCode", "type_code"),
        take("cbc:Note*", "notes"),
        *_MONEY,
        _CONTRACT,
        _DOCUMENTS,
        _TENDER,
        *_REST,
        take("cac:CreditNoteLine*", "lines", _line("cbc:CreditedQuantity")),
    ),
}

NOUGHT: Final = Decimal(0)
# What stands for the number of an order where only the seller's own number of it is known.
_NO_ORDER = "NA"
_PROJECT = "50"  # UNCL 1001: how a credit note, which has no place of its own for it, names BT-11


def read_ubl(root: Element) -> model.Reading:
    """Return what an invoice or credit note says, and what of it the model has no place for."""
    namespace = etree.QName(root).namespace or ""
    is_credit_note = namespace == CREDIT_NOTE
    currency = (root.findtext(_NAMES.tag("cbc:DocumentCurrencyCode")) or "").strip()
    reader = Reader(_NAMES, currency)
    invoice = reader.make(root, _TABLES[namespace], is_credit_note=is_credit_note)
    if invoice.order == _NO_ORDER and invoice.sales_order:
        invoice = replace(invoice, order="")
    if is_credit_note:
        invoice = _with_project(invoice)
    return reader.reading(invoice)


def write_ubl(invoice: model.Invoice) -> bytes:
    """Return an invoice or credit note as UBL; the same model gives the same bytes."""
    root = ubl.document("CreditNote" if invoice.is_credit_note else "Invoice")
    if invoice.is_credit_note:
        invoice = _as_credit_note(invoice)
    invoice = _completed(invoice)
    table = _TABLES[CREDIT_NOTE if invoice.is_credit_note else INVOICE]
    write(root, table, invoice, invoice.currency)
    return ubl.written(root)


def _with_project(invoice: model.Invoice) -> model.Invoice:
    found = [d for d in invoice.documents if d.type_code == _PROJECT]
    if len(found) != 1 or found[0].identifier.scheme:
        return invoice
    others = tuple(d for d in invoice.documents if d.type_code != _PROJECT)
    return replace(invoice, project=found[0].identifier.value, documents=others)


def _as_credit_note(invoice: model.Invoice) -> model.Invoice:
    """Move what a credit note keeps elsewhere: its project, and the day on which it is due."""
    if invoice.project:
        project = model.Document(model.Identifier(invoice.project), _PROJECT)
        invoice = replace(invoice, documents=(*invoice.documents, project))
    if invoice.due_on and invoice.payment_means:
        first, *others = invoice.payment_means
        first = replace(first, due_on=first.due_on or invoice.due_on)
        invoice = replace(invoice, payment_means=(first, *others))
    return invoice


def _completed(invoice: model.Invoice) -> model.Invoice:
    """Say what UBL wants to be said where the standard, and CII, let it be left out."""
    if invoice.sales_order and not invoice.order:
        invoice = replace(invoice, order=_NO_ORDER)
    return replace(
        invoice,
        tax_totals=tuple(map(_with_amount, invoice.tax_totals)),
        lines=tuple(map(_with_discount, invoice.lines)),
    )


def _with_amount(total: model.TaxTotal) -> model.TaxTotal:
    if total.amount is not None:
        return total
    return replace(total, amount=sum((row.tax_amount or NOUGHT for row in total.rows), NOUGHT))


def _with_discount(line: model.Line) -> model.Line:
    price = line.price
    if price.gross_amount is None or price.discount_amount is not None:
        return line
    return replace(line, price=replace(price, discount_amount=NOUGHT))
