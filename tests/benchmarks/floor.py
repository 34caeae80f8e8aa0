"""The least that Django's ORM must do to bring an order from its lines to its payment.

The same documents (order, lines, receipt, invoice, match of each line, balanced postings, payment),
gap-free numbers, an audit row an event, a row lock and a check of the transition before each; ten
deeds, a transaction each. No access rules, no tax, no approval, no budget, no papers, no judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import psycopg
from django.db import connection, models, transaction

from marketplace.core.ids import uuid7

MONEY = {"max_digits": 14, "decimal_places": 2}
QUANTITY = {"max_digits": 12, "decimal_places": 3}


class Row(models.Model):
    """What every row has."""

    id = models.UUIDField(primary_key=True, default=uuid7)

    class Meta:
        abstract = True
        app_label = "floor"


class Counter(Row):
    kind = models.CharField(max_length=20, unique=True)
    last = models.PositiveBigIntegerField(default=0)


class Order(Row):
    number = models.CharField(max_length=30, unique=True)
    status = models.CharField(max_length=10)
    net_amount = models.DecimalField(**MONEY)


class OrderLine(Row):
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    name = models.CharField(max_length=200)
    quantity = models.DecimalField(**QUANTITY)
    unit_price = models.DecimalField(max_digits=14, decimal_places=6)
    received = models.DecimalField(**QUANTITY, default=0)
    billed = models.DecimalField(**QUANTITY, default=0)


class Receipt(Row):
    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts")
    number = models.CharField(max_length=30, unique=True)
    status = models.CharField(max_length=10)


class ReceiptLine(Row):
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT)
    quantity = models.DecimalField(**QUANTITY)


class Invoice(Row):
    order = models.ForeignKey(Order, models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=30)
    status = models.CharField(max_length=10)
    gross_amount = models.DecimalField(**MONEY)


class InvoiceLine(Row):
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT)
    quantity = models.DecimalField(**QUANTITY)
    unit_price = models.DecimalField(max_digits=14, decimal_places=6)


class Match(Row):
    invoice_line = models.ForeignKey(InvoiceLine, models.PROTECT)
    order_line = models.ForeignKey(OrderLine, models.PROTECT)
    quantity = models.DecimalField(**QUANTITY)


class Journal(Row):
    number = models.PositiveBigIntegerField(unique=True)
    document_id = models.UUIDField()


class Posting(Row):
    journal = models.ForeignKey(Journal, models.PROTECT, related_name="lines")
    account = models.CharField(max_length=20)
    debit = models.DecimalField(**MONEY)
    credit = models.DecimalField(**MONEY)


class Payment(Row):
    invoice = models.ForeignKey(Invoice, models.PROTECT)
    number = models.CharField(max_length=30, unique=True)
    amount = models.DecimalField(**MONEY)


class Event(Row):
    verb = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    note = models.JSONField(default=dict)


MODELS: Sequence[type[Row]] = (
    Counter, Order, OrderLine, Receipt, ReceiptLine, Invoice, InvoiceLine, Match, Journal, Posting,
    Payment, Event,
)  # fmt: skip
KINDS = ("order", "receipt", "invoice", "journal", "payment")
MAY = {
    "DRAFT": "QUOTED", "QUOTED": "CONFIRMED", "CONFIRMED": "COME", "COME": "BILLED",
    "BILLED": "CLOSED", "NEW": "RECEIVED", "RECEIVED": "DONE",
    "TYPED": "VALID", "VALID": "POSTED", "POSTED": "PAID",
}  # fmt: skip


def make_tables(admin_url: str) -> None:
    """Make the floor's tables, with the indexes and references that Django gives them."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for model in MODELS:
            editor.create_model(model)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for statement in editor.collected_sql:
            admin.execute(statement)
        for model in MODELS:
            admin.execute(f"GRANT ALL ON {model._meta.db_table} TO marketplace_worker")
    Counter.objects.bulk_create(Counter(kind=kind) for kind in KINDS)


def live(lines: int) -> None:
    """Bring one order from its lines to its payment."""
    order_id = _order(lines)
    for status in ("QUOTED", "CONFIRMED"):
        _move(Order, order_id, status)
    receipt_id = _receipt(order_id)
    _move(Receipt, receipt_id, "RECEIVED")
    _take_in(receipt_id)
    invoice_id = _invoice(order_id)
    _validate(invoice_id)
    _post(invoice_id)
    _pay(invoice_id)


def _number(kind: str) -> int:
    counter = Counter.objects.select_for_update().get(kind=kind)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _note(verb: str, row: Row) -> None:
    Event.objects.create(verb=verb, subject_id=row.pk, note={"at": verb})


def _locked(model: type[Row], pk: object, status: str) -> Row:
    row = model.objects.select_for_update().get(pk=pk)
    assert MAY[row.status] == status
    row.status = status
    row.save(update_fields=["status"])
    return row


@transaction.atomic
def _move(model: type[Row], pk: object, status: str) -> None:
    _note(f"moved.{status}", _locked(model, pk, status))


@transaction.atomic
def _order(lines: int) -> object:
    order = Order(number=f"PO-{_number('order'):06d}", status="DRAFT", net_amount=0)
    made = [
        OrderLine(
            order=order, name=f"Thing {n}", quantity=4, unit_price=Decimal(n) + Decimal("0.35")
        )
        for n in range(lines)
    ]
    order.net_amount = sum((line.quantity * line.unit_price for line in made), Decimal(0))
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(made)
    _note("order.made", order)
    return order.pk


@transaction.atomic
def _receipt(order_id: object) -> object:
    order = Order.objects.select_for_update().get(pk=order_id)
    receipt = Receipt(order=order, status="NEW", number=f"R-{_number('receipt'):06d}")
    receipt.save(force_insert=True)
    ReceiptLine.objects.bulk_create(
        ReceiptLine(receipt=receipt, order_line=line, quantity=line.quantity)
        for line in order.lines.all()
    )
    _note("receipt.made", receipt)
    return receipt.pk


@transaction.atomic
def _take_in(receipt_id: object) -> None:
    receipt = _locked(Receipt, receipt_id, "DONE")
    came = list(receipt.lines.select_related("order_line"))
    for each in came:
        each.order_line.received += each.quantity
    OrderLine.objects.bulk_update([each.order_line for each in came], ["received"])
    worth = sum((each.quantity * each.order_line.unit_price for each in came), Decimal(0))
    _book(receipt, worth, [("spent", each.quantity * each.order_line.unit_price) for each in came],
          "received")  # fmt: skip
    _locked(Order, receipt.order_id, "COME")
    _note("receipt.done", receipt)


def _book(row: Row, total: Decimal, debits: Sequence[tuple[str, Decimal]], credited: str) -> None:
    journal = Journal(number=_number("journal"), document_id=row.pk)
    journal.save(force_insert=True)
    made = [Posting(journal=journal, account=name, debit=sum_, credit=0) for name, sum_ in debits]
    made.append(Posting(journal=journal, account=credited, debit=0, credit=total))
    assert sum(each.debit for each in made) == sum(each.credit for each in made)
    Posting.objects.bulk_create(made)


@transaction.atomic
def _invoice(order_id: object) -> object:
    order = Order.objects.select_for_update().get(pk=order_id)
    invoice = Invoice(
        order=order, number=f"I-{_number('invoice'):06d}", status="TYPED",
        gross_amount=order.net_amount,
    )  # fmt: skip
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice, order_line=line, quantity=line.quantity, unit_price=line.unit_price
        )
        for line in order.lines.all()
    )
    _note("invoice.typed", invoice)
    return invoice.pk


@transaction.atomic
def _validate(invoice_id: object) -> None:
    invoice = _locked(Invoice, invoice_id, "VALID")
    lines = list(invoice.lines.select_related("order_line"))
    for each in lines:
        assert each.unit_price == each.order_line.unit_price
        assert each.quantity <= each.order_line.received - each.order_line.billed
        each.order_line.billed += each.quantity
    Match.objects.bulk_create(
        Match(invoice_line=each, order_line=each.order_line, quantity=each.quantity)
        for each in lines
    )
    OrderLine.objects.bulk_update([each.order_line for each in lines], ["billed"])
    _note("invoice.validated", invoice)


@transaction.atomic
def _post(invoice_id: object) -> None:
    invoice = _locked(Invoice, invoice_id, "POSTED")
    debits = [("received", each.quantity * each.unit_price) for each in invoice.lines.all()]
    _book(invoice, invoice.gross_amount, debits, "creditors")
    _locked(Order, invoice.order_id, "BILLED")
    _note("invoice.posted", invoice)


@transaction.atomic
def _pay(invoice_id: object) -> None:
    invoice = _locked(Invoice, invoice_id, "PAID")
    payment = Payment(
        invoice=invoice, amount=invoice.gross_amount, number=f"P-{_number('payment'):06d}"
    )
    payment.save(force_insert=True)
    _book(payment, payment.amount, [("creditors", payment.amount)], "bank")
    _locked(Order, invoice.order_id, "CLOSED")
    _note("payment.made", payment)
