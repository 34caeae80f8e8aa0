"""Reading what arrived, for workers and commands: judged twice, recognised, kept, compared.

The judging takes a second and holds nothing. Everything else is one transaction for each arrival,
so that a worker which dies leaves it waiting, and one that comes again finds it done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from invoicing.formats.gate import Document, DocumentRefused, open_document
from invoicing.formats.model import Reading
from invoicing.formats.reading import read_invoice
from invoicing.intake.recognising import Recognised, recognised, same_firm
from invoicing.intake.rules import (
    Figures,
    NotOneLine,
    TooLarge,
    figures_of,
    lines_asked,
    missing_figures,
    pay_by,
)
from invoicing.intake.services.arrivals import refuse_waiting
from invoicing.judging.findings import Finding as Judgement
from invoicing.judging.findings import Severity as Judged
from invoicing.judging.official import Verdict, judge_officially
from invoicing.judging.own import judge_ourselves
from invoicing.judging.wording import said
from invoicing.matching.duplicates import (
    Likeness,
    Resemblance,
    Seen,
    asks_key,
    look_key,
    number_key,
    resemblances,
)
from invoicing.matching.found import Found, by_a_judge, by_likeness
from invoicing.matching.services import compare_invoice, keep_findings, record_comparison
from invoicing.models import Arrival, Invoice, InvoiceLine, InvoiceTax
from invoicing.settling.services.telling import tell_of_dispute
from invoicing.states import ArrivalStatus, InvoiceKind, InvoiceStatus, Source
from marketplace.audit.services import record
from marketplace.core.models import busy_if_held
from marketplace.documents.selectors import NotClean, bytes_for_programs

UNREADABLE: Final = "e-invoice.figures-missing"
NUMBER_NOT_ONE_LINE: Final = "e-invoice.number-not-one-line"
TOO_LARGE: Final = "e-invoice.figure-too-large"
# The first half of the key, which keeps clear of other advisory locks.
_TAKING_IN = 6_916_931
# In the order of the keys, so that two who take in of one firm do not wait for each other.
_HOLD_TAKING_IN = """
    SELECT pg_advisory_xact_lock(%s, held.key) FROM (
        SELECT DISTINCT hashtext(whose.key) AS key FROM unnest(%s::text[]) AS whose (key)
        ORDER BY 1
    ) AS held
"""
ONCE = (Source.JUDGE, Source.OFFICIAL, Source.INTAKE, Source.DUPLICATE)
_GONE = [InvoiceStatus.REPEAT.value, InvoiceStatus.SENT_BACK.value]
MOST_SAID = 10


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says, and what both layers of judges say to it."""

    document: Document
    reading: Reading
    own: tuple[Judgement, ...]
    official: tuple[Judgement, ...]
    rules_version: str


def read_arrival(*, council_id: UUID, arrival_id: UUID, at: datetime) -> Arrival:
    """Read a file that waits: keep its invoice and compare it, or refuse it with the reason.

    Shapes: for one that was read before it does nothing.
    Raises: Missing; Busy.
    """
    arrival = Arrival.objects.of(council_id).one(arrival_id)
    if arrival.status != ArrivalStatus.WAITS:
        return arrival
    try:
        content = bytes_for_programs(council_id, arrival.document_id)
        read = judged(content, arrival.received_at)
    except (NotClean, DocumentRefused) as refusal:
        return refuse_waiting(
            council_id=council_id,
            arrival_id=arrival_id,
            code=refusal.code,
            detail=refusal.detail,
            at=at,
        )
    missing = missing_figures(read.reading.invoice)
    try:
        figures = None if missing else figures_of(read.reading.invoice)
    except NotOneLine as number:
        words = _("Its number has a line break or a sign that does not show: %(number)s.")
        code, detail = NUMBER_NOT_ONE_LINE, words % {"number": ascii(str(number))}
        figures = None
    except TooLarge as figure:
        words = _("“%(figure)s” is longer than any figure that we keep.")
        code, detail, figures = TOO_LARGE, words % {"figure": str(figure)}, None
    else:
        code, detail = UNREADABLE, _in_words(missing, read)
    if figures is None:
        return refuse_waiting(
            council_id=council_id, arrival_id=arrival_id, code=code, detail=detail, at=at
        )
    return keep_invoice(
        council_id=council_id, arrival_id=arrival_id, read=read, figures=figures, at=at
    )


def judged(content: bytes, received_at: datetime) -> Read:
    """Read a file and have both layers of judges look at it.

    Raises: DocumentRefused, by its kinds.
    """
    document = open_document(content)
    reading = read_invoice(document)
    own = judge_ourselves(document, reading, on=timezone.localdate(received_at))
    # What lacks what every invoice must say is refused anyway, and the rules cost the most.
    lacks = missing_figures(reading.invoice)
    verdict = Verdict((), "") if lacks else judge_officially(document)
    return Read(document, reading, tuple(own), verdict.findings, verdict.rules_version)


def _in_words(missing: list[str], read: Read) -> str:
    """Say what is missing, and what the judges say of it, the gravest of it first."""
    if not missing:
        return ""
    blocked = [said(each) for each in (*read.own, *read.official) if each.severity is Judged.BLOCK]
    first = _("It does not say what every invoice must: %(terms)s.") % {"terms": ", ".join(missing)}
    return "\n".join([first, *dict.fromkeys(blocked)][: MOST_SAID + 1])


@transaction.atomic
def keep_invoice(
    *, council_id: UUID, arrival_id: UUID, read: Read, figures: Figures, at: datetime
) -> Arrival:
    """Keep the invoice that was read of a file, tell it from those before it, and compare it.

    Shapes: for a file that was read meanwhile it does nothing.
    Raises: Missing; Busy.
    """
    arrival = Arrival.objects.of(council_id).lock(arrival_id)
    if arrival.status != ArrivalStatus.WAITS:
        return arrival
    whose = recognised(arrival, read.reading.invoice)
    # One at a time, or two copies would each find that there is no other.
    firm = same_firm(whose.supplier_id)
    hold_taking_in(council_id, firm)
    invoice = _invoice(arrival, read, figures, whose, at)
    like = likenesses(invoice, firm)
    repeated = repeated_by(like)
    if repeated is not None:
        invoice.repeats_id = repeated
        invoice.move("set_aside")
    invoice.save(force_insert=True)
    _keep_parts(invoice, figures)
    arrival.move("take")
    arrival.read_at = at
    arrival.save(update_fields=["status", "read_at"])
    if repeated is None:
        found = [*whose.found, *map(by_likeness, like), *judgements(read, figures)]
        keep_findings(invoice=invoice, sources=ONCE, found=found, at=at)
        compared = compare_invoice(invoice=invoice, at=at)
    record(
        "invoice.read",
        invoice,
        actor=None,
        at=at,
        organisation_id=council_id,
        counterparty_id=invoice.supplier_id,
        after={
            "number": invoice.number,
            "gross_amount": invoice.gross_amount,
            "rules_version": invoice.rules_version,
            "sha256": invoice.sha256,
        },
    )
    if repeated is None:  # which tells of itself what came of it
        record_comparison(compared, at=at)
        if invoice.status == InvoiceStatus.HELD:
            tell_of_dispute(council_id=council_id, invoice_id=invoice.pk, at=at)
    return arrival


def hold_taking_in(council_id: UUID, firm: Sequence[UUID]) -> None:
    """Have one invoice of a firm to a council taken in at a time, until the transaction ends.

    Shapes: all that nobody known sent are one firm's.
    Raises: Busy when another has held it for longer than lock_timeout.
    """
    with busy_if_held(), connection.cursor() as cursor:
        whose = [f"{council_id}:{each}" for each in firm] or [str(council_id)]
        cursor.execute(_HOLD_TAKING_IN, [_TAKING_IN, whose])


def _invoice(
    arrival: Arrival, read: Read, figures: Figures, whose: Recognised, at: datetime
) -> Invoice:
    stated = read.reading.invoice
    kind = InvoiceKind.CREDIT_NOTE if stated.is_credit_note else InvoiceKind.INVOICE
    received_on = timezone.localdate(arrival.received_at)
    facts, number = figures.invoice, figures.invoice["number"]
    return Invoice(
        **figures.invoice,
        council_id=arrival.council_id,
        supplier_id=whose.supplier_id,
        arrival=arrival,
        document_id=arrival.document_id,
        order=whose.order,
        credits=whose.credits,
        sha256=arrival.sha256,
        syntax=read.document.syntax.value,
        rules_version=read.rules_version[:60],
        kind=kind.value,
        number_key=number_key(number)[:200],
        look_key=look_key(number)[:200],
        asks_key=asks_key(
            facts["order_reference"],
            facts["credited_reference"],
            facts["payable_amount"],
            lines_asked(figures),
        ),
        received_at=arrival.received_at,
        pay_by_on=pay_by(received_on, figures.invoice["due_on"]),
    )


def likenesses(invoice: Invoice, firm: Sequence[UUID]) -> list[Resemblance]:
    """Return the invoices before it that an invoice is like. Shapes: as resemblances has it."""
    return resemblances(_seen(invoice), _known(invoice, firm))


def _seen(invoice: Invoice) -> Seen:
    return Seen(
        invoice.pk,
        invoice.sha256,
        invoice.kind,
        invoice.number,
        invoice.issued_on,
        invoice.gross_amount,
        invoice.supplier_id,
        invoice.asks_key,
    )


def _known(invoice: Invoice, firm: Sequence[UUID]) -> list[Seen]:
    """Return the invoices before it that it may be like, the earliest first.

    Shapes: of the same firm, or likewise of nobody known; the same file from anybody. What was
    sent back, or was a repeat itself, is not among them.
    """
    of_theirs = Q(supplier_id__in=firm)
    if invoice.supplier_id is None:
        of_theirs = Q(supplier__isnull=True, seller_name=invoice.seller_name)
    alike = Q(number_key=invoice.number_key) | Q(gross_amount=invoice.gross_amount)
    rows = Invoice.objects.of(invoice.council_id).filter(council_id=invoice.council_id)
    rows = rows.filter(Q(sha256=invoice.sha256) | (of_theirs & alike))
    return [_seen(each) for each in rows.exclude(status__in=_GONE).order_by("id")]


def repeated_by(like: list[Resemblance]) -> UUID | None:
    """Return the invoice that one is a repeat of, if it is of any."""
    first = like[0] if like else None
    return first.invoice_id if first and first.likeness is Likeness.REPEAT else None


def _keep_parts(invoice: Invoice, figures: Figures) -> None:
    council_id, supplier_id = invoice.council_id, invoice.supplier_id
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, council_id=council_id, supplier_id=supplier_id, **each)
        for each in figures.lines
    )
    InvoiceTax.objects.bulk_create(
        InvoiceTax(invoice=invoice, council_id=council_id, supplier_id=supplier_id, **each)
        for each in figures.taxes
    )


def judgements(read: Read, figures: Figures) -> Iterator[Found]:
    """Yield what the judges found, each at the line of which it speaks."""
    places: dict[str, int] = {}
    for line in figures.lines:
        places.setdefault(line["number"], line["place"])
    for source, findings in ((Source.JUDGE, read.own), (Source.OFFICIAL, read.official)):
        for each in findings:
            place = places.get(each.line[:100]) if each.line else None
            yield by_a_judge(each, source, place)
