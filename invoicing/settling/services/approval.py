"""Approving invoices: what agrees, or was let through, is owed from then on and may be paid."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from invoicing.models import Invoice
from invoicing.settling.rules import BilledShare, Coding, postings_of, roles_needed
from invoicing.settling.selectors import billed_lines, billed_shares, involved_in, stated_by
from invoicing.settling.services.checking import Asked, BeyondBudget, refusals
from invoicing.states import InvoiceStatus
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Refusal
from marketplace.jobs.services import wake
from marketplace.ledger.rules import JournalDraft
from marketplace.ledger.services.commitments import OverBudget
from marketplace.ledger.services.controls import required_accounts
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole, JournalKind
from marketplace.ordering.models import OrderLine


class InvoiceChanged(Conflict):
    """The invoice has moved on since it was read."""

    code = "invoice.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this invoice since you read it.")


@dataclass(frozen=True, slots=True)
class NotApproved:
    """An invoice that was left out of an approval of many, and why."""

    invoice: Invoice
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of approving many. Shapes: each list in the order of the invoices' keys."""

    invoices: list[Invoice]
    left_out: list[NotApproved]


@transaction.atomic
def approve_invoice(
    *,
    invoice_id: UUID,
    approver: Actor,
    at: datetime,
    version: int | None = None,
    coding: Coding | None = None,
) -> Invoice:
    """Approve one invoice for payment, and post it.

    Shapes: `coding` (cost centre, account) bears what the invoice asks beyond its order; None
    where there is nothing such.
    Raises: Missing; InvoiceChanged; IllegalMove; InvoiceApprovalNotAllowed; CodingNeeded;
    PaidBefore; ReverseChargeUnknown; BelowNought; NotInPounds; SupplierUnknown; BeyondBudget;
    GoodsWentBack;
    ControlAccountMissing; NoOpenPeriod; Busy.
    """
    invoices = Invoice.objects.of(approver.organisation_id).filter(
        council_id=approver.organisation_id
    )
    invoice = invoices.lock(invoice_id)
    if version is not None and invoice.version != version:
        raise InvoiceChanged(current_version=invoice.version)
    invoice.check_move("approve")
    done = _approve([invoice], approver, at, coding)
    for each in done.left_out:
        raise each.refusal
    return done.invoices[0]


@transaction.atomic
def approve_invoices(*, invoice_ids: Collection[UUID], approver: Actor, at: datetime) -> Approved:
    """Approve all of these that this person may approve, and say of each other one why not.

    Shapes: what moved on meanwhile, or is somebody else's, is not among either.
    Raises: ControlAccountMissing; NoOpenPeriod; BeyondBudget where others spent the money at the
    same moment; Busy.
    """
    invoices = Invoice.objects.of(approver.organisation_id).filter(
        council_id=approver.organisation_id, status=InvoiceStatus.MATCHED.value
    )
    return _approve(invoices.lock_all(invoice_ids), approver, at, None)


def _approve(
    invoices: Sequence[Invoice], approver: Actor, at: datetime, coding: Coding | None
) -> Approved:
    """Approve invoices that are held: a fixed number of statements, and one event for each."""
    council_id = approver.organisation_id
    told = Invoice.objects.of(council_id).select_related("order", "arrival")
    related = told.in_bulk([each.pk for each in invoices])
    involved = involved_in(council_id, list(related.values()))
    held = OrderLine.objects.of(council_id).lock_all(billed_lines(council_id, invoices))
    lines = {line.pk: line for line in held}

    def asked_of(some: Sequence[Invoice]) -> list[Asked]:
        # What is left out was not billed before the others.
        shares = billed_shares(council_id, some, lines)
        return [Asked(each, involved[each.pk], shares[each.pk], coding) for each in some]

    asked = asked_of(invoices)
    why = list(refusals(council_id, asked, lines, approver, at))
    left_out = [
        NotApproved(each.invoice, refusal)
        for each, refusal in zip(asked, why, strict=True)
        if refusal is not None
    ]
    if left_out:
        asked = asked_of(
            [each.invoice for each, refusal in zip(asked, why, strict=True) if refusal is None]
        )
    for each in asked:
        _pass(each.invoice, approver, at)
    _post(asked, approver, at)
    for each in asked:
        record(
            "invoice.approved",
            each.invoice,
            actor=approver,
            at=at,
            organisation_id=council_id,
            counterparty_id=each.invoice.supplier_id,
            before={"status": InvoiceStatus.MATCHED.value},
            after={
                "status": each.invoice.status,
                "payable_amount": each.invoice.payable_amount,
                "pay_by_on": each.invoice.pay_by_on,
            },
        )
        _owe_comparison(each)
    return Approved([each.invoice for each in asked], left_out)


def _owe_comparison(approved: Asked) -> None:
    """Owe it to the others of its order that they are compared again with the room that it made.

    Or with the room that it took, where somebody let more through than there was.
    """
    invoice = approved.invoice
    takes_back = any(each.quantity < 0 for each in approved.shares)
    if invoice.order_id is None or not (takes_back or approved.involved.is_let_differ):
        return
    wake(
        "invoicing.rematch_order",
        key=f"invoice:{invoice.pk}:approved",
        organisation_id=invoice.council_id,
        payload={"council_id": str(invoice.council_id), "order_id": str(invoice.order_id)},
    )


def _largest(shares: Sequence[BilledShare]) -> Coding | None:
    """Return the coding of the line that is billed most of, which bears pennies of rounding."""
    if not shares:
        return None
    return max(shares, key=lambda each: abs(each.amount)).coding


def _pass(invoice: Invoice, approver: Actor, at: datetime) -> None:
    invoice.move("approve")
    if not invoice.payable_amount:
        invoice.move("settle")
    invoice.approved_at, invoice.approved_by_id = at, approver.user_id
    invoice.approved_by_name = approver.name
    invoice.version += 1
    invoice.save(
        update_fields=["status", "approved_at", "approved_by_id", "approved_by_name", "version"]
    )


def _post(approved: Sequence[Asked], approver: Actor, at: datetime) -> None:
    """Post what was approved, all in one call. An invoice that comes to nothing has no journal.

    Raises: BeyondBudget; ControlAccountMissing; NoOpenPeriod; Busy.
    """
    if not approved:
        return
    council_id = approver.organisation_id
    roles = {
        role for each in approved for role in roles_needed(stated_by(each.invoice), each.shares)
    }
    accounts = required_accounts(council_id, *sorted(roles))
    drafts = [_draft(each, accounts, at) for each in approved]
    posted = [draft for draft in drafts if draft.postings]
    if posted:
        try:
            post_journals(council_id=council_id, drafts=posted, posted_by=approver, at=at)
        except OverBudget as refusal:
            raise BeyondBudget(refusal.detail) from refusal


# Books are kept in one language, whoever approves.
@override(settings.LANGUAGE_CODE)
def _draft(each: Asked, accounts: dict[AccountRole, UUID], at: datetime) -> JournalDraft:
    invoice = each.invoice
    assert invoice.supplier_id is not None  # noqa: S101  # invoice_approved_has_approver
    label = _("Credit note %(number)s") if invoice.is_credit_note else _("Invoice %(number)s")
    return JournalDraft(
        event_key=f"invoice:{invoice.pk}",
        kind=JournalKind.CREDIT_NOTE if invoice.is_credit_note else JournalKind.INVOICE,
        dated_on=timezone.localdate(at),
        document_on=invoice.issued_on,
        document_type="invoice",
        document_id=invoice.pk,
        document_reference=invoice.number[:100],
        narrative=label % {"number": invoice.number},
        postings=postings_of(
            stated_by(invoice),
            each.shares,
            supplier_id=invoice.supplier_id,
            accounts=accounts,
            coding=each.coding or _largest(each.shares),
        ),
        asking=each.extra,
    )
