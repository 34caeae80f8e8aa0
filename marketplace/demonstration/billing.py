"""Carrying out the plan of what was billed and paid, each errand through its service.

What a worker would do a moment later (read what arrived) is done here at the instant of the plan,
by the job that the worker would do.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from fixtures.billing import FIRST_RUN, ONE, ORDERED, PAID_FROM, Errand, Paper, duties
from fixtures.councils import council
from fixtures.history import Moment
from fixtures.suppliers import supplier
from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.intake.flipping import invoice_of
from invoicing.intake.selectors import billable_lines, latest_account, order_to_bill
from invoicing.intake.services.arrivals import take_invoice
from invoicing.intake.services.flips import flip_order
from invoicing.ledgers.services import acknowledge_export, build_export
from invoicing.matching.selectors import open_findings
from invoicing.models import Arrival, Invoice, LedgerExport, PaymentRun
from invoicing.payments.accounts import BankAccount
from invoicing.payments.bank_days import next_bank_day
from invoicing.payments.selectors.due import latest_accounts
from invoicing.payments.services.accounts import add_supplier_account, confirm_account
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run
from invoicing.payments.services.settlement import settle_run
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.releasing import release_finding
from invoicing.settling.services.sending_back import send_back_invoice
from invoicing.states import ArrivalStatus, Channel, ExportStatus, RunStatus, Severity
from marketplace.core.actors import Actor
from marketplace.core.tenancy import tenant
from marketplace.demonstration.founding import Consortium
from marketplace.documents.selectors import bytes_for_programs
from marketplace.jobs.registry import kind
from marketplace.ordering.models import Order, OrderLine

READER_TAKES: Final = timedelta(seconds=10)
LOOKED_AHEAD: Final = timedelta(days=30)
# A run that waits can be approved for some days after the demo was loaded.
PAID_IN_DAYS: Final = 7
PRICE_PLACES: Final = Decimal("0.000001")
SPOKE_BY: Final = "Telephone, with the number that we have had since they joined"


class Biller:
    """Does the errands of a plan one after another; remembers invoices by council and number."""

    def __init__(self, consortium: Consortium, today: date, requisitions: dict[str, UUID]) -> None:
        self.consortium = consortium
        self.today = today
        self.requisitions = requisitions
        self.invoices: dict[tuple[str, str], UUID] = {}
        self.verbs: dict[str, Callable[[Errand, datetime], None]] = {
            "bank": self.bank,
            "confirm": self.confirm,
            "bill": self.bill,
            "again": self.again,
            "file": self.file,
            "release": self.release,
            "approve": self.approve,
            "send-back": self.send_back,
            "prepare": self.prepare,
            "pay": self.pay,
            "settle": self.settle,
            "export": self.export,
            "acknowledge": self.acknowledge,
        }

    def do(self, each: Errand) -> None:
        """Do one errand as whoever does it, for the organisation that they act for."""
        is_theirs = each.verb in ("bank", "bill", "again", "file")
        whose = each.supplier if is_theirs else each.council
        with tenant(self.consortium.id_of(whose)):
            self.verbs[each.verb](each, each.moment.at(self.today))

    def bank(self, each: Errand, at: datetime) -> None:
        """Say where a supplier wants to be paid from now on."""
        add_supplier_account(
            supplier=self._seller(each),
            name=supplier(each.supplier).name,
            sort_code=each.sort_code,
            account_number=each.account_number,
            at=at,
        )

    def confirm(self, each: Errand, at: datetime) -> None:
        """Make sure of a supplier's account by telephone."""
        account = latest_accounts([self.consortium.id_of(each.supplier)]).get()
        confirm_account(
            account_id=account.pk,
            person=self._person(each),
            spoke_to=each.note,
            spoke_by=SPOKE_BY,
            at=at,
        )

    def bill(self, each: Errand, at: datetime) -> None:
        """Let a supplier make its invoice, by hand of its order or as a file, and have it read."""
        paper, seller = each.paper, self._seller(each)
        if paper is None:
            raise ValueError("There is nothing to bill.")
        order = order_to_bill(seller, self._order_id(each, paper))
        lines = [
            line
            for line in billable_lines(order)
            if not paper.lines or line.line_number in paper.lines
        ]
        quantities = {line.pk: _quantity(paper, line) for line in lines}
        wanted = {key: quantity for key, quantity in quantities.items() if quantity}
        if paper.is_flipped:
            arrival = flip_order(
                order_id=order.pk,
                supplier=seller,
                number=paper.number,
                issued_on=timezone.localdate(at),
                quantities=wanted,
                at=at,
            )
        else:
            content = write_ubl(self._written(each, paper, order, lines, wanted, at))
            arrival = self._send_in(each, f"{paper.number}.xml", content, at)
        self._read(each, arrival, at)

    def again(self, each: Errand, at: datetime) -> None:
        """Let a supplier send in the very same file once more."""
        first = self._invoice(each)
        content = bytes_for_programs(self.consortium.id_of(each.supplier), first.document_id)
        arrival = self._send_in(each, f"{each.number}.xml", content, at)
        self._read(each, arrival, at, is_new=False)

    def file(self, each: Errand, at: datetime) -> None:
        """Let a supplier send in a file of which no invoice can be read."""
        self._send_in(each, each.number, each.content, at)

    def release(self, each: Errand, at: datetime) -> None:
        """Let everything through that holds an invoice."""
        invoice = self._invoice(each)
        for finding in open_findings(invoice):
            if finding.severity == Severity.HOLD:
                release_finding(
                    invoice_id=invoice.pk,
                    finding_id=finding.pk,
                    releaser=self._person(each),
                    reason=each.note,
                    at=at,
                )

    def approve(self, each: Errand, at: datetime) -> None:
        """Approve an invoice for payment, which posts it."""
        approve_invoice(invoice_id=self._invoice(each).pk, approver=self._person(each), at=at)

    def send_back(self, each: Errand, at: datetime) -> None:
        """Send an invoice back, with the reason."""
        send_back_invoice(
            invoice_id=self._invoice(each).pk, finance=self._person(each), reason=each.note, at=at
        )

    def prepare(self, each: Errand, at: datetime) -> None:
        """Bring together what is owed: for the next day, or for one that is still to come."""
        first = each.moment.working_days_ago == FIRST_RUN
        tomorrow = Moment(each.moment.working_days_ago - 1, time()).at(self.today).date()
        prepare_run(
            preparer=self._person(each),
            payer=_payer(each.council),
            pay_on=tomorrow if first else next_bank_day(self.today + timedelta(days=PAID_IN_DAYS)),
            due_by_on=timezone.localdate(at + LOOKED_AHEAD),
            at=at,
        )

    def pay(self, each: Errand, at: datetime) -> None:
        """Approve a run as its second person, and have the first make the bank's file."""
        run = self._run(each, RunStatus.PREPARED)
        approve_run(
            run_id=run.pk, approver=self._person(each), frozen_sha256=run.frozen_sha256, at=at
        )
        payer = self.consortium.actor(each.council, duties(council(each.council)).prepares)
        export_run(run_id=run.pk, payments=payer, at=at + READER_TAKES)

    def settle(self, each: Errand, at: datetime) -> None:
        """Note that the bank has paid."""
        run = self._run(each, RunStatus.EXPORTED)
        settle_run(
            run_id=run.pk, payments=self._person(each), settled_on=timezone.localdate(at), at=at
        )

    def export(self, each: Errand, at: datetime) -> None:
        """Hand everything over to the finance ledger that it has not had."""
        build_export(finance=self._person(each), until_on=timezone.localdate(at), at=at)

    def acknowledge(self, each: Errand, at: datetime) -> None:
        """Write down that the finance ledger has taken it."""
        waiting = LedgerExport.objects.of(self.consortium.id_of(each.council))
        export = waiting.get(status=ExportStatus.BUILT)
        acknowledge_export(
            export_id=export.pk, finance=self._person(each), reference=each.note, at=at
        )

    def _person(self, each: Errand) -> Actor:
        return self.consortium.actor(each.council, each.who)

    def _seller(self, each: Errand) -> Actor:
        return self.consortium.actor(each.supplier, supplier(each.supplier).contact.email)

    def _order_id(self, each: Errand, paper: Paper) -> UUID:
        orders = Order.objects.of(self.consortium.id_of(each.supplier))
        return orders.get(requisition_id=self.requisitions[paper.story]).pk

    def _invoice(self, each: Errand) -> Invoice:
        """Return an invoice as whoever acts may see it."""
        key = self.invoices[each.council, each.number]
        return Invoice.objects.get(pk=key)

    def _run(self, each: Errand, status: RunStatus) -> PaymentRun:
        return PaymentRun.objects.of(self.consortium.id_of(each.council)).get(status=status)

    def _written(
        self,
        each: Errand,
        paper: Paper,
        order: Order,
        lines: list[OrderLine],
        quantities: dict[UUID, Decimal],
        at: datetime,
    ) -> model.Invoice:
        """Return an invoice as the supplier's own program writes it."""
        made = invoice_of(
            order,
            [_dearer(line, paper.price_times) for line in lines],
            quantities,
            number=paper.number,
            issued_on=timezone.localdate(at),
            account=latest_account(self._seller(each)),
        )
        if paper.order:
            made = replace(made, order=paper.order)
        if paper.credits:
            credited = Invoice.objects.get(pk=self.invoices[each.council, paper.credits])
            before = model.PrecedingInvoice(credited.number, credited.issued_on)
            made = replace(made, is_credit_note=True, type_code="381", preceding=(before,))
        return made

    def _send_in(self, each: Errand, name: str, content: bytes, at: datetime) -> Arrival:
        return take_invoice(
            council_id=self.consortium.id_of(each.council),
            sender=self._seller(each),
            supplier_id=self.consortium.id_of(each.supplier),
            name=name,
            content=content,
            channel=Channel.PORTAL,
            at=at,
        )

    def _read(self, each: Errand, arrival: Arrival, at: datetime, *, is_new: bool = True) -> None:
        """Do what the worker is owed: read the file."""
        if arrival.status != ArrivalStatus.WAITS:
            return
        kind("invoicing.read_arrival").handler(
            council_id=str(arrival.council_id), arrival_id=str(arrival.pk), at=at + READER_TAKES
        )
        if is_new:
            invoice = Invoice.objects.get(arrival_id=arrival.pk)
            self.invoices[each.council, each.number] = invoice.pk


def _quantity(paper: Paper, line: OrderLine) -> Decimal:
    """Return how much of a line a paper bills."""
    if paper.quantity == ONE:
        return Decimal(1)
    if paper.quantity == ORDERED:
        return line.quantity
    return max(Decimal(0), line.received_quantity - line.billed_quantity)


def _dearer(line: OrderLine, times: Decimal) -> OrderLine:
    changed = copy(line)
    changed.unit_price = (line.unit_price * times).quantize(PRICE_PLACES)
    return changed


def _payer(slug: str) -> BankAccount:
    sort_code, number = PAID_FROM[slug]
    return BankAccount(council(slug).name, sort_code=sort_code, account_number=number)
