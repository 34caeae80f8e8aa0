"""What the pages about rules of approval show, made ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marketplace.approvals.ladder import Kind, rungs_of
from marketplace.approvals.models import Policy
from marketplace.approvals.rules import Plan, TierStep
from marketplace.approvals.selectors.policies import (
    names_in,
    people_named,
    policy_concerns,
    tier_steps,
    versions_before,
)
from marketplace.approvals.wording import (
    changes_in_words,
    concern_in_words,
    people_in_words,
    range_in_words,
    step_in_words,
)
from marketplace.organisations.selectors.people import names_of


@dataclass(frozen=True, slots=True)
class ShownRung:
    """One amount and who is asked about it, in words and in order."""

    range: str
    steps: list[str]


@dataclass(frozen=True, slots=True)
class ShownRules:
    """Rules of approval in words, from the smallest amounts up.

    Shapes: `without_limit` are name and membership of those who need a limit before the rules work.
    """

    rungs: list[ShownRung]
    over_budget: str
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    without_limit: list[tuple[str, UUID]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """One version of the rules, and what it changed."""

    version: int
    since: datetime
    made_by_name: str
    changes: list[str]


def shown_rules(
    council_id: UUID, tiers: Sequence[TierStep], over_budget_allowed_by: Sequence[UUID]
) -> ShownRules:
    """Return rules in words, with what is wrong with them as things are today."""
    troubles = policy_concerns(council_id, tiers, over_budget_allowed_by)
    concerned = {person for each in troubles for person in each.people}
    names = names_of(council_id, people_named(tiers, over_budget_allowed_by) | concerned)
    ladder = rungs_of(tiers)
    found = [(each.is_refused, concern_in_words(each, ladder, names)) for each in troubles]
    unlimited = {
        person for each in troubles if each.kind is Kind.WITHOUT_LIMIT for person in each.people
    }
    return ShownRules(
        [
            ShownRung(range_in_words(rung), [step_in_words(step, names) for step in rung.steps])
            for rung in ladder
        ],
        people_in_words(over_budget_allowed_by, names),
        list(dict.fromkeys(words for is_refused, words in found if is_refused)),
        list(dict.fromkeys(words for is_refused, words in found if not is_refused)),
        sorted((names[person], person) for person in unlimited if person in names),
    )


def shown_versions(council_id: UUID, policies: Sequence[Policy]) -> list[ShownVersion]:
    """Return versions with what each changed about the one before it; three statements."""
    before = versions_before(council_id, [policy.version for policy in policies])
    names = names_in(council_id, [*policies, *before.values()])
    return [
        ShownVersion(
            policy.version,
            policy.since,
            policy.made_by_name,
            _changes(before.get(policy.version), policy, names),
        )
        for policy in policies
    ]


def _changes(before: Policy | None, after: Policy, names: Mapping[UUID, str]) -> list[str]:
    return changes_in_words(
        rungs_of(tier_steps(before.tiers.all())) if before else [],
        rungs_of(tier_steps(after.tiers.all())),
        (before.over_budget_allowed_by if before else [], after.over_budget_allowed_by),
        names,
    )


def plan_names(plan: Plan) -> list[dict[str, object]]:
    """Return for each step of a plan whom it is for."""
    return [
        {
            "names": [person.name for person in step.people],
            "label": step.label,
            "is_over_budget": step.is_over_budget,
            "is_missing": step in plan.missing,
        }
        for step in plan.steps
    ]
