"""Whether a document says that it follows the standard, and whether all of it was understood."""

from __future__ import annotations

from invoicing.formats.model import NotUnderstood, Reading, Why
from invoicing.formats.profiles import CORE, is_of_the_standard
from invoicing.judging.findings import Code, Finding, Severity

_LONGEST = 200


def judge_contents(reading: Reading) -> list[Finding]:
    """Return a finding for each value that found no place in the model.

    What is no number or day where one must stand blocks: the standard's own rules refuse it too.
    An amount in a second currency is held; the rest is for reading. A document that names another
    specification than EN 16931 is noted, since the duty to accept it may not hold.
    Source: Procurement Act 2023 s.67(3)(a).
    """
    found = [_told(each) for each in reading.not_understood]
    if reading.unlisted_count:
        found.append(Finding(Code.UNLISTED, Severity.HOLD, actual=f"{reading.unlisted_count:,}"))
    profile = reading.invoice.profile
    if not is_of_the_standard(profile):
        note = Finding(Code.PROFILE, Severity.NOTE, "BT-24", expected=CORE, actual=profile)
        return [note, *found]
    return found


def _told(each: NotUnderstood) -> Finding:
    return Finding(
        Code.MALFORMED if each.why is Why.MALFORMED else Code.NOT_UNDERSTOOD,
        _SEVERITY.get(each.why, Severity.NOTE),
        where=each.path,
        actual=each.value[:_LONGEST],
        text=str(each.line_number),
    )


_SEVERITY = {Why.MALFORMED: Severity.BLOCK, Why.CURRENCY: Severity.HOLD}
