"""How fast an invoice is read and checked, beside the least that must be done for it.

The floor parses the same bytes and holds them to the same schema, and takes nothing out. The two
run in turns, so that what else the machine does falls on both.
"""

from __future__ import annotations

from statistics import median
from time import process_time

import pytest
from lxml import etree

from invoicing.formats.gate import open_document
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from invoicing.judging.official import judge_officially
from invoicing.judging.schema import judge_schema, schema
from invoicing.judging.totals import judge_totals
from tests.factories import einvoices

ROUNDS = 15
LEAST_SHARE = 0.15  # of what the floor does in the same time


def ours(content: bytes) -> None:
    document = open_document(content)
    assert judge_schema(document) == []
    assert read_invoice(document).not_understood == ()


def bare(content: bytes) -> None:
    root = etree.fromstring(content)
    assert schema(open_document(b'<Invoice xmlns="%s"/>' % NAMESPACE).syntax).validate(root)


NAMESPACE = b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def rate(doing, content: bytes, times: int) -> float:
    started = process_time()
    for _turn in range(times):
        doing(content)
    return times / (process_time() - started)


@pytest.mark.parametrize(("count", "times"), [(10, 100), (500, 3)])
def test_reading_beside_its_floor(count, times, capsys):
    content = write_ubl(einvoices.invoice(einvoices.lines(count)))
    ours(content)
    rates, floors, writing, adding = [], [], [], []
    invoice = read_invoice(open_document(content)).invoice
    for _round in range(ROUNDS):
        rates.append(rate(ours, content, times))
        floors.append(rate(bare, content, times))
        writing.append(rate(lambda _content: write_ubl(invoice), content, times))
        adding.append(rate(lambda _content: judge_totals(invoice), content, times))
    share = median(mine / least for mine, least in zip(rates, floors, strict=True))
    with capsys.disabled():
        print(
            f"\nreading {count} lines ({len(content) // 1000} kB): ours {median(rates):,.0f}/s,"
            f" floor {median(floors):,.0f}/s, {share:.0%} of the floor (goal {LEAST_SHARE:.0%});"
            f" writing {median(writing):,.0f}/s; our sums {median(adding):,.0f}/s"
        )
    assert share >= LEAST_SHARE


def test_the_whole_judgement(capsys):
    content = write_ubl(einvoices.invoice())

    def whole(content: bytes) -> None:
        document = open_document(content)
        judge_schema(document)
        judge_totals(read_invoice(document).invoice)
        assert judge_officially(document).findings == ()

    whole(content)
    rates = [rate(whole, content, 10) for _round in range(ROUNDS)]
    with capsys.disabled():
        print(f"\nreading and judging by every rule: {median(rates):,.0f}/s (goal 30/s)")
    assert median(rates) >= 30
