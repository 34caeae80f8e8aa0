"""A requisition's way from basket to orders: submitted, approved, turned down, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.selectors.plans import plan_for
from marketplace.approvals.services.cases import Subject, open_case, supersede_case
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict, FieldProblem, Invalid
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.services.commitments import check_budgets
from marketplace.ordering.bought import rules
from marketplace.ordering.links import requisition_link
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import lines_of
from marketplace.ordering.requisitions.selectors.money import commitment_lines, holders_of
from marketplace.ordering.requisitions.selectors.offers import Drift, drifts
from marketplace.ordering.requisitions.selectors.requisitions import content_of
from marketplace.ordering.requisitions.services.held_baskets import (
    Details,
    check_version,
    own_draft,
    set_details,
)
from marketplace.organisations.services.numbers import next_number

KIND = "requisition"


class NotComplete(Invalid):
    """Something that must be known before anybody can approve it is missing."""

    code = "requisition.not-complete"
    title = gettext_lazy("Some answers are missing.")


class PriceChanged(Conflict):
    """A listing changed, or went, after it was put in the basket."""

    code = "requisition.price-changed"
    title = gettext_lazy("Something in your basket has changed.")


class NeededInThePast(Invalid):
    """The day on which it is needed is over."""

    code = "requisition.needed-in-the-past"
    title = gettext_lazy("It cannot be delivered on a day that is over.")


@transaction.atomic
def submit_requisition(
    *,
    requisition_id: UUID,
    requester: Actor,
    at: datetime,
    details: Details | None = None,
    version: int | None = None,
) -> Requisition:
    """Number a basket and ask for its approval.

    Everything that would stop it later is looked at now: that each thing can still be bought at
    the price shown, that each line is coded, that there is money, and that somebody can approve.
    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: NotABuyer; Missing; NotADraft; DraftChanged; NotComplete; NeededInThePast;
    PriceChanged; NoBudget; OverBudget; NoApprover.
    """
    requisition = own_draft(requester, requisition_id)
    check_version(requisition, version)
    if details is not None:
        set_details(requisition, details)
    lines = lines_of(requisition)
    today = timezone.localdate(at)
    _check_complete(requisition, lines)
    _check_day(requisition, today)
    _check_offers(drifts(requisition.council_id, lines))
    year = financial_year(today)
    plan = plan_for(
        requisition.council_id,
        amount=requisition.net_amount,
        holders=holders_of(requisition.council_id, lines),
        barred_user_ids=[requester.user_id],
        is_over_budget=is_over_budget(requisition.council_id, year, lines),
    )
    requisition.move("submit")
    number = next_number(requisition.council_id, KIND, year)
    requisition.number = rules.order_number("REQ", year, number)
    requisition.content_hash = content_of(requisition, lines)
    requisition.submitted_at = at
    requisition.version += 1
    requisition.save(
        update_fields=[
            "title", "reason", "deliver_to", "needed_by_on", "status", "number", "content_hash",
            "submitted_at", "version",
        ]
    )  # fmt: skip
    open_case(
        subject=_subject(requisition),
        requester=requester,
        barred_user_ids=[requester.user_id],
        plan=plan,
        at=at,
    )
    record(
        "requisition.submitted",
        requisition,
        actor=requester,
        at=at,
        organisation_id=requisition.council_id,
        before={"status": "DRAFT"},
        after={
            "status": requisition.status,
            "net_amount": requisition.net_amount,
            "lines": len(lines),
            "content_hash": requisition.content_hash,
        },
    )
    return requisition


@transaction.atomic
def withdraw_requisition(
    *, requisition_id: UUID, requester: Actor, at: datetime, version: int | None = None
) -> Requisition:
    """Take back one's own requisition before it is approved, or give up one's basket.

    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: Missing; DraftChanged; IllegalMove.
    """
    mine = Requisition.objects.of(requester.organisation_id).filter(raised_by_id=requester.user_id)
    requisition = mine.lock(requisition_id)
    check_version(requisition, version)
    before = {"status": requisition.status}
    was_submitted = not requisition.is_basket
    requisition.move("withdraw")
    if was_submitted:
        supersede_case(council_id=requisition.council_id, subject_id=requisition.pk, at=at)
    requisition.withdrawn_at = at
    requisition.version += 1
    requisition.save(update_fields=["status", "withdrawn_at", "version"])
    record(
        "requisition.withdrawn",
        requisition,
        actor=requester,
        at=at,
        organisation_id=requisition.council_id,
        before=before,
        after={"status": requisition.status},
    )
    return requisition


def is_over_budget(council_id: UUID, financial_year: int, lines: Sequence[RequisitionLine]) -> bool:
    """Tell whether lines would exceed a budget that only warns.

    Raises: NoBudget; OverBudget for a budget that is a hard stop.
    """
    asked = commitment_lines(lines)
    found = budgets_by_coding(council_id, financial_year, [line.coding for line in asked])
    return bool(check_budgets(asked, found, financial_year=financial_year, may_exceed=True))


def _subject(requisition: Requisition) -> Subject:
    return Subject(
        kind=KIND,
        id=requisition.pk,
        reference=requisition.number,
        title=requisition.title,
        link=requisition_link(requisition.pk),
        amount=requisition.net_amount,
        content_hash=requisition.content_hash,
    )


def _check_complete(requisition: Requisition, lines: Sequence[RequisitionLine]) -> None:
    problems = []
    if not lines:
        problems.append(FieldProblem("lines", _("Your basket is empty.")))
    if not requisition.title:
        problems.append(FieldProblem("title", _("Say in a few words what it is for.")))
    if not requisition.deliver_to:
        problems.append(FieldProblem("deliver_to", _("Say where it is to be delivered.")))
    for place, line in enumerate(lines):
        if line.cost_centre_id is None:
            problems.append(
                FieldProblem(
                    f"lines/{place}/cost_centre",
                    _("Choose the cost centre that pays for %(name)s.") % {"name": line.name},
                )
            )
        if line.account_id is None:
            problems.append(
                FieldProblem(
                    f"lines/{place}/account",
                    _("Choose the account for %(name)s.") % {"name": line.name},
                )
            )
        problems += _retired(place, line)
    if problems:
        raise NotComplete(" ".join(each.detail for each in problems[:5]), errors=problems)


def _retired(place: int, line: RequisitionLine) -> list[FieldProblem]:
    """Return which of a line's codes are no longer used for anything new."""
    codes = (("cost_centre", line.cost_centre), ("account", line.account))
    return [
        FieldProblem(
            f"lines/{place}/{field}",
            _("%(code)s, %(what)s, is no longer used. Choose another code for %(name)s.")
            % {"code": code.code, "what": code.name, "name": line.name},
        )
        for field, code in codes
        if code is not None and not code.is_active
    ]


def _check_day(requisition: Requisition, today: date) -> None:
    if requisition.needed_by_on is not None and requisition.needed_by_on < today:
        raise NeededInThePast(
            _("Give a day that is not over, or leave it empty."), field="needed_by_on"
        )


def _check_offers(changed: Sequence[Drift]) -> None:
    if not changed:
        return
    problems = [FieldProblem(f"lines/{each.line.pk}", drift_in_words(each)) for each in changed]
    raise PriceChanged(
        _("Look at what changed and accept it, then send your basket again. %(changes)s")
        % {"changes": " ".join(problem.detail for problem in problems[:5])},
        errors=problems,
    )


def drift_in_words(drift: Drift) -> str:
    """Return in a sentence how a line differs from what is offered now.

    Shapes: names its part number and supplier too, since two suppliers sell the same thing.
    """
    if drift.new_price is None:
        words = _("%(name)s (part %(part)s from %(supplier)s) can no longer be bought.")
    elif drift.least is not None:
        words = _(
            "%(name)s (part %(part)s from %(supplier)s) is now sold in quantities of %(least)s or"
            " more."
        )
    elif drift.new_price == drift.old_price:
        words = _(
            "%(name)s (part %(part)s from %(supplier)s) is now sold in another unit or taxed in"
            " another way."
        )
    else:
        words = _("%(name)s (part %(part)s from %(supplier)s) was £%(old)s and is now £%(new)s.")
    return words % {
        "name": drift.line.name,
        "part": drift.line.part_number,
        "supplier": drift.supplier_name,
        "least": f"{drift.least.normalize():f}" if drift.least is not None else "",
        "old": _price(drift.old_price),
        "new": _price(drift.new_price) if drift.new_price is not None else "",
    }


def _price(amount: object) -> str:
    whole, _dot, rest = f"{amount:f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"
