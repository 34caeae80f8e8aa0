"""Keeping a receipt: its rows, what it changes in the books, and what is promised because of it.

A deed inside somebody else's service, which holds the order, has checked what was counted, and
records. The number of statements does not grow with the number of lines. Units: GBP without VAT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict
from marketplace.jobs.services import wake
from marketplace.ledger.rules import JournalDraft, Posting
from marketplace.ledger.services.commitments import Document, release_commitment
from marketplace.ledger.services.controls import ControlAccountMissing, required_accounts
from marketplace.ledger.services.journals import post_journal
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.ledger.states import AccountRole, JournalKind
from marketplace.ordering.bought.rules import order_number, part_of
from marketplace.ordering.models import Order, OrderLine, Receipt, ReceiptLine
from marketplace.ordering.orders.services.orders import KIND as ORDER
from marketplace.ordering.receipts.rules import PREFIX
from marketplace.ordering.states import ReceiptKind
from marketplace.organisations.services.numbers import next_number

KIND = "receipt"
_CANCEL_LINES = """
    UPDATE ordering_orderline AS line
    SET cancelled_quantity = line.cancelled_quantity + said.quantity
    FROM unnest(%s::uuid[], %s::numeric[]) AS said (line_id, quantity)
    WHERE line.id = said.line_id AND line.order_id = %s
"""


class BooksNotReady(Conflict):
    """The council has no account for what was received, or no month that is open."""

    code = "receipt.books-not-ready"
    title = gettext_lazy("Goods cannot be booked in yet.")


@dataclass(frozen=True, slots=True)
class Counted:
    """What changes of one line: so much came, or went if below nought, and so much less is to come.

    Shapes: `cancelled` is how much more of it will not come any more; the line is as it was before.
    """

    line: OrderLine
    quantity: Decimal
    cancelled: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """What it changes in the books."""
        before = self.line.received_quantity
        after = part_of(self.line.net_amount, self.line.quantity, before + self.quantity)
        return after - part_of(self.line.net_amount, self.line.quantity, before)

    @property
    def less_to_come(self) -> Decimal:
        """By how much less of it is to come; below nought if more is."""
        return self.quantity + self.cancelled

    @property
    def is_over(self) -> bool:
        """Whether nothing more of it is to come."""
        return self.line.to_come_quantity == self.less_to_come


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on a receipt beside its lines."""

    kind: ReceiptKind
    day: date
    note: str = ""
    delivery_note: str = ""
    is_replaced: bool = False
    corrects_id: UUID | None = None


def book_receipt(
    order: Order, counted: Sequence[Counted], said: Said, *, receiver: Actor, at: datetime
) -> Receipt:
    """Keep a receipt and post it; what is worth nothing is kept and not posted.

    Raises: BooksNotReady; OverBudget when what would be promised again went to somebody else.
    """
    order.version += 1
    order.save(update_fields=["version"])
    receipt, lines = _rows(order, counted, said, receiver, at)
    # What will not come any more and what has come are never more than was ordered, at no moment.
    _cancel_lines(order, [each for each in counted if each.cancelled < 0])
    Receipt.objects.bulk_create([receipt])
    ReceiptLine.objects.bulk_create(lines)
    _cancel_lines(order, [each for each in counted if each.cancelled > 0])
    _post(order, receipt, list(zip(counted, lines, strict=True)), receiver, at)
    return receipt


def _rows(
    order: Order, counted: Sequence[Counted], said: Said, receiver: Actor, at: datetime
) -> tuple[Receipt, list[ReceiptLine]]:
    sides = {"council_id": order.council_id, "supplier_id": order.supplier_id}
    year = financial_year(said.day)
    receipt = Receipt(
        **sides,
        order=order,
        number=order_number(PREFIX, year, next_number(order.council_id, KIND, year)),
        kind=said.kind.value,
        received_on=said.day,
        delivery_note=said.delivery_note.strip(),
        note=said.note.strip(),
        is_replaced=said.is_replaced,
        corrects_id=said.corrects_id,
        by_id=receiver.user_id,
        by_name=receiver.name,
        at=at,
        lines_count=len(counted),
        net_amount=sum((each.amount for each in counted), Decimal(0)),
    )
    lines = [
        ReceiptLine(
            **sides,
            receipt=receipt,
            order_line=each.line,
            quantity=each.quantity,
            amount=each.amount,
        )
        for each in counted
    ]
    return receipt, lines


def _cancel_lines(order: Order, counted: Sequence[Counted]) -> None:
    """Change how much of lines will not come any more."""
    if counted:
        facts = [each.line.pk for each in counted], [each.cancelled for each in counted]
        with connection.cursor() as cursor:
            cursor.execute(_CANCEL_LINES, [*facts, order.pk])


def _post(
    order: Order,
    receipt: Receipt,
    counted: Sequence[tuple[Counted, ReceiptLine]],
    receiver: Actor,
    at: datetime,
) -> None:
    """Post what a receipt is worth, and let its promises follow.

    What is over keeps no promise at all, so that no penny stays behind that was rounded away.
    Raises: BooksNotReady; OverBudget.
    """
    postings = _postings(order, receipt, counted)
    less = [each for each, _line in counted if each.less_to_come > 0]
    relief = {each.line.pk: None if each.is_over else each.amount for each in less}
    if not postings:
        over = {key: most for key, most in relief.items() if most is None}
        if over:
            release_commitment(
                council_id=order.council_id,
                document=Document(ORDER, order.pk),
                amounts=over,
                at=at,
                reason="receipt.of-no-worth",
            )
        return
    draft = JournalDraft(
        event_key=f"{KIND}:{receipt.pk}",
        kind=JournalKind.RECEIPT,
        dated_on=receipt.received_on,
        document_on=receipt.received_on,
        document_type=KIND,
        document_id=receipt.pk,
        document_reference=receipt.number,
        narrative=_narrative(order),
        postings=postings,
        relief=relief,
        restoring={
            each.line.pk: -each.amount
            for each, _line in counted
            if each.less_to_come < 0 and each.amount
        },
    )
    try:
        post_journal(council_id=order.council_id, draft=draft, posted_by=receiver, at=at)
    except NoOpenPeriod as refusal:
        raise BooksNotReady(
            _("Ask finance to open the month. %(why)s") % {"why": refusal.detail}
        ) from refusal


def _postings(
    order: Order, receipt: Receipt, counted: Sequence[tuple[Counted, ReceiptLine]]
) -> list[Posting]:
    """Return both sides: what each line spends, and what is owed and not invoiced yet.

    Raises: BooksNotReady.
    """
    found = [
        Posting(
            each.line.account_id,
            debit_amount=max(each.amount, Decimal(0)),
            credit_amount=max(-each.amount, Decimal(0)),
            cost_centre_id=each.line.cost_centre_id,
            source_line_id=line.pk,
        )
        for each, line in counted
        if each.amount
    ]
    if not receipt.net_amount:
        return found
    try:
        accounts = required_accounts(order.council_id, AccountRole.RECEIPTS)
    except ControlAccountMissing as refusal:
        raise BooksNotReady(_("Ask finance: %(why)s") % {"why": refusal.detail}) from refusal
    owed = Posting(
        accounts[AccountRole.RECEIPTS],
        debit_amount=max(-receipt.net_amount, Decimal(0)),
        credit_amount=max(receipt.net_amount, Decimal(0)),
        supplier_id=order.supplier_id,
    )
    return [*found, owed]


def owe_comparison(receipt: Receipt) -> None:
    """Owe it to the invoices of an order that they are compared again with what has come of it."""
    wake(
        "invoicing.rematch_order",
        key=f"receipt:{receipt.pk}:rematch",
        organisation_id=receipt.council_id,
        payload={"council_id": str(receipt.council_id), "order_id": str(receipt.order_id)},
    )


# Books are kept in one language, whoever books.
@override(settings.LANGUAGE_CODE)
def _narrative(order: Order) -> str:
    return _("Goods of order %(number)s") % {"number": order.number}
