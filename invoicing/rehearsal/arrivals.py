"""What became of files that were sent in, in the words that the council's people read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from invoicing.formats.gate import (
    LARGEST_BYTES,
    DocumentRefused,
    FileTooLarge,
    open_document,
)
from invoicing.formats.reading import read_invoice
from invoicing.intake.recognising import suppliers_named
from invoicing.intake.services.arrivals import refuse_unread, take_invoice
from invoicing.matching.selectors import open_findings
from invoicing.matching.told import told
from invoicing.models import Arrival, Invoice
from invoicing.rehearsal.deeds import work
from invoicing.rehearsal.founding import House, accept_seller
from invoicing.rehearsal.telling import StoryEnds
from invoicing.states import ArrivalStatus, Channel, InvoiceStatus
from marketplace.core.errors import Refusal
from marketplace.core.texts import unseen

WORDS: Final = {
    InvoiceStatus.MATCHED: "agrees with its order",
    InvoiceStatus.HELD: "is kept and held",
    InvoiceStatus.REPEAT: "came before, and is set aside",
}
_PIECE_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one file.

    Shapes: `invoice` is None for what no invoice could be read of; `accepted` names the seller that
    was made a supplier for it, if any was.
    """

    name: str
    status: str
    said: str
    invoice: Invoice | None = None
    findings: list[dict[str, str]] = field(default_factory=list)
    accepted: str = ""

    @property
    def why(self) -> list[str]:
        """Return what keeps it from being paid, in words."""
        return [each["said"] for each in self.findings]

    @property
    def codes(self) -> list[str]:
        """Return the same for programs."""
        return [each["code"] for each in self.findings]

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"file": self.name, "fate": self.status, "said": self.said,
                "findings": self.findings, "accepted_supplier": self.accepted}  # fmt: skip


def fate_of(house: House, arrival: Arrival) -> Fate:
    """Have the worker read a file that arrived, and return what became of it.

    Raises: StoryEnds when the worker could not.
    """
    work(house)
    with house.acting("finance"):
        now = Arrival.objects.of(house.council.pk).get(pk=arrival.pk)
        if now.status == ArrivalStatus.WAITS:
            raise StoryEnds(f"{now.name} arrived, and the worker could not read it.")
        if now.status == ArrivalStatus.REFUSED:
            return Fate(
                now.name,
                now.status,
                f"is kept as evidence and goes no further. {now.refusal_detail}",
                findings=[{"code": now.refusal_code, "said": now.refusal_detail}],
            )
        invoice = Invoice.objects.of(house.council.pk).get(arrival_id=now.pk)
        numbers = dict(invoice.lines.values_list("place", "number"))
        findings = [
            {"code": each.code, "said": told(each, numbers).said, "owner": each.owner}
            for each in open_findings(invoice)
        ]
    status = InvoiceStatus(invoice.status)
    return Fate(now.name, status.value, WORDS[status], invoice, findings)


def fate_of_file(house: House, path: Path) -> Fate:
    """Take in a file as whoever runs the marketplace may, and return what became of it.

    Its seller is made a supplier first where the council has none of that name, so that what holds
    it is what it asks, and not that nobody here has met whoever sends it.
    Shapes: what cannot be read at all, or is too large to be kept, is told likewise.
    """
    at = house.clock()
    try:
        if path.exists() and not path.is_file():
            return Fate(path.name, ArrivalStatus.REFUSED, "is not a file.")
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_BYTES else None
    except OSError as error:
        return Fate(path.name, ArrivalStatus.REFUSED, f"cannot be opened: {error.strerror}.")
    if content is None:
        with house.acting("finance"):
            return _too_large(house, path, size)
    accepted = _accepted(house, content)
    with house.acting("finance"):
        try:
            arrival = take_invoice(
                council_id=house.council.pk,
                sender=None,
                supplier_id=None,
                name=path.name,
                content=content,
                channel=Channel.COMMAND,
                at=at,
            )
        except Refusal as refusal:
            return Fate(path.name, ArrivalStatus.REFUSED, f"is not taken in. {refusal.detail}")
    return replace(fate_of(house, arrival), accepted=accepted)


def _accepted(house: House, content: bytes) -> str:
    """Make the seller of an e-invoice a supplier if it is none; return its name if it was made."""
    try:
        seller = read_invoice(open_document(content)).invoice.seller
    except DocumentRefused:
        return ""
    name = seller.legal_name.strip() or seller.trading_name.strip()
    with house.acting("administrator"):
        known = suppliers_named(house.council.pk, seller)
    if known or not name or unseen(name):
        return ""
    try:
        accept_seller(house, name, at=house.clock())
    except Refusal:  # more in a day than a council accepts: the file is judged as it is
        return ""
    return name


def _too_large(house: House, path: Path, size: int) -> Fate:
    """Leave its size and hash in the trail, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    detail = f"The largest file that we take in is {LARGEST_BYTES / 1_000_000:g} MB."
    refuse_unread(
        council_id=house.council.pk,
        sender=None,
        supplier_id=None,
        name=path.name,
        sha256=digest.hexdigest(),
        size_bytes=size,
        detail=detail,
        at=house.clock(),
    )
    return Fate(path.name, ArrivalStatus.REFUSED, f"is not kept. {detail}",
                findings=[{"code": FileTooLarge.code, "said": detail}])  # fmt: skip
