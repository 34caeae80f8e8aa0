"""An invoice as EN 16931 means it, whatever syntax it came in.

Every figure is named beside its field by its number in the standard: BT for a business term, BG
for a group of them. "" and None mean that the document does not say; an empty tuple, that it says
none. Nothing is reckoned here: what the supplier wrote is what stands here.

Units: amounts are decimals as written, in the currency of the document (BT-5) unless a currency
stands beside them; rates and percentages in percent (20, not 0.2); days without a time zone.
Source: EN 16931-1:2017+A1:2019, semantic data model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

VAT = "VAT"
INVOICED_OBJECT = "130"  # UNCL 1001: what a reference of this type points at was invoiced
# UNCL 1001: types that ask for money back. Source: EN 16931-1 BT-3; UBL 2.1 CreditNote.
CREDIT_TYPES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name that a register gave, and the register: BT-29 with BT-29-1, and the like."""

    value: str = ""
    scheme: str = ""  # EAS (electronic addresses) or ICD (everything else)


@dataclass(frozen=True, slots=True)
class Address:
    """BG-5 seller, BG-8 buyer, BG-12 tax representative, BG-15 delivery."""

    line_one: str = ""  # BT-35, BT-50, BT-64, BT-75
    line_two: str = ""  # BT-36, BT-51, BT-65, BT-76
    line_three: str = ""  # BT-162, BT-163, BT-164, BT-165
    town: str = ""  # BT-37, BT-52, BT-66, BT-77
    postcode: str = ""  # BT-38, BT-53, BT-67, BT-78
    region: str = ""  # BT-39, BT-54, BT-68, BT-79
    country: str = ""  # BT-40, BT-55, BT-69, BT-80: ISO 3166-1


@dataclass(frozen=True, slots=True)
class Contact:
    """BG-6 seller, BG-9 buyer."""

    name: str = ""  # BT-41, BT-56
    telephone: str = ""  # BT-42, BT-57
    email: str = ""  # BT-43, BT-58


@dataclass(frozen=True, slots=True)
class TaxRegistration:
    """A tax number: BT-31, BT-48, BT-63 under the scheme VAT; BT-32 under any other."""

    number: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """BG-4 seller, BG-7 buyer, BG-10 payee, BG-11 the seller's tax representative."""

    legal_name: str = ""  # BT-27, BT-44
    trading_name: str = ""  # BT-28, BT-45; the only name (BT-59, BT-62) of the two others
    identifiers: tuple[Identifier, ...] = ()  # BT-29, BT-46, BT-60; BT-90 under the scheme SEPA
    legal_identifier: Identifier = Identifier()  # BT-30, BT-47, BT-61
    legal_form: str = ""  # BT-33
    electronic_address: Identifier = Identifier()  # BT-34, BT-49
    tax_registrations: tuple[TaxRegistration, ...] = ()
    address: Address = Address()
    contact: Contact = Contact()

    @property
    def name(self) -> str:
        """Return the name in law, or else the one that it trades under."""
        return self.legal_name or self.trading_name

    @property
    def vat_number(self) -> str:
        """Return BT-31, BT-48 or BT-63, as written."""
        return next((r.number for r in self.tax_registrations if r.scheme == VAT), "")


@dataclass(frozen=True, slots=True)
class Period:
    """BG-14 of the document, BG-26 of a line."""

    starts_on: date | None = None  # BT-73, BT-134
    ends_on: date | None = None  # BT-74, BT-135
    vat_point_code: str = ""  # BT-8: UNCL 2005, instead of BT-7


@dataclass(frozen=True, slots=True)
class Delivery:
    """BG-13."""

    party_name: str = ""  # BT-70
    location: Identifier = Identifier()  # BT-71
    delivered_on: date | None = None  # BT-72
    address: Address = Address()


@dataclass(frozen=True, slots=True)
class Attachment:
    """BT-125: a file that came inside the document; the model is equal by its hash."""

    content: bytes = field(default=b"", repr=False, compare=False)
    mime: str = ""
    name: str = ""
    sha256: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.content:
            object.__setattr__(self, "sha256", sha256(self.content).hexdigest())


@dataclass(frozen=True, slots=True)
class Document:
    """BG-24, a supporting document; or what was invoiced (BT-18), by its type code 130."""

    identifier: Identifier = Identifier()  # BT-122, BT-18
    type_code: str = ""
    description: str = ""  # BT-123
    uri: str = ""  # BT-124
    attachment: Attachment = Attachment()  # BT-125


@dataclass(frozen=True, slots=True)
class PaymentMeans:
    """BG-16 with one account (BG-17), card (BG-18) or mandate (BG-19)."""

    code: str = ""  # BT-81: UNCL 4461
    name: str = ""  # BT-82
    payment_ids: tuple[str, ...] = ()  # BT-83
    due_on: date | None = None  # BT-9, where a credit note has it
    account: Identifier = Identifier()  # BT-84
    account_name: str = ""  # BT-85
    branch: Identifier = Identifier()  # BT-86: a BIC, or a sort code
    card_number: str = ""  # BT-87
    card_network: str = ""
    card_holder: str = ""  # BT-88
    mandate: str = ""  # BT-89
    debited_account: str = ""  # BT-91


@dataclass(frozen=True, slots=True)
class TaxCategory:
    """A category of VAT with its rate: BT-95, BT-102, BT-118, BT-151 and what stands with them."""

    code: str = ""  # UNCL 5305
    rate_percent: Decimal | None = None  # BT-96, BT-103, BT-119, BT-152
    exemption_reason: str = ""  # BT-120
    exemption_code: str = ""  # BT-121: VATEX
    scheme: str = VAT


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """BG-20 and BG-21 of the document, BG-27 and BG-28 of a line."""

    is_charge: bool = False
    reason_code: str = ""  # BT-98, BT-105, BT-140, BT-145
    reason: str = ""  # BT-97, BT-104, BT-139, BT-144
    percent: Decimal | None = None  # BT-94, BT-101, BT-138, BT-143
    amount: Decimal | None = None  # BT-92, BT-99, BT-136, BT-141: never signed by its kind
    base_amount: Decimal | None = None  # BT-93, BT-100, BT-137, BT-142
    category: TaxCategory = TaxCategory()  # of the document's only


@dataclass(frozen=True, slots=True)
class VatRow:
    """BG-23: everything that bears one rate in one category."""

    taxable_amount: Decimal | None = None  # BT-116
    tax_amount: Decimal | None = None  # BT-117
    category: TaxCategory = TaxCategory()


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """BT-110 with its rows; a second one in another currency is BT-111."""

    amount: Decimal | None = None
    currency: str = ""
    rows: tuple[VatRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """BG-22, apart from VAT."""

    line_net_amount: Decimal | None = None  # BT-106
    net_amount: Decimal | None = None  # BT-109
    gross_amount: Decimal | None = None  # BT-112
    allowance_amount: Decimal | None = None  # BT-107
    charge_amount: Decimal | None = None  # BT-108
    prepaid_amount: Decimal | None = None  # BT-113
    rounding_amount: Decimal | None = None  # BT-114
    payable_amount: Decimal | None = None  # BT-115


@dataclass(frozen=True, slots=True)
class PrecedingInvoice:
    """BG-3."""

    number: str = ""  # BT-25
    issued_on: date | None = None  # BT-26


@dataclass(frozen=True, slots=True)
class Classification:
    """BT-158 with its list and the version of it."""

    code: str = ""
    list_id: str = ""  # BT-158-1: UNCL 7143 (STI is CPV)
    list_version: str = ""  # BT-158-2


@dataclass(frozen=True, slots=True)
class ItemProperty:
    """BG-32."""

    name: str = ""  # BT-160
    value: str = ""  # BT-161


@dataclass(frozen=True, slots=True)
class Item:
    """BG-31, with the VAT of the line (BG-30)."""

    name: str = ""  # BT-153
    description: str = ""  # BT-154
    sellers_id: str = ""  # BT-155
    buyers_id: str = ""  # BT-156
    standard_id: Identifier = Identifier()  # BT-157
    classifications: tuple[Classification, ...] = ()
    origin_country: str = ""  # BT-159
    category: TaxCategory = TaxCategory()  # BT-151, BT-152
    properties: tuple[ItemProperty, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """BG-29."""

    amount: Decimal | None = None  # BT-146: of the base quantity, allowance taken off
    discount_amount: Decimal | None = None  # BT-147
    gross_amount: Decimal | None = None  # BT-148
    base_quantity: Decimal | None = None  # BT-149: one if not said
    base_unit: str = ""  # BT-150


@dataclass(frozen=True, slots=True)
class Line:
    """BG-25."""

    number: str = ""  # BT-126
    note: str = ""  # BT-127
    invoiced_object: Identifier = Identifier()  # BT-128
    quantity: Decimal | None = None  # BT-129
    unit: str = ""  # BT-130: UN/ECE Rec 20, or Rec 21 with an X
    net_amount: Decimal | None = None  # BT-131
    order_line: str = ""  # BT-132
    accounting_cost: str = ""  # BT-133
    period: Period = Period()
    adjustments: tuple[AllowanceCharge, ...] = ()  # BG-27, BG-28
    price: Price = Price()
    item: Item = Item()


@dataclass(frozen=True, slots=True)
class Invoice:
    """The whole document: an invoice or a credit note."""

    is_credit_note: bool = False  # which of the two documents it is in its syntax
    syntax_version: str = ""  # of the syntax; no figure of the standard
    profile: str = ""  # BT-24
    process: str = ""  # BT-23
    number: str = ""  # BT-1
    issued_on: date | None = None  # BT-2
    type_code: str = ""  # BT-3: UNCL 1001
    currency: str = ""  # BT-5
    tax_currency: str = ""  # BT-6
    tax_point_on: date | None = None  # BT-7
    due_on: date | None = None  # BT-9
    buyer_reference: str = ""  # BT-10
    project: str = ""  # BT-11
    contract: str = ""  # BT-12
    order: str = ""  # BT-13
    sales_order: str = ""  # BT-14
    receipt: str = ""  # BT-15
    despatch: str = ""  # BT-16
    tender: str = ""  # BT-17
    accounting_cost: str = ""  # BT-19
    payment_terms: str = ""  # BT-20
    notes: tuple[str, ...] = ()  # BG-1: BT-22, its subject (BT-21) before it between two #
    preceding: tuple[PrecedingInvoice, ...] = ()
    seller: Party = Party()
    buyer: Party = Party()
    payee: Party = Party()
    tax_representative: Party = Party()
    delivery: Delivery = Delivery()
    period: Period = Period()
    payment_means: tuple[PaymentMeans, ...] = ()
    adjustments: tuple[AllowanceCharge, ...] = ()  # BG-20, BG-21
    tax_totals: tuple[TaxTotal, ...] = ()
    totals: Totals = Totals()
    documents: tuple[Document, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def tax_total(self) -> TaxTotal:
        """Return BT-110 and BG-23: the VAT in the currency of the document."""
        own = [total for total in self.tax_totals if total.currency in {self.currency, ""}]
        return next((total for total in own if total.rows), own[0] if own else TaxTotal())

    @property
    def accounting_tax_amount(self) -> Decimal | None:
        """Return BT-111: the VAT in the currency of accounting, never to be added to BT-110."""
        return next((t.amount for t in self.tax_totals if t.currency != self.currency), None)

    @property
    def payment_due_on(self) -> date | None:
        """Return BT-9, wherever the syntax keeps it."""
        return self.due_on or next((m.due_on for m in self.payment_means if m.due_on), None)

    @property
    def invoiced_object(self) -> Identifier:
        """Return BT-18."""
        found = (d.identifier for d in self.documents if d.type_code == INVOICED_OBJECT)
        return next(found, Identifier())

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Return the files that came inside."""
        found = (document.attachment for document in self.documents)
        return tuple(attachment for attachment in found if attachment.sha256)


class Why(StrEnum):
    """Why something in a document found no place in the model."""

    UNKNOWN = "unknown"  # the standard has no place for it
    REPEATED = "repeated"  # the standard has one place and this is the second
    MALFORMED = "malformed"  # it is not a number, a day or whatever belongs there
    CURRENCY = "currency"  # an amount in another currency than the document's


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """One value of a document that the model does not hold.

    Shapes: `path` names elements from the root down ("/Invoice/cac:Item/cbc:PackQuantity"), an
    attribute by @; `line_number` is the line of the file.
    """

    path: str
    value: str
    line_number: int
    why: Why


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a document: the model, and everything that it has no place for.

    Shapes: beyond the first thousand, values without a place are only counted.
    """

    invoice: Invoice
    not_understood: tuple[NotUnderstood, ...] = ()
    unlisted_count: int = 0
