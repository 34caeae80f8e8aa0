"""Building blocks of UBL 2.1 documents: names, parties, amounts, taxes. Writes and never parses.

Source: OASIS UBL 2.1; the use of its elements follows Peppol BIS 3 (orders) and EN 16931.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lxml import etree

from marketplace.core.vat import UBL_CATEGORY, VatLine

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
DOCUMENT = "urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
# Electronic address scheme of a United Kingdom VAT number.
# Source: Peppol code list "Participant identifier schemes" 9.7, GB:VAT.
GB_VAT_SCHEME = "9932"
EMAIL_SCHEME = "EM"

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Address:
    """Where a party is. Shapes: `lines` without town and postcode; `country` by ISO 3166-1."""

    lines: tuple[str, ...]
    town: str = ""
    postcode: str = ""
    country: str = "GB"

    @property
    def printed(self) -> tuple[str, ...]:
        """Return the lines as they stand on paper."""
        return tuple(part for part in (*self.lines, self.town, self.postcode) if part)


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a document. Shapes: `vat_number` with or without its GB."""

    name: str
    address: Address
    vat_number: str = ""
    company_number: str = ""
    email: str = ""
    telephone: str = ""
    contact_name: str = ""

    @property
    def endpoint(self) -> tuple[str, str]:
        """Return the electronic address: its scheme and its value."""
        if self.vat_number:
            return GB_VAT_SCHEME, f"GB{bare_vat_number(self.vat_number)}"
        return EMAIL_SCHEME, self.email


def bare_vat_number(number: str) -> str:
    """Return a VAT number without country and spaces.

    >>> bare_vat_number("GB 999 0001 73")
    '999000173'
    """
    return "".join(number.split()).upper().removeprefix("GB")


def address_from_text(text: str, postcode: str = "") -> Address:
    """Return an address from how somebody wrote it: parts by comma or line, the town last.

    >>> address_from_text("City Hall, 1 Corn Square, Castermere, ZT1 1AA", "ZT1 1AA").town
    'Castermere'
    """
    parts = [part.strip() for line in text.splitlines() for part in line.split(",")]
    parts = [part for part in parts if part and part != postcode]
    if len(parts) > 1:
        return Address(tuple(parts[:-1]), parts[-1], postcode)
    return Address(tuple(parts), "", postcode)


def document(name: str) -> Element:
    """Return the root of a UBL document ("Order", "Invoice")."""
    namespace = DOCUMENT.format(name=name)
    names: dict[str | None, str] = {None: namespace, "cac": CAC, "cbc": CBC}
    return etree.Element(f"{{{namespace}}}{name}", nsmap=names)  # type: ignore[arg-type]


def put(parent: Element, name: str, text: str, **attributes: str) -> Element:
    """Add a basic component (cbc) with its text, and return it."""
    child = etree.SubElement(parent, f"{{{CBC}}}{name}", attributes)
    child.text = printable(text)
    return child


def put_if(parent: Element, name: str, text: str, **attributes: str) -> None:
    """Add a basic component (cbc), unless it would be empty, which UBL does not allow."""
    if printable(text).strip():
        put(parent, name, text, **attributes)


def inside(parent: Element, *names: str) -> Element:
    """Add aggregate components (cac), each within the one before it, and return the innermost."""
    for name in names:
        parent = etree.SubElement(parent, f"{{{CAC}}}{name}")
    return parent


def put_amount(
    parent: Element, name: str, amount: Decimal, currency: str = "GBP", *, least_places: int = 2
) -> None:
    """Add an amount with its currency; a unit price may have more places than two."""
    put(parent, name, number_text(amount, least_places), currencyID=currency)


def number_text(number: Decimal, least_places: int = 0) -> str:
    """Return a number without spare noughts, but with at least so many places.

    >>> number_text(Decimal("12.500000"), 2), number_text(Decimal("3.000"))
    ('12.50', '3')
    """
    whole, _dot, places = f"{number:f}".partition(".")
    places = places.rstrip("0").ljust(least_places, "0")
    return f"{whole}.{places}" if places else whole


def printable(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))


def put_address(parent: Element, name: str, address: Address) -> None:
    """Add an address."""
    node = inside(parent, name)
    first, *more = address.lines or ("",)
    put_if(node, "StreetName", first)
    put_if(node, "AdditionalStreetName", ", ".join(more[:1]))
    put_if(node, "CityName", address.town)
    put_if(node, "PostalZone", address.postcode)
    if more[1:]:
        put(inside(node, "AddressLine"), "Line", ", ".join(more[1:]))
    put(inside(node, "Country"), "IdentificationCode", address.country)


def put_party(parent: Element, party: Party) -> None:
    """Add a party as Peppol BIS 3 wants it: electronic address, name, place, VAT, company."""
    node = inside(parent, "Party")
    scheme, value = party.endpoint
    put_if(node, "EndpointID", value, schemeID=scheme)
    put(inside(node, "PartyName"), "Name", party.name)
    put_address(node, "PostalAddress", party.address)
    if party.vat_number:
        tax = inside(node, "PartyTaxScheme")
        put(tax, "CompanyID", f"GB{bare_vat_number(party.vat_number)}")
        put(inside(tax, "TaxScheme"), "ID", "VAT")
    entity = inside(node, "PartyLegalEntity")
    put(entity, "RegistrationName", party.name)
    put_if(entity, "CompanyID", party.company_number)
    if party.contact_name or party.email or party.telephone:
        contact = inside(node, "Contact")
        put_if(contact, "Name", party.contact_name)
        put_if(contact, "Telephone", party.telephone)
        put_if(contact, "ElectronicMail", party.email)


def put_tax_category(parent: Element, name: str, category: str, rate_percent: Decimal) -> None:
    """Add a VAT category with its rate."""
    node = inside(parent, name)
    put(node, "ID", category)
    put(node, "Percent", number_text(rate_percent))
    put(inside(node, "TaxScheme"), "ID", "VAT")


def put_tax_total(parent: Element, rows: Iterable[VatLine], *, is_detailed: bool = True) -> None:
    """Add the VAT of a document: its sum, and a row for each category and rate.

    Source: EN 16931-1 BT-110, BG-23.
    """
    kept = list(rows)
    total = inside(parent, "TaxTotal")
    put_amount(total, "TaxAmount", sum((row.vat.amount for row in kept), Decimal("0.00")))
    for row in kept if is_detailed else ():
        subtotal = inside(total, "TaxSubtotal")
        put_amount(subtotal, "TaxableAmount", row.net.amount)
        put_amount(subtotal, "TaxAmount", row.vat.amount)
        put_tax_category(subtotal, "TaxCategory", UBL_CATEGORY[row.category], row.rate_percent)


def put_period(parent: Element, name: str, *, ends_on: date) -> None:
    """Add a period that ends on a day."""
    put(inside(parent, name), "EndDate", ends_on.isoformat())


def written(root: Element) -> bytes:
    """Return a document's bytes; the same document gives the same bytes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
