"""What must hold after any storm, whatever the packages above do."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from invoicing.models import Allocation, Invoice, PaidInvoice, Payment, PaymentRun
from marketplace.audit.selectors import chain_verdict, chains
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_due_jobs
from marketplace.ledger.models import ControlAccount, Journal, JournalLine
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    years_with_gaps,
)
from marketplace.ordering.models import OrderLine
from tests.resilience.kit import settled


def promises_are_their_entries() -> list[str]:
    """What is promised of every budget is the sum of its entries, and no line gave back more."""
    with stewardship():
        return [str(each) for each in commitments_out_of_line()] + [
            str(each) for each in lines_below_nought()
        ]


def journals_are_whole() -> list[str]:
    """Every journal balances, none is missing, and what is spent is what was posted."""
    with stewardship():
        net = JournalLine.objects.aggregate(
            net=Sum("debit_amount", default=0) - Sum("credit_amount", default=0)
        )["net"]
        problems = [f"budget {each} is out" for each in actuals_out_of_line()]
        problems += [f"journal {each} is out" for each in journals_out_of_balance()]
        problems += [f"a number is missing: {each}" for each in years_with_gaps()]
    return problems + ([f"the trial balance comes to {net}"] if net else [])


def lines_are_billed_by_their_allocations() -> list[str]:
    """What is billed of every order line is the sum of the rows that bill it."""
    with stewardship():
        sums = dict(
            Allocation.objects.order_by().values_list("order_line").annotate(q=Sum("quantity"))
        )
        lines = OrderLine.objects.values_list("pk", "billed_quantity")
        return [
            f"line {pk} says {billed}, its allocations {sums.get(pk, 0)}"
            for pk, billed in lines
            if billed != sums.get(pk, 0)
        ]


def nothing_is_paid_twice() -> list[str]:
    """An invoice stands in one payment that counts, for what it asks; and is paid just then."""
    open_rows = PaidInvoice.objects.filter(is_open=True).select_related("payment__run", "invoice")
    with stewardship():
        rows = list(open_rows)
        paid = set(Invoice.objects.filter(status="PAID").values_list("pk", flat=True))
        number_of = Counter(Invoice.objects.filter(status="PAID").values_list("number", flat=True))
    counted = Counter(row.invoice_id for row in rows)
    problems = [f"invoice {pk} stands in {n} payments" for pk, n in counted.items() if n > 1]
    problems += [f"number {number} was paid {n} times" for number, n in number_of.items() if n > 1]
    problems += [
        f"{row.invoice.number} asks for {row.invoice.signed_amount} and gets {row.amount}"
        for row in rows
        if row.amount != row.invoice.signed_amount
    ]
    went = {row.invoice_id for row in rows if row.payment.run.status in {"EXPORTED", "SETTLED"}}
    return problems + [f"{pk} is paid, or went, and not both" for pk in went ^ paid]


def everything_is_posted_once() -> list[str]:
    """What was approved, and what went to the bank, has its journal, and nothing else has one."""
    with stewardship():
        keys = Counter(Journal.objects.values_list("council_id", "event_key"))
        approved = Invoice.objects.filter(status__in=["APPROVED", "PAID"], payable_amount__gt=0)
        wanted = {(each.council_id, f"invoice:{each.pk}") for each in approved}
        sent = Payment.objects.filter(sent_at__isnull=False)
        wanted |= {(each.council_id, f"payment:{each.pk}") for each in sent}
        settled = {
            (each.council_id, f"settlement:{each.pk}")
            for each in PaymentRun.objects.filter(status="SETTLED")
        }
        kept = Payment.objects.filter(run__status="SETTLED", failed_at=None)
        wanted |= {(each.council_id, f"settlement:{each.run_id}") for each in kept}
    found = {
        key for key in keys if key[1].partition(":")[0] in {"invoice", "payment", "settlement"}
    }
    problems = [f"{key} was posted {n} times" for key, n in keys.items() if n > 1]
    problems += [f"{key} was not posted" for key in wanted - found]
    return problems + [f"{key} was posted, and did not happen" for key in found - wanted - settled]


def the_books_owe_what_is_open() -> list[str]:
    """Creditors are owed what was approved and has not gone to the bank."""
    with stewardship():
        owed = Counter()
        for each in Invoice.objects.filter(status="APPROVED"):
            owed[each.council_id] += each.signed_amount
        stands = Counter()
        rows = ControlAccount.objects.filter(role="CREDITORS").values_list("council", "account")
        for council, account in rows:
            lines = JournalLine.objects.filter(account=account)
            sums = lines.aggregate(
                net=Sum("credit_amount", default=0) - Sum("debit_amount", default=0)
            )
            stands[council] = sums["net"]
    return [
        f"{council} owes {owed[council]} by its invoices and {stands[council]} by its books"
        for council in set(owed) | set(stands)
        if owed[council] != stands[council]
    ]


MONEY = (
    promises_are_their_entries,
    journals_are_whole,
    lines_are_billed_by_their_allocations,
    nothing_is_paid_twice,
    everything_is_posted_once,
    the_books_owe_what_is_open,
)


def jobs_owed() -> int:
    """How many jobs are still owed."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED).count()


def jobs_begun() -> int:
    """How many jobs a worker has taken and not finished."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED, attempts__gt=0).count()


def settle(*, seconds: float) -> bool:
    """Wait until the worker has done what is due, then do the rest; tell whether nothing is owed.

    Why: what a dead worker had claimed for the outside comes free only minutes later, and a test
    need not wait for that. It is done here as if those minutes had passed.
    """

    def due_soon() -> int:
        soon = Q(due_at=None) | Q(due_at__lt=timezone.now() + timedelta(minutes=1))
        with stewardship():
            return Job.objects.filter(soon, status=JobStatus.OWED).count()

    if not settled(lambda: due_soon() == 0, seconds=seconds):
        return False
    run_due_jobs(at=timezone.now() + timedelta(minutes=10))
    return jobs_owed() == 0


def no_job_is_stuck() -> list[str]:
    """Every job was done: none is owed, none was parked."""
    with stewardship():
        left = Job.objects.exclude(status=JobStatus.DONE)
        return [f"{each.name} {each.key} is {each.status}: {each.last_error}" for each in left]


def every_chain_is_whole() -> list[str]:
    """The audit trail of every organisation has no gap, no fork and nothing changed."""
    with stewardship():
        verdicts = [chain_verdict(chain) for chain in chains()]
    return [
        f"{verdict.chain} event {each.sequence}: {each.reason}"
        for verdict in verdicts
        for each in verdict.breaks
    ]
