"""What may become of what arrives, of an invoice, of a payment run and of an export.

An arrival WAITS until it has been read. It is then TAKEN, and has an invoice; or REFUSED, because
no invoice could be read of it, and is kept as evidence with the reason.

An invoice is HELD while something keeps it from being paid, and MATCHED when nothing does. Somebody
with the right to it approves it: it is APPROVED, posted, and waits for a payment run, with which it
becomes PAID. A payment that the bank gave back makes it APPROVED again. One that asks for nothing
is SETTLED as soon as it is approved, since no run would ever take it. Until it is approved it may
be SENT_BACK to the supplier, with the reason. A REPEAT is the same invoice again: it is kept beside
the first and goes no further, unless the first is sent back. A credit note goes the same way, and
is PAID when a run has taken it off what is owed.

A payment run is PREPARED with everything in it fixed, APPROVED by somebody else, EXPORTED when its
file was made for the bank, and SETTLED when the bank has paid. Before it is exported it may be made
VOID, which sets its invoices free.

An export to the finance ledger is BUILT, and ACKNOWLEDGED when the other side has taken it.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.core.states import Machine, move


class ArrivalStatus(StrEnum):
    """What became of a file that arrived."""

    WAITS = "WAITS"
    TAKEN = "TAKEN"
    REFUSED = "REFUSED"


class Channel(StrEnum):
    """By which way an invoice came."""

    UPLOAD = "UPLOAD"
    PORTAL = "PORTAL"
    FLIP = "FLIP"
    API = "API"
    COMMAND = "COMMAND"


class InvoiceKind(StrEnum):
    """Whether it asks for money or gives it back."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


class InvoiceStatus(StrEnum):
    """How an invoice stands."""

    HELD = "HELD"
    MATCHED = "MATCHED"
    APPROVED = "APPROVED"
    PAID = "PAID"
    SETTLED = "SETTLED"
    SENT_BACK = "SENT_BACK"
    REPEAT = "REPEAT"


class Severity(StrEnum):
    """What a finding does: a BLOCK stays, a HOLD is let through by somebody with the right."""

    BLOCK = "BLOCK"
    HOLD = "HOLD"
    NOTE = "NOTE"


class Source(StrEnum):
    """Who found something."""

    JUDGE = "JUDGE"
    OFFICIAL = "OFFICIAL"
    MATCH = "MATCH"
    DUPLICATE = "DUPLICATE"
    INTAKE = "INTAKE"


class Closed(StrEnum):
    """How a finding ended: somebody let it pass, or its cause went away."""

    RELEASED = "RELEASED"
    GONE = "GONE"


class RunStatus(StrEnum):
    """How a payment run stands."""

    PREPARED = "PREPARED"
    APPROVED = "APPROVED"
    EXPORTED = "EXPORTED"
    SETTLED = "SETTLED"
    VOID = "VOID"


class ExportStatus(StrEnum):
    """How an export to the finance ledger stands."""

    BUILT = "BUILT"
    ACKNOWLEDGED = "ACKNOWLEDGED"


class ExportFormat(StrEnum):
    """As what journals leave, each of them once a format."""

    CSV = "CSV"


ARRIVAL = Machine(
    move("take", ArrivalStatus.WAITS, ArrivalStatus.TAKEN),
    move("refuse", ArrivalStatus.WAITS, ArrivalStatus.REFUSED),
)

INVOICE = Machine(
    move("hold", [InvoiceStatus.HELD, InvoiceStatus.MATCHED], InvoiceStatus.HELD),
    move("match", [InvoiceStatus.HELD, InvoiceStatus.MATCHED], InvoiceStatus.MATCHED),
    move("approve", InvoiceStatus.MATCHED, InvoiceStatus.APPROVED),
    move("settle", InvoiceStatus.APPROVED, InvoiceStatus.SETTLED),
    move("pay", InvoiceStatus.APPROVED, InvoiceStatus.PAID),
    move("reopen", InvoiceStatus.PAID, InvoiceStatus.APPROVED),
    move("send_back", [InvoiceStatus.HELD, InvoiceStatus.MATCHED], InvoiceStatus.SENT_BACK),
    move("set_aside", InvoiceStatus.HELD, InvoiceStatus.REPEAT),
    move("take_up", InvoiceStatus.REPEAT, InvoiceStatus.HELD),
)

RUN = Machine(
    move("approve", RunStatus.PREPARED, RunStatus.APPROVED),
    move("export", RunStatus.APPROVED, RunStatus.EXPORTED),
    move("settle", RunStatus.EXPORTED, RunStatus.SETTLED),
    move("void", [RunStatus.PREPARED, RunStatus.APPROVED], RunStatus.VOID),
)

EXPORT = Machine(move("acknowledge", ExportStatus.BUILT, ExportStatus.ACKNOWLEDGED))
