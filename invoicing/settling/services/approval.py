"""Approving invoices: what agrees, or was let through, is owed from then on and may be paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.services import agrees_still
from invoicing.models import Invoice
from invoicing.settling.rules import (
    LARGEST_ROUNDING,
    BilledShare,
    Coding,
    postings_of,
    roles_needed,
    uncoded_amount,
)
from invoicing.settling.selectors import (
    Involved,
    billed_lines,
    billed_shares,
    involved_in,
    stated_by,
)
from invoicing.states import InvoiceStatus
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid, Refusal
from marketplace.jobs.services import wake
from marketplace.ledger.rules import JournalDraft
from marketplace.ledger.services.controls import required_accounts
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole, JournalKind
from marketplace.ordering.models import OrderLine

POUNDS = "GBP"


class InvoiceApprovalNotAllowed(Forbidden):
    """This person may not approve this invoice."""

    code = "invoice.approval-not-allowed"
    title = gettext_lazy("You cannot approve this invoice.")


class InvoiceChanged(Conflict):
    """The invoice has moved on since it was read."""

    code = "invoice.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this invoice since you read it.")


class GoodsWentBack(Conflict):
    """More is billed than is there now, and nobody has let that through."""

    code = "invoice.goods-went-back"
    title = gettext_lazy("This invoice does not agree with its order any more.")
    advice = gettext_lazy("Open it again in a minute: it is being compared with what is there now.")


class CodingNeeded(Invalid):
    """Part of it has no order that says who pays."""

    code = "invoice.coding-needed"
    title = gettext_lazy("Say which cost centre pays for the rest.")


class PaidBefore(Conflict):
    """It says that part of it was paid by another way."""

    code = "invoice.paid-before"
    title = gettext_lazy("Part of this invoice has been paid before, by its own words.")


class BelowNought(Conflict):
    """It asks for less than nothing, and calls itself no credit note."""

    code = "invoice.below-nought"
    title = gettext_lazy("This invoice asks for less than nothing.")


class NotInPounds(Conflict):
    """It is in another currency than our books."""

    code = "invoice.not-in-pounds"
    title = gettext_lazy("We pay in pounds.")


class SupplierUnknown(Conflict):
    """Nobody knows whose it is."""

    code = "invoice.supplier-unknown"
    title = gettext_lazy("We do not know who is to be paid.")


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


@dataclass(frozen=True, slots=True)
class _Ready:
    """An invoice that may be approved, with what it bills and who bears what has no order."""

    invoice: Invoice
    shares: list[BilledShare]
    coding: Coding | None


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
    PaidBefore; BelowNought; NotInPounds; SupplierUnknown; GoodsWentBack; ControlAccountMissing;
    NoOpenPeriod; Busy.
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
    Raises: ControlAccountMissing; NoOpenPeriod; Busy.
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
    shares = billed_shares(council_id, invoices, lines)
    passed: list[Invoice] = []
    left_out: list[NotApproved] = []
    for invoice in invoices:
        refusal = _refusal(
            invoice, involved[invoice.pk], shares[invoice.pk], approver, coding
        ) or _not_there(invoice, shares[invoice.pk], lines)
        if refusal is not None:
            left_out.append(NotApproved(invoice, refusal))
        else:
            passed.append(invoice)
    if left_out:
        # What is left out was not billed before the others.
        shares = billed_shares(council_id, passed, lines)
    ready = [_Ready(each, shares[each.pk], coding or _largest(shares[each.pk])) for each in passed]
    for each in ready:
        _pass(each.invoice, approver, at)
    _post(ready, approver, at)
    for each in ready:
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
    return Approved([each.invoice for each in ready], left_out)


def _owe_comparison(approved: _Ready) -> None:
    """Owe it to the others of its order that they are compared again with the room that it made."""
    invoice = approved.invoice
    if invoice.order_id is None or all(each.quantity >= 0 for each in approved.shares):
        return
    wake(
        "invoicing.rematch_order",
        key=f"invoice:{invoice.pk}:approved",
        organisation_id=invoice.council_id,
        payload={"council_id": str(invoice.council_id), "order_id": str(invoice.order_id)},
    )


def _refusal(
    invoice: Invoice,
    involved: Involved,
    shares: Sequence[BilledShare],
    approver: Actor,
    coding: Coding | None,
) -> Refusal | None:
    """Return why this person may not approve this invoice, or None."""
    return (
        _not_theirs(involved, approver)
        or _not_payable(invoice)
        or _not_coded(invoice, shares, approver, coding)
    )


def _not_there(
    invoice: Invoice, shares: Sequence[BilledShare], lines: Mapping[UUID, OrderLine]
) -> Refusal | None:
    """Return why an invoice that agreed would pay for more than is there now, or None.

    Why: goods may have gone back since, and the comparison that follows is a job that may be late.
    """
    is_beyond = any(
        each.quantity > 0
        and each.before + each.quantity > lines[each.order_line_id].received_quantity
        for each in shares
    )
    if not is_beyond or agrees_still(invoice):
        return None
    return GoodsWentBack(_("Goods went back, or never came, since it was compared."))


def _not_theirs(involved: Involved, approver: Actor) -> Refusal | None:
    """Return why this person may not approve what they had a hand in, or None.

    Source: separation of duties (LGA, National Fraud Authority): who orders, who lets a difference
    through and who says that it is paid are not one person.
    """
    if not approver.holds("finance"):
        return InvoiceApprovalNotAllowed(_("Only finance staff approve invoices."))
    if involved.ordered_by == approver.user_id:
        return InvoiceApprovalNotAllowed(_("You ordered this, so somebody else must approve it."))
    if involved.sent_in_by == approver.user_id:
        return InvoiceApprovalNotAllowed(
            _("You sent this invoice in, so somebody else must approve it.")
        )
    if approver.user_id in involved.let_through_by:
        return InvoiceApprovalNotAllowed(
            _("You let a difference of it through, so somebody else must approve it.")
        )
    if approver.user_id in involved.chosen_by:
        return InvoiceApprovalNotAllowed(
            _("You said what it is for, so somebody else must approve it.")
        )
    if involved.allowed_by == approver.user_id:
        return InvoiceApprovalNotAllowed(
            _(
                "It differs by no more than the council allows, and it was you who set what it"
                " allows. So somebody else must approve it."
            )
        )
    return None


def _not_payable(invoice: Invoice) -> Refusal | None:
    """Return why an invoice cannot be owed in our books, whoever let through what holds it."""
    if invoice.currency != POUNDS:
        return NotInPounds(_("Send it back, and ask for an invoice in pounds."))
    if invoice.supplier_id is None:
        return SupplierUnknown(
            _("Send it back, and take the same file in again, saying who sent it.")
        )
    if abs(stated_by(invoice).rounding_amount) > LARGEST_ROUNDING:
        return PaidBefore(_("Send it back, and ask for an invoice over what is still to be paid."))
    if invoice.payable_amount < 0:
        return BelowNought(_("Send it back, and ask for a credit note."))
    return None


def _not_coded(
    invoice: Invoice, shares: Sequence[BilledShare], approver: Actor, coding: Coding | None
) -> Refusal | None:
    """Return why nobody pays for what no order says, or None."""
    uncoded = uncoded_amount(stated_by(invoice), shares)
    if (uncoded or not shares) and coding is None:
        return CodingNeeded(
            _("No order says who pays £%(amount)s of this. Choose a cost centre and an account.")
            % {"amount": f"{abs(uncoded):,.2f}"},
            field="cost_centre",
            uncoded_amount=f"{uncoded:.2f}",
        )
    limit = approver.approval_limit_amount or Decimal(0)
    if not shares and abs(uncoded) > limit:
        return InvoiceApprovalNotAllowed(
            _("Nobody approved an order for this, and it is above what you may approve yourself.")
        )
    return None


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


def _post(ready: Sequence[_Ready], approver: Actor, at: datetime) -> None:
    """Post what was approved, all in one call. An invoice that comes to nothing has no journal."""
    if not ready:
        return
    council_id = approver.organisation_id
    roles = {role for each in ready for role in roles_needed(stated_by(each.invoice))}
    accounts = required_accounts(council_id, *sorted(roles))
    drafts = [_draft(each, accounts, at) for each in ready]
    posted = [draft for draft in drafts if draft.postings]
    if posted:
        post_journals(council_id=council_id, drafts=posted, posted_by=approver, at=at)


def _draft(each: _Ready, accounts: dict[AccountRole, UUID], at: datetime) -> JournalDraft:
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
            coding=each.coding,
        ),
    )
