"""The pieces of a Cross Industry Invoice: parties, periods, documents, prices, lines.

Where CII and UBL say one thing in different ways, CII is turned into the other: numbers of tax
under VA become VAT, and supporting documents lose their type code 916.
Source: EN 16931-3-3 (CEN/TS 16931-3-3), the binding of the standard to CII D16B.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from invoicing.formats import model
from invoicing.formats.binding import Element, Names, Part, Reader, Table, Tagged, Values
from invoicing.formats.model import Why
from invoicing.formats.values import AMOUNT, BASE_64, DAY_102, FLAG, NUMBER

_STANDARD = "urn:un:unece:uncefact:data:standard:"
NAMESPACE: Final = f"{_STANDARD}CrossIndustryInvoice:100"
NAMES = Names(
    rsm=NAMESPACE,
    ram=f"{_STANDARD}ReusableAggregateBusinessInformationEntity:100",
    udt=f"{_STANDARD}UnqualifiedDataType:100",
    qdt=f"{_STANDARD}QualifiedDataType:100",
)
take, fixed = NAMES.take, NAMES.fixed
take, fixed = NAMES.take, NAMES.fixed

SUPPORTING: Final = "916"  # UNCL 1001, the type of BG-24


def day(path: str, name: str, *, text: str = "udt:DateTimeString") -> Part:
    return take(f"{path}/{text}", name, DAY_102, format="=102")


def _tax_registration(number: str = "", scheme: str = "") -> model.TaxRegistration:
    return model.TaxRegistration(number, model.VAT if scheme == "VA" else scheme)


def _contact(name: str = "", department: str = "", **said: str) -> model.Contact:
    return model.Contact(", ".join(filter(None, (name, department))), **said)


def _document(
    type_code: str = "",
    scheme: str = "",
    number: str = "",
    **rest: Any,  # noqa: ANN401  # fields of Document
) -> model.Document:
    kept = "" if type_code == SUPPORTING else type_code
    return model.Document(model.Identifier(number, scheme), kept, **rest)


def _line(item: model.Item = model.Item(), **said: Any) -> model.Line:  # noqa: ANN401, B008
    category = said.pop("category", model.TaxCategory())
    thing = model.Identifier(said.pop("object_id", ""), said.pop("object_scheme", ""))
    price = model.Price(
        amount=said.pop("price", None),
        discount_amount=said.pop("discount_amount", None),
        gross_amount=said.pop("gross_amount", None),
        base_quantity=said.pop("base_quantity", None),
        base_unit=said.pop("base_unit", ""),
    )
    return model.Line(
        item=replace(item, category=category), price=price, invoiced_object=thing, **said
    )


def _settle_bases(reader: Reader, element: Element, values: Values) -> None:
    """Keep one quantity that prices are for; a gross price for another has no place."""
    base, unit = values.pop("gross_base", None), values.pop("gross_unit", "")
    if base is None:
        return
    if values.setdefault("base_quantity", base) == base:
        if unit:
            values.setdefault("base_unit", unit)
        return
    values.pop("gross_amount", None)
    values.pop("discount_amount", None)
    for gross in element.iter(NAMES.tag(_GROSS)):
        reader.leave(gross, Why.REPEATED)


IDENTIFIER = Tagged(model.Identifier, "value", schemeID="scheme")
CATEGORY_PARTS = (
    take("ram:TypeCode", "scheme"),
    take("ram:ExemptionReason", "exemption_reason"),
    take("ram:CategoryCode", "code"),
    take("ram:ExemptionReasonCode", "exemption_code"),
    take("ram:RateApplicablePercent", "rate_percent", NUMBER),
)
CATEGORY = Table(model.TaxCategory, *CATEGORY_PARTS)
ADDRESS = Table(
    model.Address,
    take("ram:PostcodeCode", "postcode"),
    take("ram:LineOne", "line_one"),
    take("ram:LineTwo", "line_two"),
    take("ram:LineThree", "line_three"),
    take("ram:CityName", "town"),
    take("ram:CountryID", "country"),
    take("ram:CountrySubDivisionName", "region"),
)
CONTACT = Table(
    _contact,
    take("ram:PersonName", "name"),
    take("ram:DepartmentName", "department"),
    take("ram:TelephoneUniversalCommunication/ram:CompleteNumber", "telephone"),
    take("ram:EmailURIUniversalCommunication/ram:URIID", "email"),
)
PARTY = Table(
    model.Party,
    take("ram:ID*", "identifiers", IDENTIFIER),
    take("ram:GlobalID*", "identifiers", IDENTIFIER),
    take("ram:Name", "legal_name"),
    take("ram:Description", "legal_form"),
    take("ram:SpecifiedLegalOrganization/ram:ID", "legal_identifier", IDENTIFIER),
    take("ram:SpecifiedLegalOrganization/ram:TradingBusinessName", "trading_name"),
    take("ram:DefinedTradeContact", "contact", CONTACT),
    take("ram:PostalTradeAddress", "address", ADDRESS),
    take("ram:URIUniversalCommunication/ram:URIID", "electronic_address", IDENTIFIER),
    take(
        "ram:SpecifiedTaxRegistration*/ram:ID",
        "tax_registrations",
        Tagged(_tax_registration, "number", schemeID="scheme"),
    ),
)
PERIOD = Table(
    model.Period,
    day("ram:StartDateTime", "starts_on"),
    day("ram:EndDateTime", "ends_on"),
)
_ADJUSTMENT = (
    take("ram:ChargeIndicator/udt:Indicator", "is_charge", FLAG),
    take("ram:CalculationPercent", "percent", NUMBER),
    take("ram:BasisAmount", "base_amount", AMOUNT),
    take("ram:ActualAmount", "amount", AMOUNT),
    take("ram:ReasonCode", "reason_code"),
    take("ram:Reason", "reason"),
)
ADJUSTMENT = Table(
    model.AllowanceCharge, *_ADJUSTMENT, take("ram:CategoryTradeTax", "category", CATEGORY)
)
DOCUMENT = Table(
    _document,
    take("ram:IssuerAssignedID", "number"),
    take("ram:URIID", "uri"),
    take("ram:TypeCode", "type_code"),
    take("ram:Name", "description"),
    take(
        "ram:AttachmentBinaryObject",
        "attachment",
        Tagged(model.Attachment, "content", BASE_64, mimeCode="mime", filename="name"),
    ),
    take("ram:ReferenceTypeCode", "scheme"),
)
PAYMENT_MEANS = Table(
    lambda account=None, iban=None, **said: model.PaymentMeans(
        account=iban or account or model.Identifier(), **said
    ),
    take("ram:TypeCode", "code"),
    take("ram:Information", "name"),
    take("ram:ApplicableTradeSettlementFinancialCard/ram:ID", "card_number"),
    take("ram:ApplicableTradeSettlementFinancialCard/ram:CardholderName", "card_holder"),
    take("ram:PayerPartyDebtorFinancialAccount/ram:IBANID", "debited_account"),
    take("ram:PayeePartyCreditorFinancialAccount/ram:IBANID", "iban", IDENTIFIER),
    take("ram:PayeePartyCreditorFinancialAccount/ram:AccountName", "account_name"),
    take("ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID", "account", IDENTIFIER),
    take("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID", "branch", IDENTIFIER),
)
ITEM = Table(
    model.Item,
    take("ram:GlobalID", "standard_id", IDENTIFIER),
    take("ram:SellerAssignedID", "sellers_id"),
    take("ram:BuyerAssignedID", "buyers_id"),
    take("ram:Name", "name"),
    take("ram:Description", "description"),
    take(
        "ram:ApplicableProductCharacteristic*",
        "properties",
        Table(model.ItemProperty, take("ram:Description", "name"), take("ram:Value", "value")),
    ),
    take(
        "ram:DesignatedProductClassification*/ram:ClassCode",
        "classifications",
        Tagged(model.Classification, "code", listID="list_id", listVersionID="list_version"),
    ),
    take("ram:OriginTradeCountry/ram:ID", "origin_country"),
)
_AGREED, _GROSS = "ram:SpecifiedLineTradeAgreement", "ram:GrossPriceProductTradePrice"
_DISCOUNT = f"{_AGREED}/{_GROSS}/ram:AppliedTradeAllowanceCharge"
_SETTLED = "ram:SpecifiedLineTradeSettlement"
_OBJECT = f"{_SETTLED}/ram:AdditionalReferencedDocument"
LINE = Table(
    _line,
    take("ram:AssociatedDocumentLineDocument/ram:LineID", "number"),
    take("ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content", "note"),
    take("ram:SpecifiedTradeProduct", "item", ITEM),
    take(f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:LineID", "order_line"),
    take(f"{_AGREED}/{_GROSS}/ram:ChargeAmount", "gross_amount", AMOUNT),
    take(f"{_AGREED}/{_GROSS}/ram:BasisQuantity", "gross_base", NUMBER, unitCode="gross_unit"),
    fixed(f"{_DISCOUNT}/ram:ChargeIndicator/udt:Indicator", "false"),
    take(f"{_DISCOUNT}/ram:ActualAmount", "discount_amount", AMOUNT),
    take(f"{_AGREED}/ram:NetPriceProductTradePrice/ram:ChargeAmount", "price", AMOUNT),
    take(
        f"{_AGREED}/ram:NetPriceProductTradePrice/ram:BasisQuantity",
        "base_quantity",
        NUMBER,
        unitCode="base_unit",
    ),
    take("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", "quantity", NUMBER, unitCode="unit"),
    take(f"{_SETTLED}/ram:ApplicableTradeTax", "category", CATEGORY),
    take(f"{_SETTLED}/ram:BillingSpecifiedPeriod", "period", PERIOD),
    take(f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge*", "adjustments", ADJUSTMENT),
    take(
        f"{_SETTLED}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
        "net_amount",
        AMOUNT,
    ),
    take(f"{_OBJECT}/ram:IssuerAssignedID", "object_id"),
    fixed(f"{_OBJECT}/ram:TypeCode", model.INVOICED_OBJECT),
    take(f"{_OBJECT}/ram:ReferenceTypeCode", "object_scheme"),
    take(f"{_SETTLED}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID", "accounting_cost"),
    settle=_settle_bases,
)
