"""Other people's invoices, whole: nothing lost in reading, and judged as they are stated to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from invoicing.formats import model
from invoicing.formats.gate import Document, Syntax, open_document
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from invoicing.judging.findings import Severity
from invoicing.judging.official import judge_officially
from invoicing.judging.schema import judge_schema
from invoicing.judging.totals import judge_totals
from marketplace.core.xml import parse_xml
from tests.conformance.data import CORPUS, EN16931, files, needs_data

UBL = [*files(EN16931 / "ubl/examples"), *files(EN16931 / "test/testfiles")]
CII = files(EN16931 / "cii/examples")
PAIRS = files(CORPUS / "CII")
UNITS = [
    *files(EN16931 / "test/Invoice-unit-UBL"),
    *files(EN16931 / "test/CreditNote-unit-UBL"),
    *files(EN16931 / "test/cii"),
]
STATED = 1_140
# What the corpus says of itself: one is called "not validating", two name a register that nobody
# keeps (BR-CL-25).
REFUSED = {
    "EN16931_ElektronischeAdresse": {"BR-CL-25"},
    "EN16931_RechnungsUebertragung": {"BR-CL-25"},
    "not_validating_full_invoice_based_onTest_EeISI_300_CENfullmodel": {"BR-CO-10", "BR-CO-15"},
}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def name(path: Path) -> str:
    return path.stem


@cache
def opened(path: Path) -> Document:
    return open_document(path.read_bytes())


def blocked(document: Document) -> set[str]:
    verdict = judge_officially(document)
    return {each.code for each in verdict.findings if each.severity is Severity.BLOCK}


def held(thing: object) -> list[object]:
    """Every single value of a model."""
    if is_dataclass(thing):
        return [value for each in fields(thing) for value in held(getattr(thing, each.name))]
    if isinstance(thing, tuple):
        return [value for each in thing for value in held(each)]
    return [thing]


def lost(path: Path) -> list[str]:
    """Every text of a file that is neither in the model nor among what was not understood."""
    reading = read_invoice(opened(path))
    values = held(reading.invoice)
    numbers = {value for value in values if isinstance(value, Decimal)}
    days = {value for value in values if isinstance(value, date)}
    files_held = {each.content for each in reading.invoice.attachments}
    texts = "\n".join(value for value in values if isinstance(value, str))
    left = {each.value for each in reading.not_understood}
    constants = {
        "true", "false", "VA", "130", "916", "50", "NA", "102", "VAT", "Project reference",
    }  # fmt: skip

    def is_kept(text: str) -> bool:
        if not text or text in texts or text in left or text in constants:
            return True
        try:
            if Decimal(text) in numbers:
                return True
        except ArithmeticError:
            pass
        plain = text.replace("-", "")
        if len(plain) == 8 and plain.isdigit():
            return any(f"{day:%Y%m%d}" == plain for day in days)
        if "DueDateTypeCode" in node.tag:
            return True  # another list of codes for the same thing
        return "BinaryObject" in node.tag and bool(files_held)

    found = []
    for node in opened(path).root.iter(etree.Element):
        said = [(node.text or "").strip(), (node.tail or "").strip()]
        said += [v.strip() for k, v in node.items() if not k.startswith(XSI) and k != "currencyID"]
        found += [f"{node.tag}: {text}" for text in said if not is_kept(text)]
    return found


@needs_data
class TestReading:
    @pytest.mark.parametrize("path", [*UBL, *CII], ids=name)
    def test_loses_nothing(self, path):
        assert lost(path) == []

    @pytest.mark.parametrize("path", UBL, ids=name)
    def test_what_is_written_reads_the_same(self, path):
        first = read_invoice(opened(path)).invoice
        written = open_document(write_ubl(first))
        assert read_invoice(written) == model.Reading(first)
        assert bool(judge_schema(written)) == bool(judge_schema(opened(path)))

    @pytest.mark.parametrize("path", UBL, ids=name)
    def test_what_is_written_is_judged_the_same(self, path):
        written = open_document(write_ubl(read_invoice(opened(path)).invoice))
        assert blocked(written) == blocked(opened(path))

    @pytest.mark.parametrize("path", CII, ids=name)
    def test_what_came_as_cii_can_be_written_as_ubl(self, path):
        written = open_document(write_ubl(read_invoice(opened(path)).invoice))
        assert judge_schema(written) == []


@needs_data
class TestWholeFiles:
    @pytest.mark.parametrize("path", [*UBL, *CII], ids=name)
    def test_are_good_by_schema_and_rules(self, path):
        assert judge_schema(opened(path)) == []
        assert blocked(opened(path)) == set()

    def test_there_are_as_many_as_there_should_be(self):
        kinds = Counter(opened(path).syntax for path in [*UBL, *CII])
        assert kinds == {Syntax.UBL_INVOICE: 43, Syntax.UBL_CREDIT_NOTE: 5, Syntax.CII: 15}


@needs_data
class TestOneInvoiceInTwoSyntaxes:
    @pytest.mark.parametrize("path", PAIRS, ids=name)
    def test_is_one_in_the_model(self, path):
        if path.stem.startswith("not_validating"):
            pytest.skip("its two forms differ in their figures")
        twin = path.parent.parent / "UBL" / path.name.replace(".cii.", ".ubl.")
        here, there = (figures(read_invoice(opened(each)).invoice) for each in (path, twin))
        assert here == there

    @pytest.mark.parametrize("path", [*PAIRS, *files(CORPUS / "UBL")], ids=name)
    def test_is_judged_as_stated(self, path):
        stem = path.name.split(".")[0]
        found = blocked(opened(path))
        if stem.startswith("not_validating") and path.parent.name == "CII":
            assert found == set()
        else:
            assert found == REFUSED.get(stem, set())
        assert lost(path) == []


def figures(invoice: model.Invoice) -> object:
    """What money and days depend on; the corpus's own conversion left names and list prices out."""
    return (
        invoice.number, invoice.issued_on, invoice.type_code, invoice.currency,
        invoice.payment_due_on, invoice.order, invoice.contract, invoice.buyer_reference,
        invoice.seller.legal_name, invoice.seller.tax_registrations, invoice.seller.address,
        invoice.buyer.legal_name, invoice.buyer.address, invoice.payee.name, invoice.delivery,
        invoice.period, invoice.payment_means, invoice.adjustments, invoice.totals,
        invoice.tax_totals, invoice.preceding,
        [
            (line.number, line.quantity, line.unit, line.net_amount, line.price.amount,
             line.adjustments, line.period, line.order_line, line.item)
            for line in invoice.lines
        ],
    )  # fmt: skip


def cases(path: Path):
    """The stated cases of a file: the document, and which rules must or must not fire."""
    for test in parse_xml(path.read_bytes()).iter("{*}test"):
        (stated,) = test.findall("{*}assert")
        (document,) = (each for each in test if etree.QName(each).localname != "assert")
        must = {e.text.strip() for e in stated.findall("{*}error")}
        must |= {e.text.strip() for e in stated.findall("{*}warning")}
        may_not = {e.text.strip() for e in stated.findall("{*}success")}
        yield open_document(etree.tostring(document)), must, may_not


@needs_data
class TestStatedCases:
    @pytest.mark.parametrize("path", UNITS, ids=lambda p: f"{p.parent.name}-{p.stem}")
    def test_each_rule_fires_where_it_is_said_to(self, path):
        for document, must, may_not in cases(path):
            fired = {each.code for each in judge_officially(document).findings}
            assert must <= fired
            assert not may_not & fired

    def test_there_are_as_many_as_were_published(self):
        assert sum(1 for path in UNITS for _case in cases(path)) == STATED


@needs_data
@pytest.mark.parametrize("path", [*UBL, *CII], ids=name)
def test_our_own_rules_judge_every_document_to_an_end(path):
    for finding in judge_totals(read_invoice(opened(path)).invoice):
        assert finding.code
        assert finding.severity in Severity
