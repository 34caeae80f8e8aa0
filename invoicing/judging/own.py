"""Everything that we judge by ourselves, in the time that a page has: the first of two layers.

The second, `invoicing.judging.official`, runs in a worker.
"""

from __future__ import annotations

from datetime import date

from invoicing.formats.gate import Document
from invoicing.formats.model import Reading
from invoicing.judging.britain import Policy, judge_for_britain
from invoicing.judging.contents import judge_contents
from invoicing.judging.findings import Finding
from invoicing.judging.schema import judge_schema
from invoicing.judging.totals import judge_totals


def judge_ourselves(
    document: Document, reading: Reading, *, on: date, policy: Policy | None = None
) -> list[Finding]:
    """Return what is wrong with a document by its schema, its sums and the council's own rules."""
    return [
        *judge_schema(document),
        *judge_contents(reading),
        *judge_totals(reading.invoice),
        *judge_for_britain(reading.invoice, on=on, policy=policy),
    ]
