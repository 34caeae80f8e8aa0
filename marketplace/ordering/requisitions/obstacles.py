"""What stands between a basket and its approval: all that can be known, found at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.selectors.plans import PolicyPlan, plan_for
from marketplace.approvals.services.cases import NoApprover, check_plan
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict, FieldProblem, Invalid, Refusal
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.services.commitments import NoBudget, OverBudget, check_budgets
from marketplace.ordering.bought.rules import last_delivery_on
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.selectors.money import commitment_lines, holders_of
from marketplace.ordering.requisitions.selectors.offers import Drift, drifts


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


class NeededTooFarAhead(Invalid):
    """The day on which it is needed is so far ahead that the year must be a mistake."""

    code = "requisition.needed-too-far-ahead"
    title = gettext_lazy("It cannot be ordered so far ahead.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a basket found: who would approve it, and every reason why it cannot be sent.

    Shapes: the refusals in the order in which a person meets what they speak of.
    """

    plan: PolicyPlan
    refusals: tuple[Refusal, ...]


def looked_over(
    requisition: Requisition, lines: Sequence[RequisitionLine], requester: Actor, at: datetime
) -> Looked:
    """Return who would approve a basket as it is now, and everything that stops it.

    Shapes: `lines` with their coding joined in. Who approves is known only when every line says
    what it is paid from, and whether the money is there of the lines that do.
    """
    today = timezone.localdate(at)
    found: list[Refusal] = [
        *_missing(requisition, lines),
        *_wrong_day(requisition, today),
        *_changed(drifts(requisition.council_id, lines)),
    ]
    exceeds = False
    try:
        exceeds = is_over_budget(requisition.council_id, financial_year(today), lines)
    except (NoBudget, OverBudget) as refusal:
        found.append(refusal)
    plan = plan_for(
        requisition.council_id,
        amount=requisition.net_amount,
        holders=holders_of(requisition.council_id, lines),
        barred_user_ids=[requester.user_id],
        is_over_budget=exceeds,
    )
    if lines and len(commitment_lines(lines)) == len(lines):
        try:
            check_plan(plan, requisition.net_amount)
        except NoApprover as refusal:
            found.append(refusal)
    return Looked(plan, tuple(found))


def refuse_all(refusals: Sequence[Refusal]) -> None:
    """Raise the first refusal, with what the others say as well.

    Why: who mends one thing and is then told of the next has been told too late.
    Raises: the first one's kind; nothing where there is none.
    """
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        problems = [
            problem
            for each in refusals
            for problem in each.errors or (FieldProblem("lines", each.detail),)
        ]
        facts = {name: fact for each in refusals for name, fact in each.facts.items()}
        words = " ".join(each.detail for each in refusals)
        raise type(refusals[0])(words, errors=problems, **facts)


def is_over_budget(council_id: UUID, financial_year: int, lines: Sequence[RequisitionLine]) -> bool:
    """Tell whether lines would exceed a budget that only warns.

    Raises: NoBudget; OverBudget for a budget that is a hard stop.
    """
    asked = commitment_lines(lines)
    found = budgets_by_coding(council_id, financial_year, [line.coding for line in asked])
    return bool(check_budgets(asked, found, financial_year=financial_year, may_exceed=True))


def _missing(requisition: Requisition, lines: Sequence[RequisitionLine]) -> Iterator[NotComplete]:
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
        yield NotComplete(" ".join(each.detail for each in problems[:5]), errors=problems)


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


def _wrong_day(requisition: Requisition, today: date) -> Iterator[Invalid]:
    needed, last = requisition.needed_by_on, last_delivery_on(today)
    if needed is not None and needed < today:
        yield NeededInThePast(
            _("Give a day that is not over, or leave it empty."), field="needed_by_on"
        )
    if needed is not None and needed > last:
        yield NeededTooFarAhead(
            _("Check the year. Give a day up to %(last)s, or leave it empty.")
            % {"last": date_format(last, "j F Y")},
            field="needed_by_on",
        )


def _changed(drifted: Sequence[Drift]) -> Iterator[PriceChanged]:
    if not drifted:
        return
    problems = [FieldProblem(f"lines/{each.line.pk}", drift_in_words(each)) for each in drifted]
    yield PriceChanged(
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
