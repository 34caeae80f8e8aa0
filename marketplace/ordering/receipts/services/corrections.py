"""Putting right what was counted or typed wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem
from marketplace.ordering.models import OrderLine, Receipt, ReceiptLine
from marketplace.ordering.receipts.rules import ReceivedLine, Room
from marketplace.ordering.receipts.services.booking import (
    Counted,
    Said,
    book_receipt,
    owe_comparison,
)
from marketplace.ordering.receipts.services.counting import check_counted, hold_order, lines_of
from marketplace.ordering.states import ReceiptKind


class CorrectionStays(Conflict):
    """A correction is not corrected, but what it corrects."""

    code = "receipt.is-correction"
    title = gettext_lazy("A correction cannot be corrected.")


class NothingToCorrect(Conflict):
    """The receipt says already what it should say."""

    code = "receipt.nothing-to-correct"
    title = gettext_lazy("Nothing would change.")


@transaction.atomic
def correct_receipt(
    *,
    receipt_id: UUID,
    receiver: Actor,
    lines: Sequence[ReceivedLine],
    reason: str,
    at: datetime,
    version: int | None = None,
) -> Receipt:
    """Put right what a receipt should have said; the difference is a receipt of its own.

    Shapes: `lines` say how much of each line truly came, or truly went back, nought if nothing;
    lines that are left out stay. It counts on the day of the receipt that it corrects. `version` is
    the order's that was seen, None for whatever there is.
    Raises: Missing; ReceiptNotAllowed; OrderChanged; NothingToReceive; CorrectionStays;
    ReceiptNotRight; NothingToCorrect; BooksNotReady; OverBudget when what is to be promised again
    went to somebody else meanwhile; Busy.
    """
    council_id = receiver.organisation_id
    wrong = Receipt.objects.of(council_id).filter(council_id=council_id).one(receipt_id)
    order = hold_order(wrong.order_id, receiver, version)
    if wrong.kind == ReceiptKind.CORRECTED:
        raise CorrectionStays(_("Correct the receipt that it belongs to once more."))
    ordered, counted = lines_of(order), counts_of(wrong)
    others = []
    if not reason.strip():
        others.append(FieldProblem("reason", _("Say what was wrong. The supplier reads it.")))
    rooms = {key: _room(ordered[key], wrong, count) for key, count in counted.items()}
    check_counted(lines, rooms, others, smallest=Decimal(0))
    changes = _changes(wrong, ordered, counted, lines)
    if not changes:
        raise NothingToCorrect(_("Change at least one quantity."))
    said = Said(ReceiptKind.CORRECTED, wrong.received_on, reason, corrects_id=wrong.pk)
    receipt = book_receipt(order, changes, said, receiver=receiver, at=at)
    record(
        "receipt.corrected",
        receipt,
        actor=receiver,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        after={
            "order": order.number,
            "corrects": wrong.number,
            "lines": receipt.lines_count,
            "net_amount": receipt.net_amount,
        },
        note=receipt.note,
    )
    owe_comparison(receipt)
    return receipt


def counts_of(receipt: Receipt) -> dict[UUID, Decimal]:
    """Return what a receipt says of each line by now, corrections and all; above nought."""
    rows = ReceiptLine.objects.of(receipt.council_id).filter(
        Q(receipt=receipt) | Q(receipt__corrects=receipt)
    )
    sums = rows.values_list("order_line_id").annotate(count=Sum("quantity")).order_by()
    return {key: abs(count) for key, count in sums}


def _room(line: OrderLine, receipt: Receipt, count: Decimal) -> Room:
    """Return between what the right count of a line must lie.

    What came is at most what it says and what is still to come, and at least what has gone back
    since. What went back is at most what it says and what is here, and at least so much that what
    came for it has room.
    """
    if receipt.kind == ReceiptKind.RETURNED:
        most = count + line.received_quantity
        least = count - line.to_come_quantity if receipt.is_replaced else Decimal(0)
    else:
        most = count + line.to_come_quantity
        least = count - line.received_quantity
    return Room(line.unit, most, max(least, Decimal(0)))


def _changes(
    receipt: Receipt,
    ordered: Mapping[UUID, OrderLine],
    counted: Mapping[UUID, Decimal],
    lines: Sequence[ReceivedLine],
) -> list[Counted]:
    """Return by how much lines change."""
    is_return = receipt.kind == ReceiptKind.RETURNED
    found = []
    for each in lines:
        more = each.quantity - counted[each.order_line_id]
        if more:
            line = ordered[each.order_line_id]
            left_out = more if is_return and not receipt.is_replaced else Decimal(0)
            found.append(Counted(line, -more if is_return else more, left_out))
    return found
