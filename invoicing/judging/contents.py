"""Whether everything that a document says was understood."""

from __future__ import annotations

from invoicing.formats.model import Reading, Why
from invoicing.judging.findings import Code, Finding, Severity

_LONGEST = 200


def judge_contents(reading: Reading) -> list[Finding]:
    """Return a finding for each value that found no place in the model.

    What is no number or day where one must stand blocks: the standard's own rules refuse it too.
    An amount in a second currency is held; the rest is for reading.
    """
    return [
        Finding(
            Code.MALFORMED if each.why is Why.MALFORMED else Code.NOT_UNDERSTOOD,
            _SEVERITY.get(each.why, Severity.NOTE),
            where=each.path,
            actual=each.value[:_LONGEST],
            text=str(each.line_number),
        )
        for each in reading.not_understood
    ]


_SEVERITY = {Why.MALFORMED: Severity.BLOCK, Why.CURRENCY: Severity.HOLD}
