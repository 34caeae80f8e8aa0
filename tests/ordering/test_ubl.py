"""The electronic form of an order, held against the published schema and examples."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from marketplace.core.ubl import CAC, CBC, Address, Party
from marketplace.core.xml import parse_xml
from marketplace.ordering.ubl import order_ubl
from tests.ordering.test_pdf import line, paper

DATA = Path(os.environ.get("CONFORMANCE_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
SCHEMA = DATA / "ubl21-xsd/maindoc/UBL-Order-2.1.xsd"
EXAMPLES = DATA / "ubl21-examples"
NAMES = {"cac": CAC, "cbc": CBC}
needs_schema = pytest.mark.skipif(
    not SCHEMA.exists(), reason=f"the UBL 2.1 schemas are not in {DATA}: set CONFORMANCE_DATA"
)
needs_examples = pytest.mark.skipif(
    not EXAMPLES.exists(), reason=f"the UBL examples are not in {DATA}: set CONFORMANCE_DATA"
)


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


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
    "odd characters": paper(lines=(line(name="A \x07<b>&\x00 ŵ"),)),
    "reduced rate": paper(lines=(line(vat_category="reduced", vat_rate_percent=5),)),
    "no category": paper(lines=(line(category=""),)),
}


@needs_schema
@pytest.mark.parametrize("name", VARIANTS)
def test_is_valid_by_the_published_schema(schema, name):
    root = parse_xml(order_ubl(VARIANTS[name]))
    assert schema.validate(root), schema.error_log


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
    assert (endpoint.get("schemeID"), endpoint.text) == ("9932", "GB999000173")


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


# What Peppol Ordering 3 (transaction T01) has and no example that is published for UBL 2.1 shows.
PEPPOL_ONLY = {
    ("Order", "OrderTypeCode"),
    ("AnticipatedMonetaryTotal", "TaxExclusiveAmount"),
    ("AnticipatedMonetaryTotal", "TaxInclusiveAmount"),
}


def pairs(root):
    return {
        (etree.QName(node.getparent()).localname, etree.QName(node).localname)
        for node in root.iter()
        if isinstance(node.tag, str) and node.getparent() is not None
    }


@needs_examples
def test_every_element_we_write_stands_in_a_published_example():
    """A check on the shape that a schema, which allows almost everything, does not make."""
    known = set()
    for path in EXAMPLES.rglob("*.xml"):
        known |= pairs(etree.parse(str(path)).getroot())
    ours = set()
    for each in VARIANTS.values():
        ours |= pairs(parse_xml(order_ubl(each)))
    assert ours - known == PEPPOL_ONLY
