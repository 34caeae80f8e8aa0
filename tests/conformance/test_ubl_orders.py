"""Orders in UBL, held against the published schema and the published examples.

These are not ours to keep here: CONFORMANCE_DATA names the folder that they are in.
"""

from __future__ import annotations

import pytest
from lxml import etree

from marketplace.core.xml import parse_xml
from marketplace.ordering.orders.ubl import order_ubl
from tests.conformance.data import DATA, needs_data
from tests.ordering.orders.test_ubl import VARIANTS

SCHEMA = DATA / "ubl21-xsd/maindoc/UBL-Order-2.1.xsd"
EXAMPLES = DATA / "ubl21-examples"


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


@needs_data
@pytest.mark.parametrize("name", VARIANTS)
def test_is_valid_by_the_published_schema(schema, name):
    root = parse_xml(order_ubl(VARIANTS[name]))
    assert schema.validate(root), schema.error_log


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


@needs_data
def test_every_element_we_write_stands_in_a_published_example():
    """A check on the shape that a schema, which allows almost everything, does not make."""
    known = set()
    published = list(EXAMPLES.rglob("*.xml"))
    assert published, EXAMPLES
    for path in published:
        known |= pairs(etree.parse(str(path)).getroot())
    ours = set()
    for each in VARIANTS.values():
        ours |= pairs(parse_xml(order_ubl(each)))
    assert ours - known == PEPPOL_ONLY
