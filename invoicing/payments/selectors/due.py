"""Questions about what is due to be paid, and to which accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from invoicing.models import AccountConfirmation, Invoice, PaidInvoice, Payment, SupplierAccount
from invoicing.payments.rules import Owed, Payee, Plan, planned
from invoicing.states import InvoiceKind, InvoiceStatus
from marketplace.core.models import TenantQuerySet
from marketplace.organisations.models import SupplierLink

# Stands for "none came back" where keys are compared, since nothing equals nothing in SQL.
_NONE: Final = UUID(int=0)


def invoices_due(council_id: UUID, due_by_on: date) -> TenantQuerySet[Invoice]:
    """Return what is approved and in no payment yet: invoices due by a day, and all credit notes.

    Shapes: what asks for nothing is not among them. By supplier, the oldest first.
    """
    open_payment = PaidInvoice.objects.filter(invoice=OuterRef("pk"), is_open=True)
    in_time = Q(kind=InvoiceKind.CREDIT_NOTE.value) | Q(pay_by_on__lte=due_by_on)
    return (
        Invoice.objects.of(council_id)
        .filter(
            in_time,
            ~Exists(open_payment),
            council_id=council_id,
            status=InvoiceStatus.APPROVED.value,
            payable_amount__gt=0,
        )
        .order_by("supplier__name", "supplier_id", "pay_by_on", "id")
    )


def due_plan(
    council_id: UUID, due_by_on: date, *, invoice_ids: Collection[UUID] | None = None
) -> Plan:
    """Return what a run for a day would pay, and who would be left out: two statements.

    Shapes: only of these invoices, if any are named.
    """
    rows = invoices_due(council_id, due_by_on)
    if invoice_ids is not None:
        rows = rows.filter(pk__in=invoice_ids)
    owed = [
        Owed(each.pk, each.supplier_id, each.number, each.issued_on, each.signed_amount)
        for each in rows.only(
            "id", "supplier_id", "number", "issued_on", "payable_amount", "kind", "pay_by_on"
        )
        if each.supplier_id is not None
    ]
    return planned(owed, payees(council_id, {each.supplier_id for each in owed}))


def payees(council_id: UUID, supplier_ids: Collection[UUID]) -> dict[UUID, Payee]:
    """Return the latest account of each supplier, and whether this council made sure of it."""
    rows = with_confirmations(council_id, latest_accounts(supplier_ids))
    return {
        each.supplier_id: Payee(
            account_id=each.pk,
            supplier_id=each.supplier_id,
            name=each.name,
            sort_code=each.sort_code,
            account_number=each.account_number,
            is_confirmed=each.is_confirmed,
            came_back=each.last_returned_id is not None,
        )
        for each in rows
    }


def with_confirmations(
    council_id: UUID, rows: TenantQuerySet[SupplierAccount]
) -> TenantQuerySet[Any]:
    """Return accounts with what a council knows of each.

    Shapes: `is_confirmed` whether somebody made sure of it since a payment to it last came back;
    `last_returned_id` is that payment, if any.
    """
    returned = Payment.objects.of(council_id).filter(
        account=OuterRef("pk"), council_id=council_id, failed_at__isnull=False
    )
    standing = AccountConfirmation.objects.of(council_id).annotate(
        since=Coalesce("returned_id", _NONE)
    )
    return rows.annotate(
        last_returned_id=Subquery(returned.order_by("-failed_at", "-id").values("pk")[:1]),
        is_confirmed=Exists(
            standing.filter(
                account=OuterRef("pk"), since=Coalesce(OuterRef("last_returned_id"), _NONE)
            )
        ),
    )


def latest_accounts(
    supplier_ids: Collection[UUID] | QuerySet[SupplierLink, UUID],
) -> TenantQuerySet[SupplierAccount]:
    """Return the account of each supplier that counts: the one it added last."""
    rows = SupplierAccount.objects.filter(supplier_id__in=supplier_ids)
    return rows.order_by("supplier_id", "-id").distinct("supplier_id")
