"""Questions about payment runs and what is in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from invoicing.models import (
    AccountConfirmation,
    Invoice,
    PaidInvoice,
    Payment,
    PaymentRun,
    SupplierAccount,
)
from invoicing.payments.freezing import Documents
from invoicing.payments.selectors.due import latest_accounts
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


def has_approved_invoice_in(run: PaymentRun, user_id: UUID) -> bool:
    """Tell whether somebody approved one of the invoices that a run pays."""
    mine = Invoice.objects.of(run.council_id).filter(approved_by_id=user_id)
    return mine.filter(payments__payment__run=run).exists()


def has_confirmed_account_in(run: PaymentRun, user_id: UUID) -> bool:
    """Tell whether somebody made sure of one of the accounts that a run pays to."""
    mine = AccountConfirmation.objects.of(run.council_id).filter(confirmed_by_id=user_id)
    return mine.filter(account_id__in=_accounts_in(run)).exists()


def has_given_account_in(run: PaymentRun, user_id: UUID) -> bool:
    """Tell whether somebody gave one of the accounts that a run pays to, as a supplier's person."""
    mine = SupplierAccount.objects.filter(added_by_id=user_id)
    return mine.filter(pk__in=_accounts_in(run)).exists()


def _accounts_in(run: PaymentRun) -> QuerySet[Payment, UUID]:
    return Payment.objects.of(run.council_id).filter(run=run).values_list("account_id", flat=True)


def payments_to_former_accounts(rows: Sequence[Payment]) -> list[Payment]:
    """Return those of some payments whose supplier has asked to be paid elsewhere since."""
    latest = {
        each.supplier_id: each.pk for each in latest_accounts({row.supplier_id for row in rows})
    }
    return [row for row in rows if latest.get(row.supplier_id) != row.account_id]


def accounts_changed_before(run: PaymentRun, at: datetime) -> QuerySet[SupplierAccount]:
    """Return the accounts that suppliers of a run added in the days before it, and since.

    Shapes: suppliers joined in, latest first. The first account of a supplier is among them.
    """
    suppliers = Payment.objects.of(run.council_id).filter(run=run).values("supplier_id")
    since = min(run.prepared_at, at) - CHANGES_SHOWN_FOR
    rows = SupplierAccount.objects.filter(supplier_id__in=suppliers, added_at__gte=since)
    return rows.select_related("supplier").order_by("-id")


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
