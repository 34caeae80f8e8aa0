"""Taking in what arrives: its bytes are kept whatever they are, and what can be read is read next.

What is no electronic invoice is kept too, with the reason, so that nobody can say that it was never
sent. Only what is too large to be kept leaves no more than its size and hash.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from invoicing.formats.gate import LARGEST_BYTES, DocumentRefused, FileTooLarge, open_document
from invoicing.models import Arrival
from invoicing.states import ArrivalStatus, Channel
from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Forbidden, Missing
from marketplace.documents.services import store_document
from marketplace.jobs.services import wake
from marketplace.organisations.models import SupplierLink

UBL: Final = "application/xml"
ANYTHING: Final = "application/octet-stream"


class SendingNotAllowed(Forbidden):
    """This person may not send in invoices here."""

    code = "invoice.sending-not-allowed"
    title = gettext_lazy("You cannot send in an invoice here.")


def take_invoice(
    *,
    council_id: UUID,
    sender: Actor | None,
    supplier_id: UUID | None,
    name: str,
    content: bytes,
    channel: Channel,
    at: datetime,
) -> Arrival:
    """Keep a file that arrived as evidence, judge whether it can be read, and owe the reading.

    Shapes: `sender` is a person of the council with finance, or of the supplier; None for an
    operator. `supplier_id` is who sent it, where that is known. An arrival whose status is REFUSED
    says why; the same bytes again are an arrival of their own.
    Raises: SendingNotAllowed; Missing for a council that does not buy from the supplier;
    FileTooLarge, of which nothing but its size and hash is kept; Busy.
    """
    _check(council_id, sender, supplier_id)
    if len(content) > LARGEST_BYTES:
        try:
            open_document(content)
        except FileTooLarge as refusal:
            refuse_unread(
                council_id=council_id,
                sender=sender,
                supplier_id=supplier_id,
                name=name,
                sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content),
                detail=refusal.detail,
                at=at,
            )
            raise
    return keep_arrival(
        council_id=council_id,
        sender=sender,
        supplier_id=supplier_id,
        name=name,
        content=content,
        channel=channel,
        at=at,
    )


def _check(council_id: UUID, sender: Actor | None, supplier_id: UUID | None) -> None:
    if sender is not None:
        _check_sender(council_id, sender, supplier_id)
    if supplier_id is not None:
        links = SupplierLink.objects.of(supplier_id).filter(supplier_id=supplier_id)
        if not links.filter(council_id=council_id).exists():
            raise Missing(_("The council does not buy from this supplier."))


def _check_sender(council_id: UUID, sender: Actor, supplier_id: UUID | None) -> None:
    if sender.kind == OrganisationKind.COUNCIL:
        if sender.organisation_id != council_id:
            raise Missing(_("There is no such council here."))
        is_allowed = sender.holds(Role.FINANCE)
    else:
        is_allowed = sender.holds(Role.SUPPLIER) and sender.organisation_id == supplier_id
    if not is_allowed:
        raise SendingNotAllowed


@transaction.atomic
def keep_arrival(
    *,
    council_id: UUID,
    sender: Actor | None,
    supplier_id: UUID | None,
    name: str,
    content: bytes,
    channel: Channel,
    at: datetime,
) -> Arrival:
    """Write an arrival with its bytes; what the gate lets through waits, and is owed its reading.

    Shapes: as take_invoice, which has checked who may.
    """
    refusal = _refusal_of(content)
    document = store_document(
        organisation_id=council_id,
        counterparty_id=supplier_id,
        stored_by_id=sender.organisation_id if sender else council_id,
        name=name,
        media_type=ANYTHING if refusal else UBL,
        content=content,
        at=at,
        from_outside=True,
    )
    arrival = Arrival(
        council_id=council_id,
        supplier_id=supplier_id,
        document=document,
        sha256=document.sha256,
        name=document.name,
        size_bytes=document.size_bytes,
        channel=channel.value,
        received_at=at,
        sent_by_id=sender.user_id if sender else None,
        sent_by_name=sender.name if sender else "",
    )
    if refusal is not None:
        arrival.move("refuse")
        arrival.read_at = at
        arrival.refusal_code, arrival.refusal_detail = refusal.code, refusal.detail
    arrival.save(force_insert=True)
    _record(
        "arrival.refused" if refusal else "invoice.arrived",
        arrival,
        sender,
        at,
        {
            "sha256": arrival.sha256,
            "size_bytes": arrival.size_bytes,
            "channel": arrival.channel,
            **({"reason": refusal.code} if refusal else {}),
        },
    )
    if refusal is None:
        _owe_reading(arrival, sender)
    return arrival


# What is kept is read by both sides, so it stands in one language, whoever sent the file.
@override(settings.LANGUAGE_CODE)
def _refusal_of(content: bytes) -> DocumentRefused | None:
    try:
        open_document(content)
    except DocumentRefused as refusal:
        return refusal
    return None


def _owe_reading(arrival: Arrival, sender: Actor | None) -> None:
    """Owe the reading for whoever acts: a supplier owes no jobs of a council's."""
    acting_id = sender.organisation_id if sender else arrival.council_id
    wake(
        "invoicing.read_arrival",
        key=f"arrival:{arrival.pk}:read",
        organisation_id=acting_id,
        payload={"council_id": str(arrival.council_id), "arrival_id": str(arrival.pk)},
    )


def _record(
    verb: str, arrival: Arrival, sender: Actor | None, at: datetime, after: dict[str, object]
) -> None:
    """Append to the trail of whoever did it, for both sides to read."""
    is_suppliers = sender is not None and sender.kind == OrganisationKind.SUPPLIER
    mine, other = arrival.council_id, arrival.supplier_id
    if is_suppliers and other is not None:
        mine, other = other, mine
    record(
        verb,
        arrival,
        actor=sender,
        at=at,
        organisation_id=mine,
        counterparty_id=other,
        after=after,
    )


@transaction.atomic
def refuse_unread(
    *,
    council_id: UUID,
    sender: Actor | None,
    supplier_id: UUID | None,
    name: str,
    sha256: str,
    size_bytes: int,
    detail: str,
    at: datetime,
) -> None:
    """Leave in the trail that a file came which is too large to be kept, with size and hash."""
    arrival = Arrival(council_id=council_id, supplier_id=supplier_id, name=name[:200])
    after: dict[str, object] = {
        "sha256": sha256,
        "size_bytes": size_bytes,
        "reason": FileTooLarge.code,
        "detail": detail,
    }
    _record("arrival.refused", arrival, sender, at, after)


_GIVEN_UP: Final = gettext_lazy(
    "We tried to read this file several times and could not. Nothing was booked. Send it again, and"
    " tell us if that does not work."
)


def give_up_arrival(*, council_id: UUID, arrival_id: UUID, at: datetime) -> Arrival:
    """Say of a file that waits that it cannot be read, after trying to no end.

    Shapes: for one that was read before it does nothing.
    Raises: Missing; Busy.
    """
    return refuse_waiting(
        council_id=council_id,
        arrival_id=arrival_id,
        code="e-invoice.given-up",
        detail=str(_GIVEN_UP),
        at=at,
    )


@transaction.atomic
def refuse_waiting(
    *, council_id: UUID, arrival_id: UUID, code: str, detail: str, at: datetime
) -> Arrival:
    """Say that no invoice can be read of a file that waits, and why.

    Shapes: for one that was read meanwhile it does nothing.
    Raises: Missing; Busy.
    """
    arrival = Arrival.objects.of(council_id).lock(arrival_id)
    if arrival.status != ArrivalStatus.WAITS:
        return arrival
    arrival.move("refuse")
    arrival.read_at = at
    arrival.refusal_code, arrival.refusal_detail = code[:60], detail
    arrival.save(update_fields=["status", "read_at", "refusal_code", "refusal_detail"])
    record(
        "arrival.refused",
        arrival,
        actor=None,
        at=at,
        organisation_id=council_id,
        counterparty_id=arrival.supplier_id,
        after={"reason": arrival.refusal_code, "detail": detail[:2000]},
    )
    return arrival
