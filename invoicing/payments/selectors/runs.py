"""Questions about payment runs and what is in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum

from invoicing.models import (
    AccountConfirmation,
    PaidInvoice,
    Payment,
    PaymentRun,
    SupplierAccount,
)
from invoicing.payments.freezing import Documents
from invoicing.payments.selectors.accounts import confirmations_of
from invoicing.payments.selectors.due import payees
from invoicing.states import RunStatus
from marketplace.core.models import TenantQuerySet
from marketplace.organisations.models import Organisation

# Councils look at every change of bank details from before a payment for so long.
CHANGES_SHOWN_FOR: Final = timedelta(days=30)


def payment_runs(council_id: UUID, *, status: str = "") -> TenantQuerySet[PaymentRun]:
    """Return a council's payment runs, latest first (-id for pages)."""
    rows = PaymentRun.objects.of(council_id).order_by("-id")
    return rows.filter(status=status) if status else rows


def payments_in(run: PaymentRun) -> TenantQuerySet[Payment]:
    """Return a run's payments by their references, suppliers joined in."""
    rows = Payment.objects.of(run.council_id).filter(run=run)
    return rows.select_related("supplier").order_by("end_to_end_id")


def with_documents(rows: TenantQuerySet[Payment]) -> TenantQuerySet[Any]:
    """Return payments with both sides joined in, and what each is for in `listed_documents`."""
    documents = PaidInvoice.objects.select_related("invoice").order_by("-amount", "id")
    return rows.select_related("council", "supplier").prefetch_related(
        Prefetch("documents", queryset=documents, to_attr="listed_documents")
    )


def documents_in(run: PaymentRun) -> Documents:
    """Return what each payment of a run is for, by its key, invoices joined in."""
    return _by_payment(PaidInvoice.objects.of(run.council_id).filter(payment__run=run))


def documents_of_payments(council_id: UUID, payment_ids: Collection[UUID]) -> Documents:
    """Return what each of some payments is for, by its key, invoices joined in."""
    return _by_payment(PaidInvoice.objects.of(council_id).filter(payment_id__in=payment_ids))


def _by_payment(rows: QuerySet[PaidInvoice]) -> Documents:
    found: dict[UUID, list[PaidInvoice]] = defaultdict(list)
    for each in rows.select_related("invoice").order_by("id"):
        found[each.payment_id].append(each)
    return found


def open_invoice_ids(run: PaymentRun, payment_ids: Collection[UUID] | None = None) -> list[UUID]:
    """Return what a run, or some of its payments, pays and what was not set free since."""
    rows = PaidInvoice.objects.of(run.council_id).filter(payment__run=run, is_open=True)
    if payment_ids is not None:
        rows = rows.filter(payment_id__in=payment_ids)
    return list(rows.values_list("invoice_id", flat=True))


def payments_to_former_accounts(council_id: UUID, rows: Sequence[Payment]) -> list[Payment]:
    """Return those of a council's payments that would not be made to their accounts any more.

    Why: the supplier has asked to be paid elsewhere since, or a payment to the account came back
    and nobody has made sure of it again.
    """
    known = payees(council_id, {row.supplier_id for row in rows})
    counting = {each.account_id for each in known.values() if each.is_confirmed}
    return [row for row in rows if row.account_id not in counting]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that a supplier of a run gave of late.

    Shapes: `before` is the one that counted until then, if any; `confirmation` who made sure of
    the new one last.
    """

    account: SupplierAccount
    before: SupplierAccount | None
    confirmation: AccountConfirmation | None


def accounts_changed_before(run: PaymentRun, at: datetime) -> list[NewAccount]:
    """Return the accounts that suppliers of a run added in the days before it, and since.

    Shapes: suppliers joined in, latest first; a supplier's first account has none before it.
    """
    suppliers = Payment.objects.of(run.council_id).filter(run=run).values("supplier_id")
    since = min(run.prepared_at, at) - CHANGES_SHOWN_FOR
    every = SupplierAccount.objects.filter(supplier_id__in=suppliers)
    recent = every.filter(added_at__gte=since)
    rows = every.filter(supplier_id__in=recent.values("supplier_id")).select_related("supplier")
    last: dict[UUID, SupplierAccount] = {}
    found = []
    for each in rows.order_by("id"):
        if each.added_at >= since:
            found.append((each, last.get(each.supplier_id)))
        last[each.supplier_id] = each
    sure = confirmations_of(run.council_id, [account.pk for account, _before in found])
    return [NewAccount(each, before, sure.get(each.pk)) for each, before in reversed(found)]


def paid_late(run: PaymentRun) -> QuerySet[PaidInvoice]:
    """Return the invoices that a run pays after the day by which they are due, oldest first."""
    rows = PaidInvoice.objects.of(run.council_id).filter(
        payment__run=run, amount__gt=0, invoice__pay_by_on__lt=run.pay_on
    )
    return rows.select_related("invoice", "payment__supplier").order_by("invoice__pay_by_on", "id")


def came_back_of(run: PaymentRun) -> Decimal:
    """Return what the bank gave back of a run. Units: GBP."""
    failed = Payment.objects.of(run.council_id).filter(run=run, failed_at__isnull=False)
    back: Decimal | None = failed.aggregate(back=Sum("amount"))["back"]
    return back or Decimal("0.00")


def last_payer(council_id: UUID) -> PaymentRun | None:
    """Return the run that says from which account the council paid last."""
    return PaymentRun.objects.of(council_id).order_by("-id").first()


def payment(council_id: UUID, payment_id: UUID) -> Payment:
    """Return one payment of a council's, its run and supplier joined in.

    Raises: Missing.
    """
    rows = Payment.objects.of(council_id).filter(council_id=council_id)
    return rows.select_related("run", "supplier").one(payment_id)


def payments_of_council(council_id: UUID) -> TenantQuerySet[Payment]:
    """Return what a council pays, latest first (-id for pages)."""
    return Payment.objects.of(council_id).filter(council_id=council_id).order_by("-id")


def payments_received(supplier_id: UUID) -> TenantQuerySet[Payment]:
    """Return what councils sent a supplier, latest first (-id for pages), councils joined in."""
    rows = Payment.objects.of(supplier_id).filter(supplier_id=supplier_id, sent_at__isnull=False)
    return rows.select_related("council").order_by("-id")


def payment_received(supplier_id: UUID, payment_id: UUID) -> Payment:
    """Return one payment that a council sent a supplier.

    Raises: Missing.
    """
    rows = Payment.objects.of(supplier_id).filter(supplier_id=supplier_id, sent_at__isnull=False)
    return rows.select_related("council").one(payment_id)


def documents_of(payment: Payment) -> QuerySet[PaidInvoice]:
    """Return what a payment is for, invoices before credit notes."""
    rows = PaidInvoice.objects.filter(payment=payment).select_related("invoice")
    return rows.order_by("-amount", "id")


def runs_in_hand(council_id: UUID) -> TenantQuerySet[PaymentRun]:
    """Return the runs that are neither paid by the bank nor given up, latest first."""
    in_hand = [RunStatus.PREPARED, RunStatus.APPROVED, RunStatus.EXPORTED]
    return payment_runs(council_id).filter(status__in=[each.value for each in in_hand])


def names_of(supplier_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of suppliers by their keys."""
    rows = Organisation.objects.filter(pk__in=supplier_ids)
    return dict(rows.values_list("pk", "name"))
