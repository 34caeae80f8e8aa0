"""Take in invoices from the command line: read, judged and compared at once, without a worker."""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone
from rich.console import Console

from invoicing.formats.gate import LARGEST_BYTES, DocumentRefused, FileTooLarge, open_document
from invoicing.formats.reading import read_invoice
from invoicing.intake.recognising import councils_named
from invoicing.intake.services.arrivals import refuse_unread, take_invoice
from invoicing.intake.services.reading import read_arrival
from invoicing.matching.selectors import findings_of
from invoicing.matching.told import told
from invoicing.models import Arrival, Invoice
from invoicing.states import ArrivalStatus, Channel, Severity
from marketplace.core.errors import Refusal
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Kind, Organisation

REFUSED, MISUSED = 1, 2
MOST_NAMED = 50
_PIECE_BYTES = 1_048_576


class Command(BaseCommand):
    """Exits with 0 when every file was taken in, 1 when one was refused, 2 when asked wrongly."""

    help = "Take in electronic invoices (UBL or CII), and say what became of each."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an XML file")
        parser.add_argument(
            "--council",
            help="the council's short name, full name or key; if not given, whom the invoice names",
        )
        parser.add_argument(
            "--supplier",
            help="who sent it, by short name, full name or key; if not given, whom it names",
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take in each file, and tell."""
        council = _organisation(options["council"], Kind.COUNCIL)
        supplier = _organisation(options["supplier"], Kind.SUPPLIER)
        fates = [_fate(path, council, supplier) for path in options["files"]]
        if options["json"]:
            self.stdout.write(json.dumps(fates, indent=2, ensure_ascii=False))
        else:
            console = Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type]  # it writes
            for fate in fates:
                console.print(_told(fate), markup=False)
        refused = sum(fate["fate"] == ArrivalStatus.REFUSED for fate in fates)
        if refused:
            files = "file was" if refused == 1 else "files were"
            raise CommandError(f"{refused} {files} refused.", returncode=REFUSED)


def _fate(
    path: Path, council: Organisation | None, supplier: Organisation | None
) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_BYTES else b""
    except OSError as error:
        raise CommandError(
            f"{path} cannot be opened: {error.strerror}.", returncode=MISUSED
        ) from error
    whose = council or _council_of(content)
    if whose is None:
        detail = "We cannot tell which council it is for. Say so by --council."
        return {"file": str(path), "fate": ArrivalStatus.REFUSED.value, "detail": detail}
    with tenant(whose.pk):
        try:
            if size > LARGEST_BYTES:
                return _too_large(path, size, whose, supplier)
            arrival = take_invoice(
                council_id=whose.pk,
                sender=None,
                supplier_id=supplier.pk if supplier else None,
                name=path.name,
                content=content,
                channel=Channel.COMMAND,
                at=timezone.now(),
            )
            read = read_arrival(council_id=whose.pk, arrival_id=arrival.pk, at=timezone.now())
        except Refusal as refusal:
            fate = {"file": str(path), "fate": ArrivalStatus.REFUSED.value}
            return {**fate, "code": refusal.code, "detail": refusal.detail}
        return {"file": str(path), **_fate_of(read)}


def _council_of(content: bytes) -> Organisation | None:
    """Return the one council that a document is made out to, None where that is not plain."""
    try:
        buyer = read_invoice(open_document(content)).invoice.buyer
    except DocumentRefused:
        councils = list(Organisation.objects.filter(kind=Kind.COUNCIL)[:2])
    else:
        councils = list(councils_named(buyer)[:2])
    return councils[0] if len(councils) == 1 else None


def _too_large(
    path: Path, size: int, council: Organisation, supplier: Organisation | None
) -> dict[str, Any]:
    """Leave in the trail that it came, and its hash, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    detail = f"The largest file that we take in is {LARGEST_BYTES / 1_000_000:g} MB."
    refuse_unread(
        council_id=council.pk,
        sender=None,
        supplier_id=supplier.pk if supplier else None,
        name=path.name,
        sha256=digest.hexdigest(),
        size_bytes=size,
        detail=detail,
        at=timezone.now(),
    )
    return {
        "file": str(path),
        "fate": ArrivalStatus.REFUSED.value,
        "code": FileTooLarge.code,
        "detail": detail,
    }


def _fate_of(arrival: Arrival) -> dict[str, Any]:
    if arrival.status == ArrivalStatus.REFUSED:
        return {
            "fate": arrival.status,
            "arrival": str(arrival.pk),
            "code": arrival.refusal_code,
            "detail": arrival.refusal_detail,
        }
    found = Invoice.objects.select_related("supplier", "order").get(arrival=arrival)
    numbers = dict(found.lines.values_list("place", "number"))
    findings = findings_of(found, found.council_id).exclude(severity=Severity.NOTE.value)
    return {
        "fate": found.status,
        "arrival": str(arrival.pk),
        "invoice": str(found.pk),
        "number": found.number,
        "supplier": found.supplier.name if found.supplier else "",
        "order": found.order.number if found.order else "",
        "gross_amount": str(found.gross_amount),
        "currency": found.currency,
        "pay_by_on": found.pay_by_on.isoformat(),
        "findings": [{"code": each.code, "said": told(each, numbers).said} for each in findings],
    }


def _told(fate: dict[str, Any]) -> str:
    """Return what became of a file, for people."""
    if "invoice" not in fate:
        return f"{fate['file']}: refused. {fate['detail']}"
    words = {"MATCHED": "agrees with its order", "HELD": "held", "REPEAT": "came before"}
    first = (
        f"{fate['file']}: {fate['number']} of {fate['supplier'] or 'nobody we know'},"
        f" {fate['gross_amount']} {fate['currency']}: {words.get(fate['fate'], fate['fate'])}."
    )
    return "\n".join([first, *(f"  {each['said']}" for each in fate["findings"])])


def _organisation(name: str | None, kind: Kind) -> Organisation | None:
    if not name:
        return None
    rows = Organisation.objects.filter(kind=kind)
    found = rows.filter(Q(slug=name.lower()) | Q(name__iexact=name) | _key(name)).first()
    if found is None:
        known = rows.order_by("slug").values_list("slug", flat=True)[:MOST_NAMED]
        names = ", ".join(known) or "there is none yet"
        raise CommandError(
            f"There is no {kind.lower()} {name!r}. There are: {names}.", returncode=MISUSED
        )
    return found


def _key(name: str) -> Q:
    """Return the condition that an organisation has this key; none has what is no key."""
    try:
        return Q(pk=UUID(name))
    except ValueError:
        return Q(pk=None)
