"""What came of the orders that are written in bulk: receipts, journals and what they spend.

The rows say what the services would have left behind. Receipts and journals are made here, since
their keys follow time; their lines by the database, out of the lines of the orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.ids import uuid7
from marketplace.demonstration.writing import Happening, append, copy_in, take_numbers
from marketplace.ledger.models import Journal, Period
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.states import AccountRole, JournalKind
from marketplace.ordering.bought.rules import order_number
from marketplace.ordering.models import Order, OrderLine, Receipt
from marketplace.ordering.receipts.rules import PREFIX
from marketplace.ordering.receipts.services.booking import KIND
from marketplace.ordering.states import Answer, OrderStatus, ReceiptKind

COMES_AFTER = timedelta(days=6)
DELIVERED = (OrderStatus.ACKNOWLEDGED, OrderStatus.PARTLY_REFUSED)
# Of so many orders one has not come yet, so that every door has something to wait for.
ONE_WAITS_OF = 25
_LINES = """
    INSERT INTO ordering_receiptline
        (id, council_id, supplier_id, receipt_id, order_line_id, quantity, amount)
    SELECT gen_random_uuid(), l.council_id, l.supplier_id, r.id, l.id, l.quantity, l.net_amount
    FROM ordering_receipt r JOIN ordering_orderline l ON l.order_id = r.order_id
    WHERE r.id = ANY (%(receipts)s) AND l.answer <> 'REFUSED'
"""
_SPENT = """
    INSERT INTO ledger_journalline
        (id, council_id, journal_id, number, dated_on, account_id, cost_centre_id, budget_id,
         supplier_id, debit_amount, credit_amount, source_line_id)
    SELECT gen_random_uuid(), j.council_id, j.id,
           row_number() OVER (PARTITION BY j.id ORDER BY o.line_number), j.dated_on, o.account_id,
           o.cost_centre_id, b.id, NULL, l.amount, 0, l.id
    FROM ledger_journal j
    JOIN ordering_receiptline l ON l.receipt_id = j.document_id
    JOIN ordering_orderline o ON o.id = l.order_line_id
    JOIN ledger_budget b ON b.council_id = j.council_id AND b.financial_year = j.financial_year
        AND b.cost_centre_id = o.cost_centre_id AND b.account_id = o.account_id
    WHERE j.id = ANY (%(journals)s) AND l.amount > 0
    UNION ALL
    SELECT gen_random_uuid(), j.council_id, j.id, j.lines_count, j.dated_on, %(owed)s, NULL, NULL,
           r.supplier_id, 0, j.total_amount, NULL
    FROM ledger_journal j JOIN ordering_receipt r ON r.id = j.document_id
    WHERE j.id = ANY (%(journals)s)
"""
_KEPT = """
    INSERT INTO ledger_commitmententry
        (id, council_id, budget_id, stage, kind, amount, document_type, document_id, line_id,
         occasion, reason, over_budget_by_name, over_budget_reason, journal_id, at)
    SELECT gen_random_uuid(), j.council_id, s.budget_id, 'ORDER', 'SPEND', -s.debit_amount,
           j.document_type, j.document_id, l.order_line_id, '', '', '', '', j.id, j.posted_at
    FROM ledger_journal j
    JOIN ledger_journalline s ON s.journal_id = j.id AND s.budget_id IS NOT NULL
    JOIN ordering_receiptline l ON l.id = s.source_line_id
    WHERE j.id = ANY (%(journals)s)
"""
_BUDGETS = """
    UPDATE ledger_budget AS b
    SET committed_amount = b.committed_amount - spent.amount,
        actual_amount = b.actual_amount + spent.amount
    FROM (
        SELECT budget_id, sum(debit_amount) AS amount FROM ledger_journalline
        WHERE journal_id = ANY (%(journals)s) AND budget_id IS NOT NULL GROUP BY budget_id
    ) AS spent
    WHERE b.id = spent.budget_id
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order that came whole, who took it in, and what came of it."""

    order: Order
    lines: Sequence[OrderLine]
    receiver: Actor

    @property
    def came(self) -> list[OrderLine]:
        """What the supplier did not refuse."""
        return [line for line in self.lines if line.answer != Answer.REFUSED]

    @property
    def at(self) -> datetime:
        """When it was taken in: in the financial year of the order, whose budget it spends."""
        raised = self.order.raised_at
        left = date(self.order.financial_year + 1, 3, 31) - timezone.localdate(raised)
        return raised + min(COMES_AFTER, left)


def deliver(council_id: UUID, deliveries: Sequence[Delivery], today: date) -> None:
    """Let orders come whole that were accepted and are old enough, but for a few that wait."""
    coming = [
        each
        for place, each in enumerate(deliveries)
        if each.order.status in DELIVERED
        and place % ONE_WAITS_OF
        and timezone.localdate(each.at) < today
    ]
    if not coming:
        return
    made = list(_receipts(council_id, coming))
    journals = list(_journals(council_id, made))
    copy_in([receipt for _each, receipt in made])
    keys: dict[str, Any] = {
        "receipts": [receipt.pk for _each, receipt in made],
        "journals": [journal.pk for journal in journals],
        "owed": accounts_by_role(council_id)[AccountRole.RECEIPTS].pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, keys)
    copy_in(journals)
    with connection.cursor() as cursor:
        for statement in (_SPENT, _KEPT, _BUDGETS):
            cursor.execute(statement, keys)
    append(list(_trail(council_id, made)))


def _numbers(council_id: UUID, kind: str, years: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield a year and a number of it for each of `years`."""
    taken = {
        year: iter(take_numbers(council_id, kind, year, years.count(year)))
        for year in sorted(set(years))
    }
    for year in years:
        yield year, next(taken[year])


def _receipts(council_id: UUID, coming: Sequence[Delivery]) -> Iterator[tuple[Delivery, Receipt]]:
    years = [financial_year(timezone.localdate(each.at)) for each in coming]
    numbers = _numbers(council_id, KIND, years)
    for each, (year, number) in zip(coming, numbers, strict=True):
        yield (
            each,
            Receipt(
                pk=uuid7(),
                council_id=council_id,
                supplier_id=each.order.supplier_id,
                order=each.order,
                number=order_number(PREFIX, year, number),
                kind=ReceiptKind.RECEIVED,
                received_on=timezone.localdate(each.at),
                delivery_note=f"DN {each.order.number[-6:]}",
                by_id=each.receiver.user_id,
                by_name=each.receiver.name,
                at=each.at,
                lines_count=len(each.came),
                net_amount=sum((line.net_amount for line in each.came), Decimal(0)),
            ),
        )


def _journals(council_id: UUID, made: Sequence[tuple[Delivery, Receipt]]) -> Iterator[Journal]:
    periods = list(Period.objects.of(council_id).order_by("starts_on"))
    worth = [(each, receipt) for each, receipt in made if receipt.net_amount]
    years = [financial_year(receipt.received_on) for _each, receipt in worth]
    numbers = _numbers(council_id, "journal", years)
    for (each, receipt), (year, number) in zip(worth, numbers, strict=True):
        period = next(row for row in periods if receipt.received_on <= row.ends_on)
        yield Journal(
            pk=uuid7(),
            council_id=council_id,
            financial_year=year,
            number=number,
            period=period,
            dated_on=receipt.received_on,
            document_on=receipt.received_on,
            kind=JournalKind.RECEIPT,
            event_key=f"{KIND}:{receipt.pk}",
            document_type=KIND,
            document_id=receipt.pk,
            document_reference=receipt.number,
            narrative=f"Goods of order {each.order.number}",
            lines_count=sum(1 for line in each.came if line.net_amount) + 1,
            total_amount=receipt.net_amount,
            posted_at=each.at,
            posted_by_id=each.receiver.user_id,
            posted_by_name=each.receiver.name,
        )


def _trail(council_id: UUID, made: Sequence[tuple[Delivery, Receipt]]) -> Iterator[Happening]:
    for each, receipt in made:
        yield Happening(
            verb="receipt.recorded",
            subject=receipt,
            actor=each.receiver,
            at=each.at,
            organisation_id=council_id,
            counterparty_id=each.order.supplier_id,
            after={
                "order": each.order.number,
                "received_on": receipt.received_on,
                "lines": receipt.lines_count,
                "net_amount": receipt.net_amount,
            },
        )
