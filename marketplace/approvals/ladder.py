"""A policy as a ladder of amounts, and what is wrong with one before it is put in force. Pure.

Each rung reaches from one amount up to the next. What nobody could ever approve is refused; what
would only sometimes find nobody is a warning, since a council may know better.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from marketplace.approvals.rules import Approver, Holder, TierStep, Who, without_people_of_their_own


@dataclass(frozen=True, slots=True)
class Rung:
    """The steps for amounts above one figure, up to and with another. Units: GBP, net.

    Shapes: `up_to_amount` is None for the highest rung; `steps` in their order.
    """

    above_amount: Decimal
    up_to_amount: Decimal | None
    steps: tuple[TierStep, ...]


class Kind(StrEnum):
    """What may be wrong with a policy; those in REFUSED can never work."""

    NOT_AN_APPROVER = "NOT_AN_APPROVER"
    BEYOND_EVERY_LIMIT = "BEYOND_EVERY_LIMIT"
    TOO_FEW_PEOPLE = "TOO_FEW_PEOPLE"
    NO_APPROVER = "NO_APPROVER"
    WITHOUT_LIMIT = "WITHOUT_LIMIT"
    BEYOND_LIMITS_ABOVE = "BEYOND_LIMITS_ABOVE"
    ONE_PERSON = "ONE_PERSON"
    FEWER_STEPS = "FEWER_STEPS"
    WITHOUT_HOLDER = "WITHOUT_HOLDER"
    HOLDERS_BEYOND_LIMIT = "HOLDERS_BEYOND_LIMIT"


REFUSED = frozenset({
    Kind.NOT_AN_APPROVER, Kind.BEYOND_EVERY_LIMIT, Kind.TOO_FEW_PEOPLE, Kind.NO_APPROVER,
    Kind.WITHOUT_LIMIT,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is wrong, or may be.

    Shapes: `rung` and `step` are places counted from nought, None where it is about the whole;
    `people` are memberships, `names` what else is named. Units: `amount` in GBP, net.
    """

    kind: Kind
    rung: int | None = None
    step: int | None = None
    people: tuple[UUID, ...] = ()
    names: tuple[str, ...] = ()
    amount: Decimal | None = None

    @property
    def is_refused(self) -> bool:
        """Tell whether a policy with this cannot be put in force."""
        return self.kind in REFUSED


def rungs_of(tiers: Iterable[TierStep]) -> list[Rung]:
    """Return a policy's steps by amount, from the lowest rung up."""
    by_amount: dict[Decimal, list[TierStep]] = {}
    for tier in tiers:
        by_amount.setdefault(tier.above_amount, []).append(tier)
    amounts = sorted(by_amount)
    return [
        Rung(above, up_to, tuple(sorted(by_amount[above], key=lambda tier: tier.step_order)))
        for above, up_to in zip(amounts, [*amounts, None][1:], strict=True)
    ]


def concerns(
    tiers: Sequence[TierStep],
    approvers: Sequence[Approver],
    *,
    over_budget_allowed_by: Collection[UUID] = (),
    holders: Sequence[Holder] = (),
) -> list[Concern]:
    """Return what is wrong with a policy, from the lowest rung up.

    Shapes: `holders` has one entry for each cost centre in use.
    """
    known = {each.membership_id: each for each in approvers}
    found: list[Concern] = []
    ladder = rungs_of(tiers)
    for place, rung in enumerate(ladder):
        found += _of_people(place, rung, known)
        found += _of_limits(place, rung, known, holders)
        if place and len(rung.steps) < len(ladder[place - 1].steps):
            found.append(Concern(Kind.FEWER_STEPS, place, amount=rung.above_amount))
    strangers = tuple(person for person in over_budget_allowed_by if person not in known)
    if strangers:
        found.append(Concern(Kind.NOT_AN_APPROVER, people=strangers))
    return [*found, *_of_holders(ladder, known, holders)]


def _of_people(place: int, rung: Rung, known: dict[UUID, Approver]) -> list[Concern]:
    found = []
    for order, step in enumerate(rung.steps):
        if step.who is not Who.PEOPLE:
            continue
        strangers = tuple(person for person in step.people if person not in known)
        if strangers:
            found.append(Concern(Kind.NOT_AN_APPROVER, place, order, strangers))
        elif len(set(step.people)) == 1:
            found.append(Concern(Kind.ONE_PERSON, place, order, step.people))
    return found


def _of_limits(
    place: int, rung: Rung, known: dict[UUID, Approver], holders: Sequence[Holder]
) -> list[Concern]:
    """Return what the limits of those who decide last leave without anybody."""
    order, last = len(rung.steps) - 1, rung.steps[-1]
    people = _people_of(last, known)
    if last.who is Who.HOLDER:
        people = _holders_asked(rung, known, holders)
    if not people:
        return [] if last.who is Who.PEOPLE else [Concern(Kind.NO_APPROVER, place, order)]
    highest = max(map(_limit, people), default=Decimal(0))
    if not highest:
        lacking = tuple(each.membership_id for each in people)
        return [Concern(Kind.WITHOUT_LIMIT, place, order, lacking)]
    if highest <= rung.above_amount:
        return [Concern(Kind.BEYOND_EVERY_LIMIT, place, order, amount=highest)]
    if any(person not in known for step in rung.steps for person in step.people):
        return []  # refused already, and whoever takes that place is not known yet
    return _of_reach(place, rung, _reach(rung, known, holders))


def _of_reach(place: int, rung: Rung, reach: Decimal) -> list[Concern]:
    """Return what remains without anybody when every step takes a person of its own."""
    if reach <= rung.above_amount:
        return [Concern(Kind.TOO_FEW_PEOPLE, place)]
    if rung.steps[-1].who is Who.HOLDER:
        return []
    if rung.up_to_amount is None or reach < rung.up_to_amount:
        return [Concern(Kind.BEYOND_LIMITS_ABOVE, place, len(rung.steps) - 1, amount=reach)]
    return []


def _reach(rung: Rung, known: dict[UUID, Approver], holders: Sequence[Holder]) -> Decimal:
    """Return up to which amount every step can have a person of their own, nought when never.

    Why: whoever is needed for an earlier step cannot decide last, however high their limit is.
    """
    best = Decimal(0)
    for holder in _holders_asked(rung, known, holders):
        pools = [[holder] if step.who is Who.HOLDER else _people_of(step, known)
                 for step in rung.steps]  # fmt: skip
        for person in sorted(pools[-1], key=_limit, reverse=True):
            if _limit(person) <= best:
                break
            if not without_people_of_their_own([*pools[:-1], [person]]):
                best = _limit(person)
    return best


def _holders_asked(
    rung: Rung, known: dict[UUID, Approver], holders: Sequence[Holder]
) -> list[Approver]:
    """Return whom a rung may ask as holder, one at a time.

    Shapes: where it asks no holder, one person, whoever it is.
    Why: where no holder can approve yet, anybody who can may still be made one.
    """
    if not any(step.who is Who.HOLDER for step in rung.steps):
        return list(known.values())[:1]
    held = {each.membership_id for each in holders}
    able = [each for each in known.values() if each.membership_id in held]
    return able or list(known.values())


def _limit(person: Approver) -> Decimal:
    return person.limit_amount or Decimal(0)


def _of_holders(
    ladder: Sequence[Rung], known: dict[UUID, Approver], holders: Sequence[Holder]
) -> list[Concern]:
    """Return which cost centres nobody answers for who may approve, or not far enough."""
    asked = [
        (place, rung)
        for place, rung in enumerate(ladder)
        if any(step.who is Who.HOLDER for step in rung.steps)
    ]
    if not asked:
        return []
    found = []
    lost = tuple(each.label for each in holders if each.membership_id not in known)
    if lost:
        found.append(Concern(Kind.WITHOUT_HOLDER, names=lost))
    for place, rung in asked:
        if rung.steps[-1].who is not Who.HOLDER:
            continue
        needed = rung.up_to_amount if rung.up_to_amount is not None else rung.above_amount
        short = tuple(
            each.label
            for each in holders
            if each.membership_id in known and not known[each.membership_id].covers(needed)
        )
        if short:
            last = len(rung.steps) - 1
            found.append(
                Concern(Kind.HOLDERS_BEYOND_LIMIT, place, last, names=short, amount=needed)
            )
    return found


def _people_of(step: TierStep, known: dict[UUID, Approver]) -> list[Approver]:
    if step.who is not Who.PEOPLE:
        return list(known.values())
    return [known[person] for person in step.people if person in known]
