"""The electronic form of an order: what stands in it, and where."""

from __future__ import annotations

from dataclasses import replace

from marketplace.core.ubl import CAC, CBC, Address, Party
from marketplace.core.xml import parse_xml
from marketplace.ordering.orders.ubl import order_ubl
from tests.ordering.orders.test_pdf import line, paper

NAMES = {"cac": CAC, "cbc": CBC}


def value(root, path):
    return root.findtext(path, namespaces=NAMES)


BARE = Party("Bare Ltd", Address(()), email="bare@example.com")
VARIANTS = {
    "plain": paper(),
    "many lines": paper(lines=tuple(line(place) for place in range(1, 201))),
    "no day": paper(needed_by_on=None),
    "bare supplier": paper(supplier=BARE),
    "one-line address": paper(deliver_to="Town Hall"),
    "long address": paper(deliver_to="Flat 1, Floor 2, The Tower, 3 Long Lane, Ambridge"),
    "instructions": paper(deliver_to="Town Hall\nAmbridge\n\nRing twice, then wait."),
    "odd characters": paper(lines=(line(name="A \x07<b>&\x00 ŵ"),)),
    "reduced rate": paper(lines=(line(vat_category="reduced", vat_rate_percent=5),)),
    "no category": paper(lines=(line(category=""),)),
}


def test_says_which_profile_it_follows():
    root = parse_xml(order_ubl(paper()))
    assert value(root, "cbc:CustomizationID") == "urn:fdc:peppol.eu:poacc:trns:order:3"
    assert value(root, "cbc:ProfileID") == "urn:fdc:peppol.eu:poacc:bis:ordering:3"


def test_says_what_was_ordered():
    root = parse_xml(order_ubl(paper()))
    assert value(root, "cbc:ID") == "PO-26-000123"
    item = root.find("cac:OrderLine/cac:LineItem", NAMES)
    assert value(item, "cbc:Quantity") == "2"
    assert item.find("cbc:Quantity", NAMES).get("unitCode") == "EA"
    assert value(item, "cac:Price/cbc:PriceAmount") == "79.50"
    assert value(item, "cac:Item/cac:SellersItemIdentification/cbc:ID") == "CH-001"
    assert value(root, "cac:AnticipatedMonetaryTotal/cbc:PayableAmount") == "190.80"
    assert value(root, "cac:TaxTotal/cbc:TaxAmount") == "31.80"
    endpoint = root.find("cac:SellerSupplierParty/cac:Party/cbc:EndpointID", NAMES)
    assert (endpoint.get("schemeID"), endpoint.text) == ("9932", "GB999000145")


def test_what_the_driver_must_know_is_no_part_of_the_address():
    root = parse_xml(order_ubl(VARIANTS["instructions"]))
    place = root.find("cac:Delivery/cac:DeliveryLocation/cac:Address", NAMES)
    assert value(place, "cbc:CityName") == "Ambridge"
    assert value(root, "cac:DeliveryTerms/cbc:SpecialTerms") == "Ring twice, then wait."


def test_the_same_order_gives_the_same_bytes():
    assert order_ubl(paper()) == order_ubl(paper())
    assert order_ubl(paper()) != order_ubl(replace(paper(), number="PO-26-000124"))


def test_no_element_is_empty():
    for name, each in VARIANTS.items():
        root = parse_xml(order_ubl(each))
        empty = [
            node.tag for node in root.iter() if not len(node) and not (node.text or "").strip()
        ]
        assert empty == [], name
