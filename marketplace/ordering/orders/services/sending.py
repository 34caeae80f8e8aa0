"""Sending an order: its papers are made once, kept, shown to the supplier and posted.

Nothing outside is called in here. The letter is a row of the outbox, and posting it is claimed,
called and recorded by marketplace.notifications; so an order that is marked as sent always has
its papers, and a mail server that is down holds up nothing but the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden
from marketplace.core.ubl import Party, address_from_text
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.notifications.services import notify
from marketplace.ordering.bought import rules
from marketplace.ordering.links import supplier_order_link
from marketplace.ordering.models import Order, OrderLine, Transmission
from marketplace.ordering.orders.paper import OrderPaper, PaperLine
from marketplace.ordering.orders.pdf import order_pdf
from marketplace.ordering.orders.ubl import order_ubl
from marketplace.ordering.states import Channel, OrderStatus
from marketplace.organisations.models import Organisation


class ResendNotAllowed(Forbidden):
    """This person may not send this order again."""

    code = "order.resend-not-allowed"
    title = gettext_lazy("You cannot send this order again.")


class NothingToResend(Conflict):
    """Only what was sent and not yet answered is sent again."""

    code = "order.nothing-to-resend"
    title = gettext_lazy("This order cannot be sent again.")


@transaction.atomic
def send_order(*, council_id: UUID, order_id: UUID, at: datetime) -> Order:
    """Make an order's papers, let the supplier see it, and owe the letter.

    Shapes: run again for an order that was sent, or cancelled before, it does nothing.
    Raises: Missing; Busy.
    """
    order = Order.objects.of(council_id).lock(order_id)
    if order.status != OrderStatus.RAISED:
        return order
    lines = list(order.lines.order_by("line_number"))
    sides = Organisation.objects.in_bulk([order.council_id, order.supplier_id])
    supplier = sides[order.supplier_id]
    paper = _paper(order, lines, sides[order.council_id], supplier)
    documents = [
        store_document(
            organisation_id=council_id,
            counterparty_id=order.supplier_id,
            name=f"{order.number}.{ending}",
            media_type=media_type,
            content=content,
            at=at,
        )
        for ending, media_type, content in (
            ("pdf", "application/pdf", order_pdf(paper)),
            ("xml", "application/xml", order_ubl(paper)),
        )
    ]
    before = {"status": order.status}
    order.move("send")
    order.sent_at = at
    order.pdf, order.ubl = documents
    order.version += 1
    order.save(update_fields=["status", "sent_at", "pdf", "ubl", "version"])
    _transmit(order, supplier, documents, attempt=1, by="", at=at)
    record(
        "order.sent",
        order,
        actor=None,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        before=before,
        after={
            "status": order.status,
            "sha256": {document.name: document.sha256 for document in documents},
        },
    )
    _write_to(supplier, order, documents, attempt=1, at=at)
    return order


@transaction.atomic
def resend_order(*, order_id: UUID, buyer: Actor, at: datetime) -> Order:
    """Send the very same papers once more.

    Raises: Missing; ResendNotAllowed; NothingToResend; Busy.
    """
    orders = Order.objects.of(buyer.organisation_id).filter(council_id=buyer.organisation_id)
    order = orders.lock(order_id)
    if order.contact_id != buyer.user_id and not buyer.holds("buyer", "finance"):
        raise ResendNotAllowed(_("Only the person who ordered it, or a buyer, can send it again."))
    if order.status != OrderStatus.SENT:
        raise NothingToResend(_("Only an order that was sent and not yet answered can be."))
    kept = Document.objects.defer("content").in_bulk([order.pdf_id, order.ubl_id])
    documents = [kept[key] for key in (order.pdf_id, order.ubl_id) if key is not None]
    supplier = Organisation.objects.get(pk=order.supplier_id)
    last = order.transmissions.order_by("-attempt").values_list("attempt", flat=True).first() or 0
    _transmit(order, supplier, documents, attempt=last + 1, by=buyer.name, at=at)
    record(
        "order.resent",
        order,
        actor=buyer,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        after={"attempt": last + 1},
    )
    _write_to(supplier, order, documents, attempt=last + 1, at=at)
    return order


def _transmit(
    order: Order,
    supplier: Organisation,
    documents: Sequence[Document],
    *,
    attempt: int,
    by: str,
    at: datetime,
) -> None:
    """Write down what goes which way."""
    ways = [(Channel.PORTAL, "")]
    if supplier.email:
        ways.append((Channel.EMAIL, supplier.email))
    Transmission.objects.bulk_create(
        Transmission(
            council_id=order.council_id,
            supplier_id=order.supplier_id,
            order=order,
            attempt=attempt,
            channel=channel,
            document=document,
            sha256=document.sha256,
            to=to,
            sent_by_name=by,
            at=at,
        )
        for channel, to in ways
        for document in documents
    )


def _write_to(
    supplier: Organisation,
    order: Order,
    documents: Sequence[Document],
    *,
    attempt: int,
    at: datetime,
) -> None:
    """Owe the supplier the letter, if it has an address."""
    if supplier.email:
        notify(
            organisation_id=order.council_id,
            to=supplier.email,
            subject=(
                _("Copy: order %(number)s from %(council)s")
                if attempt > 1
                else _("Order %(number)s from %(council)s")
            )
            % {"number": order.number, "council": order.council.name},
            body=_(
                "%(council)s orders goods for £%(amount)s with VAT. The order is attached, to read"
                " and for your computer. Please say on its page what you can deliver and when."
            )
            % {"council": order.council.name, "amount": f"{order.gross_amount:,.2f}"},
            link=supplier_order_link(order.pk),
            key=f"order:{order.pk}:sent:{attempt}",
            attachments=documents,
            at=at,
        )


def _paper(
    order: Order, lines: Sequence[OrderLine], council: Organisation, supplier: Organisation
) -> OrderPaper:
    order.council = council
    sums = rules.totals(lines)
    return OrderPaper(
        number=order.number,
        issued_at=order.raised_at,
        ordered_on=timezone.localdate(order.raised_at),
        council=_party(council, contact_name=order.contact_name, email=order.contact_email),
        supplier=_party(supplier, email=supplier.email),
        deliver_to=order.deliver_to,
        needed_by_on=order.needed_by_on,
        lines=tuple(_paper_line(line) for line in lines),
        vat=sums.breakdown,
        net_amount=sums.net_amount,
        vat_amount=sums.vat_amount,
        link=f"{settings.SITE_ADDRESS}{supplier_order_link(order.pk)}",
        colour=council.colour,
    )


def _party(organisation: Organisation, *, email: str, contact_name: str = "") -> Party:
    return Party(
        name=organisation.name,
        address=address_from_text(organisation.address, organisation.postcode),
        vat_number=organisation.vat_number,
        company_number=organisation.company_number,
        email=email,
        telephone=organisation.telephone,
        contact_name=contact_name,
    )


def _paper_line(line: OrderLine) -> PaperLine:
    return PaperLine(
        line_number=line.line_number,
        part_number=line.part_number,
        name=line.name,
        category=line.category,
        unit=line.unit,
        unit_label=line.unit_label,
        pack_size=line.pack_size,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net_amount=line.net_amount,
        vat_category=line.vat_category,
        vat_rate_percent=line.vat_rate_percent,
    )
