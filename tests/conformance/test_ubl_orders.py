"""Orders in UBL, held against the published schema and the published examples.

These are not ours to keep here: CONFORMANCE_DATA names the folder that they are in.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree
from tests.ordering.test_ubl import VARIANTS

from marketplace.core.xml import parse_xml
from marketplace.ordering.orders.ubl import order_ubl

DATA = Path(os.environ.get("CONFORMANCE_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
SCHEMA = DATA / "ubl21-xsd/maindoc/UBL-Order-2.1.xsd"
EXAMPLES = DATA / "ubl21-examples"
needs_schema = pytest.mark.skipif(
    not SCHEMA.exists(), reason=f"conformance: there is no {SCHEMA}; set CONFORMANCE_DATA"
)
needs_examples = pytest.mark.skipif(
    not EXAMPLES.exists(), reason=f"conformance: there is no {EXAMPLES}; set CONFORMANCE_DATA"
)


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


@needs_schema
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
