"""Shapes, contents and words."""

from __future__ import annotations

import pytest
from django.utils import translation

from invoicing.formats.gate import Syntax, open_document
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from invoicing.judging import wording
from invoicing.judging.britain import judge_for_britain
from invoicing.judging.contents import judge_contents
from invoicing.judging.findings import Code, Finding, Severity
from invoicing.judging.schema import judge_schema, schema
from invoicing.judging.totals import judge_totals
from tests.factories import einvoices
from tests.invoicing.judging.test_totals import CAUGHT

GOOD = write_ubl(einvoices.invoice()).decode()


@pytest.mark.parametrize("syntax", list(Syntax))
def test_a_schema_is_compiled_once(syntax):
    assert schema(syntax) is schema(syntax)


def test_a_good_invoice_has_the_shape():
    assert judge_schema(open_document(GOOD.encode())) == []


def test_what_has_not_is_placed():
    bad = GOOD.replace("<cbc:IssueDate>2026-11-02<", "<cbc:IssueDate>soon<")
    line = bad[: bad.index("soon")].count("\n") + 1
    (finding,) = judge_schema(open_document(bad.encode()))
    assert (finding.code, finding.severity, finding.where) == (
        Code.SCHEMA, Severity.BLOCK, str(line),
    )  # fmt: skip
    assert f"At line {line}" in wording.said(finding)


def test_findings_of_a_hopeless_file_have_an_end():
    bad = GOOD.replace("<cbc:IssueDate>", "<cbc:Wrong/>" * 500 + "<cbc:IssueDate>")
    bad = bad.replace("</cac:InvoiceLine>", "<cbc:Wrong/></cac:InvoiceLine>")
    assert 0 < len(judge_schema(open_document(bad.encode()))) <= 50


def test_what_was_not_understood_is_told_by_its_weight():
    bad = (
        GOOD.replace("<cbc:IssueDate>2026-11-02<", "<cbc:IssueDate>soon<")
        .replace("<cbc:DueDate>", "<cbc:UUID>u</cbc:UUID><cbc:DueDate>")
        .replace('<cbc:PayableAmount currencyID="GBP">', '<cbc:PayableAmount currencyID="EUR">')
    )
    findings = judge_contents(read_invoice(open_document(bad.encode())))
    assert {(f.code, f.severity, f.actual) for f in findings} == {
        (Code.MALFORMED, Severity.BLOCK, "soon"),
        (Code.NOT_UNDERSTOOD, Severity.NOTE, "u"),
        (Code.NOT_UNDERSTOOD, Severity.HOLD, "EUR"),
    }


@pytest.mark.parametrize(
    ("profile", "is_noted"),
    [
        ("urn:cen.eu:en16931:2017", False),
        ("urn:cen.eu:en16931:2017#compliant#urn:x", False),
        ("urn:factur-x.eu:1p0:minimum", True),
        ("", True),
    ],
)
def test_another_specification_is_noted(profile, is_noted):
    made = write_ubl(einvoices.invoice(profile=profile))
    codes = [f.code for f in judge_contents(read_invoice(open_document(made)))]
    assert codes == [Code.PROFILE] * is_noted


class TestWords:
    @pytest.mark.parametrize("code", list(Code))
    def test_every_code_has_a_sentence_and_advice(self, code):
        finding = Finding(code, Severity.HOLD, "BT-1", "7", "1.00", "2.00", "S 20%")
        for text in (wording.said(finding), wording.advice(finding)):
            assert text.endswith((".", "?", "S 20%"))
            assert "%(" not in text
            assert "None" not in text

    @pytest.mark.parametrize("name", CAUGHT)
    def test_every_finding_can_be_said(self, name):
        made = CAUGHT[name][0](einvoices.invoice())
        for finding in [*judge_totals(made), *judge_for_britain(made, on=einvoices.ON)]:
            assert wording.said(finding)
            assert wording.advice(finding)

    def test_an_official_rule_speaks_for_itself(self):
        finding = Finding("BR-CO-16", Severity.BLOCK, text="[BR-CO-16]-Amount due.")
        assert wording.said(finding) == "[BR-CO-16]-Amount due."
        assert wording.advice(finding) == "Correct the invoice and send it again."

    def test_a_line_is_named_first(self):
        finding = Finding(Code.LINE_NET, Severity.HOLD, "BT-131", "7", "1.00", "2.00")
        with translation.override("en-gb"):
            assert wording.said(finding) == (
                "Line 7: Quantity times price comes to 1.00, but the line says 2.00."
            )
