"""Who must say yes, reckoned from a policy and the people that there are. Pure.

A policy is a list of tiers. The highest tier that the amount is above decides, and its steps are
taken in order. A step that names the holder becomes one step for each holder, since each answers
for money of their own. Every step is decided by another person, and the last by somebody whose
limit covers the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Who(StrEnum):
    """How a policy names the people of a step."""

    HOLDER = "HOLDER"
    PEOPLE = "PEOPLE"
    ANY_APPROVER = "ANY_APPROVER"


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who holds the role of approver. Units: `limit_amount` in GBP, net."""

    membership_id: UUID
    user_id: UUID
    name: str
    limit_amount: Decimal | None

    def covers(self, amount: Decimal) -> bool:
        """Tell whether this person's limit reaches the amount."""
        return self.limit_amount is not None and amount <= self.limit_amount


@dataclass(frozen=True, slots=True)
class TierStep:
    """One row of a policy. Units: `above_amount` in GBP, net."""

    above_amount: Decimal
    step_order: int
    who: Who
    people: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers for a part of what is asked; None when nobody is named."""

    label: str
    membership_id: UUID | None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step that must be taken.

    Shapes: `people` are those who may take it, by name; empty when nobody may, and then `label`
    says who was meant.
    """

    who: Who
    label: str
    people: tuple[Approver, ...]
    needs_limit: bool
    is_over_budget: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Who approves and in which order; `missing` are the steps that nobody can take."""

    steps: tuple[PlannedStep, ...]
    missing: tuple[PlannedStep, ...]

    @property
    def is_possible(self) -> bool:
        """Tell whether there are steps, and somebody for every one of them."""
        return bool(self.steps) and not self.missing


def approval_plan(
    tiers: Sequence[TierStep],
    approvers: Sequence[Approver],
    *,
    amount: Decimal,
    holders: Sequence[Holder],
    barred_user_ids: Iterable[UUID],
    over_budget_allowed_by: Sequence[UUID] | None = None,
) -> Plan:
    """Return the steps that an amount needs and who may take each.

    Shapes: `barred_user_ids` are those who asked for, made or changed it; they take no step.
    `over_budget_allowed_by` is given when a budget would be exceeded that only warns: the last
    step is then for one of these people.
    Why: four eyes, and nobody beyond their limit; a plan that cannot be carried out is refused
    before anything is asked of anybody.
    """
    barred = set(barred_user_ids)
    free = sorted(
        (each for each in approvers if each.user_id not in barred), key=lambda each: each.name
    )
    rows = _expand(_tier_for(tiers, amount), holders)
    steps = []
    for place, (who, label, wanted) in enumerate(rows, start=1):
        is_last = place == len(rows)
        people = tuple(
            each
            for each in free
            if (wanted is None or each.membership_id in wanted)
            and (not is_last or each.covers(amount))
        )
        steps.append(PlannedStep(who, label, people, needs_limit=is_last))
    if over_budget_allowed_by is not None and steps:
        steps = _with_override(steps, free, set(over_budget_allowed_by))
    return Plan(tuple(steps), tuple(_without_anybody(steps)))


def _tier_for(tiers: Sequence[TierStep], amount: Decimal) -> list[TierStep]:
    """Return the steps of the highest tier that the amount is above; nought falls in the lowest."""
    fits = [tier.above_amount for tier in tiers if amount > tier.above_amount]
    reached = max(fits, default=min((tier.above_amount for tier in tiers), default=Decimal(0)))
    rows = (tier for tier in tiers if tier.above_amount == reached)
    return sorted(rows, key=lambda tier: tier.step_order)


def _expand(
    tiers: Sequence[TierStep], holders: Sequence[Holder]
) -> list[tuple[Who, str, set[UUID] | None]]:
    """Return one row for each step: how it is named, its label, and whom it wants (None: any)."""
    rows: list[tuple[Who, str, set[UUID] | None]] = []
    for tier in tiers:
        if tier.who is Who.HOLDER:
            labels: dict[UUID | None, list[str]] = {}
            for holder in holders:
                labels.setdefault(holder.membership_id, []).append(holder.label)
            for membership_id, names in labels.items():
                wanted = set() if membership_id is None else {membership_id}
                rows.append((Who.HOLDER, ", ".join(names), wanted))
        elif tier.who is Who.PEOPLE:
            rows.append((Who.PEOPLE, "", set(tier.people)))
        else:
            rows.append((Who.ANY_APPROVER, "", None))
    return rows


def _with_override(
    steps: list[PlannedStep], free: Sequence[Approver], allowed: set[UUID]
) -> list[PlannedStep]:
    """Return the steps with the last one, or one more, for those who may allow an overspend.

    Why: the person who commits the money is the one who must be trusted to exceed the budget.
    """
    last = steps[-1]
    both = tuple(each for each in last.people if each.membership_id in allowed)
    if both:
        return [
            *steps[:-1],
            PlannedStep(last.who, last.label, both, last.needs_limit, is_over_budget=True),
        ]
    people = tuple(each for each in free if each.membership_id in allowed)
    return [*steps, PlannedStep(Who.PEOPLE, "", people, needs_limit=False, is_over_budget=True)]


def _without_anybody(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    return [steps[place] for place in without_people_of_their_own([s.people for s in steps])]


def without_people_of_their_own(steps: Sequence[Sequence[Approver]]) -> list[int]:
    """Return the places of the steps that cannot be given a person of their own.

    Shapes: in, for each step those who may take it; out, places counted from nought.
    Why: two steps that only one person may take are as impossible as a step that nobody may.
    Source: augmenting paths in a bipartite graph (H. W. Kuhn, 1955).
    """
    taken: dict[UUID, int] = {}
    return [place for place in range(len(steps)) if not _place(place, steps, taken, seen=set())]


def _place(
    place: int, steps: Sequence[Sequence[Approver]], taken: dict[UUID, int], seen: set[UUID]
) -> bool:
    for person in steps[place]:
        if person.user_id in seen:
            continue
        seen.add(person.user_id)
        other = taken.get(person.user_id)
        if other is None or _place(other, steps, taken, seen):
            taken[person.user_id] = place
            return True
    return False


def authority(
    *,
    amount: Decimal,
    needs_limit: bool,
    own_limit_amount: Decimal | None,
    delegated_limit_amount: Decimal | None = None,
) -> bool:
    """Tell whether the limits reach: the person's own, and what was lent to a delegate.

    Why: a delegate acts with what the delegator may do, and never beyond what was lent.
    """
    if delegated_limit_amount is not None and amount > delegated_limit_amount:
        return False
    if not needs_limit:
        return True
    return own_limit_amount is not None and amount <= own_limit_amount


def describe_missing(plan: Plan, names: Mapping[Who, str]) -> list[str]:
    """Return in words what each step without a person lacks.

    Why: a refusal must name what is missing, so that somebody can put it right.
    """
    return [f"{names[step.who]} {step.label}".strip() for step in plan.missing]
