"""What the pages of this package show of lines and budgets, made ready for their templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.forms import Form
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.approvals.services.cases import NoApprover
from marketplace.core.actors import Role
from marketplace.core.dates import financial_year
from marketplace.core.errors import FieldProblem, Refusal
from marketplace.ledger.selectors.budgets import BudgetChoice, budget_choices
from marketplace.ledger.selectors.coding import account_for, accounts
from marketplace.ledger.services.commitments import NoBudget
from marketplace.ordering.delivery_points.written import delivery_parts
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.services.baskets import coding_name, quantity_name
from marketplace.web.formats import day, moment, money
from marketplace.web.problems import detail_of

# Everybody on the council's side of an order.
COUNCIL = (
    Role.REQUESTER, Role.BUYER, Role.APPROVER, Role.RECEIVER, Role.FINANCE, Role.AUDITOR,
    Role.ADMINISTRATOR,
)  # fmt: skip
NAMES_SHOWN = 3
Choices = list[tuple[str, str]]


class Link(TypedDict):
    """An entry of the summary of errors."""

    text: str
    href: NotRequired[str]


@dataclass(frozen=True, slots=True)
class CodingChoices:
    """What lines can be paid from: budgets by key, and for each line the choices that fit it.

    Shapes: `everything` is what several lines can be paid from together, empty for a single line.
    """

    budgets: dict[str, BudgetChoice]
    by_line: dict[UUID, Choices]
    everything: Choices
    keys: dict[tuple[UUID, UUID], str]

    def of(self, line: RequisitionLine) -> str:
        """Return the key of the budget that a line is coded to, or nothing."""
        if line.cost_centre_id is None or line.account_id is None:
            return ""
        return self.keys.get((line.cost_centre_id, line.account_id), "")


def coding_choices(
    council_id: UUID, at: datetime, lines: Sequence[RequisitionLine], *, every_account: bool
) -> CodingChoices:
    """Return what each line can be paid from: budgets of this year on the account that fits it.

    Shapes: the line’s own account comes first, then the one that fits it. With `every_account`, and
    for a line that no account fits, all of the year's budgets.
    """
    year = financial_year(timezone.localdate(at))
    budgets = {str(each.budget_id): each for each in budget_choices(council_id, year)}
    in_use = list(accounts(council_id)) if lines and not every_account else []
    on_account = defaultdict[UUID, list[str]](list)
    for key, budget in budgets.items():
        on_account[budget.account_id].append(key)
    said = _said(budgets)
    # Of a long list only what is shown is put into words, and once for all the lines alike.
    fitting_choices: dict[tuple[UUID, ...], Choices] = {}
    by_line, everything = {}, said(budgets) if len(lines) > 1 else []
    for line in lines:
        fitting = account_for(in_use, line.category)
        wanted = [line.account_id, fitting.pk] if fitting else []
        alike = tuple(dict.fromkeys(account for account in wanted if account))
        if alike not in fitting_choices:
            fitting_choices[alike] = said(key for account in alike for key in on_account[account])
        by_line[line.pk] = fitting_choices[alike] or everything or said(budgets)
    keys = {each.coding: key for key, each in budgets.items()}
    return CodingChoices(budgets, by_line, everything, keys)


def _said(budgets: Mapping[str, BudgetChoice]) -> Callable[[Iterable[str]], Choices]:
    """Return what puts budgets into words, as choices by their keys."""
    words = _("%(cost_centre)s, %(account)s (%(left)s left)")

    def said(keys: Iterable[str]) -> Choices:
        return [
            (
                key,
                words
                % {
                    "cost_centre": budgets[key].cost_centre_name,
                    "account": budgets[key].account_name,
                    "left": money(budgets[key].available_amount),
                },
            )
            for key in keys
        ]

    return said


def what_in_words(lines: Sequence[RequisitionLine]) -> str:
    """Return what lines are, in a sentence: the first few names, and how many more there are."""
    names = [line.name for line in lines[:NAMES_SHOWN]]
    more = len(lines) - len(names)
    words = "; ".join(names)
    if more > 0:
        rest = ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
        words = f"{words}; {rest}"
    return words


def requisition_facts(requisition: Requisition) -> list[tuple[str, Any]]:
    """Return what a requisition says about itself, as rows of a summary list."""
    address, instructions = delivery_parts(requisition.deliver_to)
    for_driver = [(_("For the driver"), ", ".join(instructions.splitlines()))]
    return [
        (_("Who asked"), requisition.raised_by_name),
        (_("Why"), requisition.reason),
        (_("Sent"), moment(requisition.submitted_at) or _("Not yet")),
        (_("Deliver to"), ", ".join(address.splitlines())),
        *(for_driver if instructions else []),
        (_("Needed by"), day(requisition.needed_by_on) or _("As soon as it can be")),
    ]


def show_obstacles(
    form: Form,
    refusals: Sequence[Refusal],
    lines: Sequence[RequisitionLine],
    *,
    asked: Collection[str] = (),
) -> list[Link]:
    """Put what stops a basket beside the fields that it names; return the rest, as links.

    Shapes: what is wrong with a line leads to the line's own field in the basket, and what is wrong
    with budgets or approvers to what this page says of them. `asked` are the names of what the
    form has complained of itself.
    """
    links = []
    for refusal in refusals:
        for problem in refusal.errors or (FieldProblem("", detail_of(refusal)),):
            name = problem.pointer
            if name in form.fields:
                if name not in form.errors:
                    form.add_error(name, problem.detail)
            elif name not in asked:
                link = Link(text=problem.detail)
                address = _where(name, refusal, lines)
                if address:
                    link["href"] = address
                links.append(link)
    return links


def _where(name: str, refusal: Refusal, lines: Sequence[RequisitionLine]) -> str:
    """Return the address of what a problem speaks of, nothing where there is none."""
    basket = reverse("basket")
    first, _slash, rest = name.partition("/")
    if rest:
        place, _slash, column = rest.partition("/")
        if column:
            return f"{basket}#id_{coding_name(lines[int(place)].pk)}"
        return f"{basket}#id_{quantity_name(UUID(place))}"
    if first == "lines" and not lines:
        return basket
    is_foreseen = first == "lines" or isinstance(refusal, NoBudget | NoApprover)
    return "#outlook" if is_foreseen else ""
