"""Setting what may be spent: the budgets of a year at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import FieldProblem, Forbidden, Invalid, Missing
from marketplace.ledger.audience import KEEPERS
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR
from marketplace.ledger.selectors.budgets import budget_summary, budgets_by_coding
from marketplace.organisations.services.holding import hold_organisation

MOST_AMOUNT = Decimal("999999999999.99")
Coding = tuple[UUID, UUID]


class BudgetNotAllowed(Forbidden):
    """This person may not change budgets."""

    code = "budget.not-allowed"
    title = gettext_lazy("You cannot change budgets.")
    advice = gettext_lazy("Ask a finance officer or an administrator of your council.")


class BudgetTooSmall(Invalid):
    """More than that is promised or spent already."""

    code = "budget.too-small"
    title = gettext_lazy("The budget cannot be that small.")


class YearNotRight(Invalid):
    """There is no such financial year."""

    code = "budget.year-not-right"
    title = gettext_lazy("That is no financial year.")


class FiguresNotRight(Invalid):
    """A figure is below nought, is given twice, or is for a code that is retired."""

    code = "budget.figures-not-right"
    title = gettext_lazy("Some figures are not right.")


@dataclass(frozen=True, slots=True)
class BudgetFigure:
    """What a budget is to be. Units: GBP, without the VAT that the council gets back.

    Shapes: without `is_hard_stop` a budget stays as it is, and a new one is a hard stop.
    """

    cost_centre_id: UUID
    account_id: UUID
    amount: Decimal
    is_hard_stop: bool | None = None

    @property
    def coding(self) -> Coding:
        return (self.cost_centre_id, self.account_id)


@dataclass(frozen=True, slots=True)
class BudgetDifference:
    """How one budget was and is; `before` and `was_hard_stop` are None for a new one.

    Units: GBP, net.
    """

    coding: str
    before: Decimal | None
    after: Decimal
    was_hard_stop: bool | None
    is_hard_stop: bool

    @property
    def facts_before(self) -> dict[str, object]:
        """What the trail says of it before."""
        return {"budget_amount": self.before, "is_hard_stop": self.was_hard_stop}

    @property
    def facts_after(self) -> dict[str, object]:
        """What the trail says of it now."""
        return {"budget_amount": self.after, "is_hard_stop": self.is_hard_stop}


@dataclass(frozen=True, slots=True)
class BudgetsOutcome:
    """What a list of figures changes. Units: GBP, net; the sums are over the whole year."""

    differences: tuple[BudgetDifference, ...]
    same_count: int
    before_amount: Decimal
    after_amount: Decimal


@dataclass(frozen=True, slots=True)
class _Plan:
    """What figures come to: budgets that change and that are new, as they are to be kept."""

    changed: list[Budget]
    fresh: list[Budget]
    outcome: BudgetsOutcome


def look_at_budgets(
    *, finance: Actor, financial_year: int, figures: Sequence[BudgetFigure]
) -> BudgetsOutcome:
    """Return what set_budgets would change, and change nothing.

    Raises: BudgetNotAllowed; YearNotRight; FiguresNotRight and BudgetTooSmall with one error a
    figure; Missing for a code of another council.
    """
    check_may_set(finance)
    check_year(financial_year)
    codings = {each.coding for each in figures}
    there = budgets_by_coding(finance.organisation_id, financial_year, codings)
    return _planned(finance.organisation_id, financial_year, figures, there).outcome


@transaction.atomic
def set_budgets(
    *, finance: Actor, financial_year: int, figures: Sequence[BudgetFigure], at: datetime
) -> BudgetsOutcome:
    """Make or change budgets of a year, and leave those that no figure is for.

    Shapes: a figure for a coding that has a budget changes it; what is promised and spent stays.
    The same figures again change nothing and leave no trace. One event for all, which says each
    figure before and after.
    Raises: BudgetNotAllowed; YearNotRight; FiguresNotRight and BudgetTooSmall with one error a
    figure; Missing for a code of another council; Busy.
    """
    check_may_set(finance)
    check_year(financial_year)
    council_id = finance.organisation_id
    council = hold_organisation(council_id)
    held = _held(council_id, financial_year, {each.coding for each in figures})
    plan = _planned(council_id, financial_year, figures, held)
    outcome = plan.outcome
    if not outcome.differences:
        return outcome
    Budget.objects.bulk_update(plan.changed, ["budget_amount", "is_hard_stop", "version"])
    Budget.objects.bulk_create(plan.fresh)
    record(
        "budgets.set",
        council,
        actor=finance,
        at=at,
        organisation_id=council_id,
        before={
            "budgets": {
                each.coding: each.facts_before
                for each in outcome.differences
                if each.before is not None
            }
        },
        after={
            "financial_year": financial_year,
            "budgets": {each.coding: each.facts_after for each in outcome.differences},
        },
    )
    return outcome


def _planned(
    council_id: UUID,
    financial_year: int,
    figures: Sequence[BudgetFigure],
    there: Mapping[Coding, Budget],
) -> _Plan:
    """Return what figures come to beside the budgets that there are.

    Raises: FiguresNotRight and BudgetTooSmall with one error a figure; Missing.
    """
    wanted = {each.coding: each for each in figures}
    centres, accounts = _codes(council_id, figures)
    _check_figures(figures, there, centres, accounts)
    changed, fresh, differences = _apply(
        wanted, there, centres, accounts, council_id, financial_year
    )
    before_amount = budget_summary(council_id, financial_year).budget_amount
    more = sum((each.after - (each.before or 0) for each in differences), Decimal("0.00"))
    outcome = BudgetsOutcome(
        tuple(sorted(differences, key=lambda each: each.coding)),
        len(wanted) - len(differences),
        before_amount,
        before_amount + more,
    )
    return _Plan(changed, fresh, outcome)


def _codes(
    council_id: UUID, figures: Sequence[BudgetFigure]
) -> tuple[dict[UUID, CostCentre], dict[UUID, Account]]:
    """Return what figures are coded to, by key.

    Raises: Missing for a code of another council.
    """
    centre_ids = {each.cost_centre_id for each in figures}
    account_ids = {each.account_id for each in figures}
    centres = CostCentre.objects.of(council_id).in_bulk(centre_ids)
    accounts = Account.objects.of(council_id).in_bulk(account_ids)
    if centre_ids - centres.keys() or account_ids - accounts.keys():
        raise Missing(_("There is no such cost centre or account here."))
    return centres, accounts


def _held(
    council_id: UUID, financial_year: int, wanted: Collection[Coding]
) -> dict[Coding, Budget]:
    """Return the budgets of a year that are there already, held, by what they are coded to."""
    there = budgets_by_coding(council_id, financial_year, wanted)
    rows = Budget.objects.of(council_id).lock_all([row.pk for row in there.values()])
    return {(row.cost_centre_id, row.account_id): row for row in rows}


def check_may_set(finance: Actor) -> None:
    """Let those pass who may set budgets.

    Raises: BudgetNotAllowed.
    """
    if not finance.holds(*KEEPERS):
        raise BudgetNotAllowed(_("Only finance officers and administrators can."))


def check_year(financial_year: int) -> None:
    """Let a year pass in which a financial year can begin.

    Raises: YearNotRight.
    """
    if not FIRST_YEAR <= financial_year <= LAST_YEAR:
        raise YearNotRight(_("Write the year in which the financial year begins, like 2026."))


def _check_figures(
    figures: Sequence[BudgetFigure],
    held: Mapping[Coding, Budget],
    centres: Mapping[UUID, CostCentre],
    accounts: Mapping[UUID, Account],
) -> None:
    """Refuse figures that cannot be, all at once; a pointer is figures/3/amount.

    Raises: FiguresNotRight, BudgetTooSmall.
    """
    times = Counter(each.coding for each in figures)
    wrong: list[FieldProblem] = []
    small: list[FieldProblem] = []
    for place, each in enumerate(figures):
        reasons = {
            "cost_centre": _twice(times[each.coding])
            or _retired(centres[each.cost_centre_id], _("This cost centre is retired.")),
            "account": _retired(accounts[each.account_id], _("This account is retired.")),
            "amount": impossible(each.amount),
        }
        wrong += [
            FieldProblem(f"figures/{place}/{name}", reason)
            for name, reason in reasons.items()
            if reason
        ]
        small += _too_small(each, held.get(each.coding), f"figures/{place}/amount")
    if wrong:
        raise FiguresNotRight(wrong[0].detail if len(wrong) == 1 else "", errors=[*wrong, *small])
    if small:
        raise BudgetTooSmall(small[0].detail, errors=small)


def impossible(amount: Decimal) -> str:
    """Return why a budget cannot be of this amount, or nothing."""
    if amount < 0:
        return _("An amount cannot be less than nought.")
    return _("The amount is too large.") if amount > MOST_AMOUNT else ""


def _twice(times: int) -> str:
    return _("The list has this cost centre and account more than once.") if times > 1 else ""


def _retired(row: CostCentre | Account, words: str) -> str:
    return "" if row.is_active else words + " " + _("Bring it back first.")


def _too_small(figure: BudgetFigure, budget: Budget | None, field: str) -> Sequence[FieldProblem]:
    if budget is None:
        return ()
    try:
        check_large_enough(budget, figure.amount, _hard_stop(figure, budget), field=field)
    except BudgetTooSmall as refusal:
        return refusal.errors
    return ()


def _hard_stop(figure: BudgetFigure, budget: Budget | None) -> bool:
    if figure.is_hard_stop is not None:
        return figure.is_hard_stop
    return budget.is_hard_stop if budget else True


def _apply(
    wanted: Mapping[Coding, BudgetFigure],
    held: Mapping[Coding, Budget],
    centres: Mapping[UUID, CostCentre],
    accounts: Mapping[UUID, Account],
    council_id: UUID,
    financial_year: int,
) -> tuple[list[Budget], list[Budget], list[BudgetDifference]]:
    """Return the rows that change, those that are new, and how each differs; nothing is kept."""
    changed: list[Budget] = []
    fresh: list[Budget] = []
    differences: list[BudgetDifference] = []
    for coding, figure in wanted.items():
        budget = held.get(coding)
        is_hard_stop, amount = _hard_stop(figure, budget), figure.amount
        before = budget.budget_amount if budget else None
        was_hard_stop = budget.is_hard_stop if budget else None
        if budget is None:
            budget = Budget(
                council_id=council_id,
                financial_year=financial_year,
                cost_centre_id=figure.cost_centre_id,
                account_id=figure.account_id,
                coding=f"{centres[figure.cost_centre_id].code}/{accounts[figure.account_id].code}",
            )
            fresh.append(budget)
        elif (before, was_hard_stop) == (amount, is_hard_stop):
            continue
        else:
            budget.version += 1
            changed.append(budget)
        budget.budget_amount, budget.is_hard_stop = amount, is_hard_stop
        differences.append(
            BudgetDifference(budget.coding, before, amount, was_hard_stop, is_hard_stop)
        )
    return changed, fresh, differences


def check_large_enough(budget: Budget, amount: Decimal, is_hard_stop: bool, *, field: str) -> None:
    """Refuse a hard stop below what is used, unless it stood below already and now rises.

    Raises: BudgetTooSmall.
    """
    used = budget.committed_amount + budget.actual_amount
    rises = budget.is_hard_stop and amount >= budget.budget_amount
    if is_hard_stop and amount < used and not rises:
        raise BudgetTooSmall(
            _("%(coding)s: £%(used)s is promised or spent already.")
            % {"coding": budget.coding, "used": f"{used:,.2f}"},
            field=field,
        )
