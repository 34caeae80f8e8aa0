"""Councils that can take goods in, and orders of which some have come, for tests."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection

from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import actuals_out_of_line, journals_out_of_balance
from marketplace.ordering.models import Order, OrderLine, Receipt
from marketplace.ordering.receipts.rules import ReceivedLine
from marketplace.ordering.receipts.services.receipts import receive_goods
from tests.factories import ledger, organisations
from tests.factories.ordering import NOON, Market, market

TODAY = NOON.date()


def market_with_books(**options: object) -> Market:
    """Keep a market whose council has open months and an account for each part."""
    made = market(**options)
    ledger.controls(made.council)
    ledger.year(made.council)
    return made


def receiver(market: Market, **facts: object) -> Actor:
    """Keep somebody who stands at the council's door."""
    return organisations.actor(market.council, "receiver", name="Dee Door", **facts)


def lines_of(order: Order) -> list[OrderLine]:
    """Return an order's lines as they are now."""
    with stewardship():
        return list(OrderLine.objects.filter(order=order).order_by("line_number"))


def counted(order: Order, *quantities: Decimal | str | int | None) -> list[ReceivedLine]:
    """Return counts of an order's lines in their order; None leaves a line out."""
    lines = lines_of(order)
    return [
        ReceivedLine(line.pk, Decimal(quantity))
        for line, quantity in zip(lines, quantities, strict=False)
        if quantity is not None
    ]


def received(market: Market, order: Order, *quantities: Decimal | str | int, **facts) -> Receipt:
    """Book in so much of an order's lines; everything that is still to come if nothing is said."""
    lines = counted(order, *quantities) if quantities else [
        ReceivedLine(line.pk, line.to_come_quantity)
        for line in lines_of(order)
        if line.to_come_quantity
    ]  # fmt: skip
    chosen = {"receiver": market.buyer, "received_on": TODAY, "at": NOON, **facts}
    with market.acting():
        return receive_goods(order_id=order.pk, lines=lines, **chosen)


# What is billed is carried to a line by another table's rows, as this says.
_BILLS = """
    CREATE TEMP TABLE IF NOT EXISTS bills (line_id uuid, quantity numeric) ON COMMIT DROP;
    CREATE OR REPLACE FUNCTION pg_temp.bill() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE public.ordering_orderline SET billed_quantity = NEW.quantity
            WHERE id = NEW.line_id;
        RETURN NULL;
    END
    $$;
    CREATE OR REPLACE TRIGGER bill AFTER INSERT ON bills
        FOR EACH ROW EXECUTE FUNCTION pg_temp.bill();
"""


def billed(market: Market, order: Order, quantity: Decimal | str | int) -> None:
    """Let so much of an order's first line be billed."""
    line = lines_of(order)[0]
    with market.acting(), connection.cursor() as cursor:
        cursor.execute(_BILLS)
        cursor.execute("INSERT INTO bills VALUES (%s, %s)", [line.pk, quantity])


def stands(market: Market) -> tuple[Decimal, Decimal]:
    """Return what is promised and what is spent of a market's budgets; the books agree."""
    with market.acting():
        assert list(commitments_out_of_line()) == []
        assert list(actuals_out_of_line()) == []
        assert lines_below_nought() == []
        assert journals_out_of_balance() == []
        budgets = list(Budget.objects.all())
    return (
        sum((each.committed_amount for each in budgets), Decimal(0)),
        sum((each.actual_amount for each in budgets), Decimal(0)),
    )
