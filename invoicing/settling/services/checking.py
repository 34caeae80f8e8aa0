"""What keeps an invoice from being approved, asked of all that are to be approved in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.judging.totals import LARGEST_ROUNDING
from invoicing.matching.selectors import (
    allowed_differences,
    released_beyond_received,
    tolerances_of,
)
from invoicing.models import Invoice
from invoicing.settling.rules import (
    BilledShare,
    Coding,
    beyond_amount,
    beyond_by_coding,
    uncoded_amount,
)
from invoicing.settling.selectors import (
    Involved,
    is_reverse_charged,
    stated_by,
    suppliers_worked_for,
)
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year, financial_year_label
from marketplace.core.errors import Conflict, Forbidden, Invalid, Refusal
from marketplace.ledger.models import Account, Budget
from marketplace.ledger.rules import CommitmentLine, weigh
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.states import AccountKind
from marketplace.ordering.models import OrderLine

POUNDS = "GBP"


class InvoiceApprovalNotAllowed(Forbidden):
    """This person may not approve this invoice."""

    code = "invoice.approval-not-allowed"
    title = gettext_lazy("You cannot approve this invoice.")


class GoodsWentBack(Conflict):
    """More is billed than is there now, and nobody has let that through."""

    code = "invoice.goods-went-back"
    title = gettext_lazy("This invoice does not agree with its order any more.")
    advice = gettext_lazy("Open it again in a minute: it is being compared with what is there now.")


class CodingNeeded(Invalid):
    """Part of it has no order that says who pays."""

    code = "invoice.coding-needed"
    title = gettext_lazy("Say which cost centre pays for the rest.")


class ReverseChargeUnknown(Conflict):
    """It leaves VAT to the council on something that no order has a rate for."""

    code = "invoice.reverse-charge-unknown"
    title = gettext_lazy("Nobody knows how much VAT the council has to account for.")


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


class BeyondBudget(Conflict):
    """More is asked than was ordered, and the budget has no room for it."""

    code = "invoice.beyond-budget"
    title = gettext_lazy("There is no money left for what this invoice asks beyond its order.")
    advice = gettext_lazy(
        "Ask whoever keeps the budget to raise it, choose another code, or send the invoice back."
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """An invoice that is to be approved, with who had a hand in it and what it bills.

    Shapes: `coding` bears what no order says who pays, None where nobody chose one.
    """

    invoice: Invoice
    involved: Involved
    shares: Sequence[BilledShare]
    coding: Coding | None

    @property
    def extra(self) -> dict[Coding, Decimal]:
        """What it takes from budgets that nobody approved with the order. Units: GBP, net.

        Shapes: nothing where it agrees, or differs by no more than the council allows.
        """
        if not self.is_beyond:
            return {}
        return beyond_by_coding(stated_by(self.invoice), self.shares, self.coding)

    @property
    def is_beyond(self) -> bool:
        """Whether somebody let it differ from its order, or it has none."""
        return self.involved.is_let_differ or not self.shares


def refusals(
    council_id: UUID,
    asked: Sequence[Asked],
    lines: Mapping[UUID, OrderLine],
    approver: Actor,
    at: datetime,
) -> Iterator[Refusal | None]:
    """Yield for each invoice why this person may not approve it, or None.

    Shapes: the invoices and `lines` are held. Those that may be approved take from the budgets
    before those that come after them. A fixed number of statements for however many.
    """
    gone = _gone_from(council_id, asked, lines)
    budgets = _budgets(council_id, asked, at)
    taken: list[CommitmentLine] = []
    theirs = suppliers_worked_for(approver, {each.invoice.supplier_id for each in asked})
    for each in asked:
        wanted = _takes(each, budgets)
        refusal = (
            _of_ones_own(each.invoice, theirs)
            or _not_theirs(each.involved, approver)
            or _not_payable(each.invoice)
            or _not_coded(each)
            or _beyond_limit(each, approver)
            or _beyond_budget(taken, wanted, budgets, at)
            or (_went_back() if each.invoice.pk in gone else None)
        )
        if refusal is None:
            taken += wanted
        yield refusal


def _of_ones_own(invoice: Invoice, theirs: Collection[UUID]) -> Refusal | None:
    """Return why whoever works for the supplier too may not approve its invoice, or None."""
    if invoice.supplier_id not in theirs:
        return None
    return InvoiceApprovalNotAllowed(_("You work for the supplier, so somebody else must."))


def _not_theirs(involved: Involved, approver: Actor) -> Refusal | None:
    """Return why this person may not approve what they had a hand in, or None.

    Source: separation of duties (LGA, National Fraud Authority): who orders, who lets a difference
    through and who says that it is paid are not one person.
    """
    if not approver.holds("finance"):
        return InvoiceApprovalNotAllowed(_("Only finance staff approve invoices."))
    if involved.ordered_by == approver.user_id:
        return InvoiceApprovalNotAllowed(_("You ordered this, so somebody else must approve it."))
    if approver.user_id in involved.booked_by:
        return InvoiceApprovalNotAllowed(
            _("You wrote down that these goods came, so somebody else must approve it.")
        )
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


def _not_coded(asked: Asked) -> Refusal | None:
    """Return why nobody pays for what no order says, or None."""
    stated = stated_by(asked.invoice)
    uncoded = uncoded_amount(stated, asked.shares)
    if uncoded and is_reverse_charged(asked.invoice):
        return ReverseChargeUnknown(
            _("Part of it is on no line of the order, so that no rate is known. Send it back.")
        )
    asks_nothing = not stated.gross_amount and not stated.payable_amount
    if asked.coding is not None or (not uncoded and (asked.shares or asks_nothing)):
        return None
    return CodingNeeded(
        _("No order says who pays £%(amount)s of this. Choose a cost centre and an account.")
        % {"amount": f"{abs(uncoded):,.2f}"},
        field="cost_centre",
        uncoded_amount=f"{uncoded:.2f}",
    )


def _beyond_limit(asked: Asked, approver: Actor) -> Refusal | None:
    """Return why this person alone may not have so much paid that nobody ordered, or None.

    Why: whoever approved the order approved its price and no more. What the council itself allows
    is bounded by what it set.
    """
    if not asked.is_beyond:
        return None
    beyond = beyond_amount(stated_by(asked.invoice), asked.shares)
    if beyond <= (approver.approval_limit_amount or Decimal(0)):
        return None
    if not asked.shares:
        return InvoiceApprovalNotAllowed(
            _("Nobody approved an order for this, and it is above what you may approve yourself.")
        )
    return InvoiceApprovalNotAllowed(
        _(
            "£%(amount)s of this is beyond what was ordered. That is above what you may approve"
            " yourself, so ask somebody who may approve as much."
        )
        % {"amount": f"{beyond:,.2f}"},
        beyond_amount=f"{beyond:.2f}",
    )


def _budgets(council_id: UUID, asked: Sequence[Asked], at: datetime) -> dict[Coding, Budget | None]:
    """Return the budgets of what is beyond orders, None for a coding that has none.

    Shapes: an account that is no expense spends none, and is not among them.
    """
    codings = {coding for each in asked for coding in each.extra}
    if not codings:
        return {}
    spending = Account.objects.of(council_id).filter(
        pk__in={account_id for _centre_id, account_id in codings}, kind=AccountKind.EXPENSE.value
    )
    expenses = set(spending.values_list("pk", flat=True))
    there = budgets_by_coding(council_id, financial_year(timezone.localdate(at)), codings)
    return {coding: there.get(coding) for coding in codings if coding[1] in expenses}


def _takes(asked: Asked, budgets: Mapping[Coding, Budget | None]) -> list[CommitmentLine]:
    return [
        CommitmentLine(asked.invoice.pk, *coding, amount)
        for coding, amount in asked.extra.items()
        if coding in budgets
    ]


def _beyond_budget(
    taken: Sequence[CommitmentLine],
    wanted: Sequence[CommitmentLine],
    budgets: Mapping[Coding, Budget | None],
    at: datetime,
) -> Refusal | None:
    """Return why no budget pays what is beyond the order, or None.

    Why: it is the stop that a requisition meets. A budget that only warns is exceeded by whoever
    may approve so much.
    """
    there = {coding: budget for coding, budget in budgets.items() if budget is not None}
    its = {line.coding for line in wanted}
    found = weigh([*taken, *wanted], there)
    if found.missing & its:
        year = financial_year_label(financial_year(timezone.localdate(at)))
        return BeyondBudget(
            _("There is no budget for the cost centre and account in %(year)s.") % {"year": year}
        )
    stopped = [each for each in found.stopped(may_exceed=True) if _coding(each) in its]
    if not stopped:
        return None
    said = [
        _("%(coding)s: £%(asked)s is asked beyond the order and £%(left)s is left.")
        % {
            "coding": each.coding,
            "asked": f"{found.asked[_coding(each)]:,.2f}",
            "left": f"{each.available_amount:,.2f}",
        }
        for each in sorted(stopped, key=lambda each: each.coding)
    ]
    return BeyondBudget(" ".join(said))


def _coding(budget: Budget) -> Coding:
    return budget.cost_centre_id, budget.account_id


def _gone_from(
    council_id: UUID, asked: Sequence[Asked], lines: Mapping[UUID, OrderLine]
) -> set[UUID]:
    """Return which invoices would pay for more than is there and may be billed.

    Why: goods may have gone back since it was compared, and the comparison that follows is a job
    that may be late. What somebody let through says how much was there, and how much was billed in
    all.
    """
    beyond = [
        (each.invoice.pk, share, lines[share.order_line_id].received_quantity)
        for each in asked
        for share in each.shares
        if share.quantity > 0
        and share.before + share.quantity > lines[share.order_line_id].received_quantity
    ]
    if not beyond:
        return set()
    allowed = tolerances_of(allowed_differences(council_id))
    released = released_beyond_received(council_id, {invoice_id for invoice_id, *_rest in beyond})

    def is_passed(invoice_id: UUID, share: BilledShare, received: Decimal) -> bool:
        billed = share.before + share.quantity
        if not allowed.needs_receipt or allowed.received_quantity.allows(received, billed):
            return True
        passed = released.get((invoice_id, share.order_line_id), ())
        return any(there == received and upto >= billed for there, upto in passed)

    return {each[0] for each in beyond if not is_passed(*each)}


def _went_back() -> Refusal:
    return GoodsWentBack(_("Goods went back, or never came, since it was compared."))
