"""The first layer as a whole."""

from __future__ import annotations

from dataclasses import replace

from invoicing.formats.gate import open_document
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from invoicing.judging.findings import Code, Severity, worst
from invoicing.judging.own import judge_ourselves
from tests.factories import einvoices


def judged(content: bytes):
    document = open_document(content)
    return judge_ourselves(document, read_invoice(document), on=einvoices.ON)


def test_a_good_invoice_passes_every_judge():
    assert judged(write_ubl(einvoices.invoice())) == []


def test_every_judge_is_heard():
    content = (
        write_ubl(einvoices.summed(einvoices.invoice(order=""), prepaid=einvoices.PENNY))
        .decode()
        .replace("<cbc:DueDate>2026-12-02<", "<cbc:DueDate>soon<")
    )
    codes = {finding.code for finding in judged(content.encode())}
    assert codes == {Code.SCHEMA, Code.MALFORMED, Code.PREPAID, Code.NO_ORDER}


def test_the_worst_of_them():
    note, hold, block = (
        [each for each in judged(write_ubl(made)) if each]
        for made in (
            replace(einvoices.invoice(), profile="urn:some:other"),
            einvoices.invoice(order=""),
            einvoices.invoice((einvoices.line(1, "-1", "-5"),)),
        )
    )
    assert worst([]) is None
    assert worst(note) is Severity.NOTE
    assert worst([*note, *hold]) is Severity.HOLD
    assert worst([*note, *hold, *block]) is Severity.BLOCK
