"""What lines take from budgets, reckoned without asking anybody. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

# The years in which a financial year can begin: what is meant to be one is within them.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2999
Coding = tuple[UUID, UUID]
Key = TypeVar("Key")


class Limited(Protocol):
    """Anything of which so much is left, and which stops or only warns. Units: GBP, net."""

    available_amount: Decimal
    is_hard_stop: bool


B = TypeVar("B", bound=Limited)


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    """What one line of a document will take from one budget.

    Units: `amount` in GBP, net, more than nought.
    """

    line_id: UUID
    cost_centre_id: UUID
    account_id: UUID
    amount: Decimal

    @property
    def coding(self) -> Coding:
        """Return what it is coded to."""
        return self.cost_centre_id, self.account_id


@dataclass(frozen=True, slots=True)
class Weighed(Generic[B]):
    """What lines would do: codings without a budget, and budgets that they would exceed."""

    asked: Mapping[Coding, Decimal]
    missing: frozenset[Coding]
    over: Mapping[Coding, B]

    def stopped(self, *, may_exceed: bool) -> list[B]:
        """Return the budgets that refuse; `may_exceed` counts only where a budget warns."""
        return [each for each in self.over.values() if each.is_hard_stop or not may_exceed]


def weigh(lines: Iterable[CommitmentLine], budgets: Mapping[Coding, B]) -> Weighed[B]:
    """Return what lines would do to budgets, taken together.

    Shapes: `budgets` by coding, as read or as held.
    Why: the page that asks ahead and the approval that commits must not reckon differently.
    """
    asked = sums((line.coding, line.amount) for line in lines)
    return Weighed(
        asked=asked,
        missing=frozenset(asked.keys() - budgets.keys()),
        over={
            coding: budgets[coding]
            for coding, amount in asked.items()
            if coding in budgets and amount > budgets[coding].available_amount
        },
    )


def sums(parts: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    """Return what amounts come to by key.

    Why: several lines take from one budget, and it must hold all of them at once.
    """
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for key, amount in parts:
        found[key] += amount
    return found


def shares(held: Sequence[Decimal], most: Decimal | None) -> list[Decimal]:
    """Return how much to give back of each of several balances: first come first, `most` in all.

    Shapes: None gives back everything; a balance below nought gives nothing.
    Why: nobody may give back more than is held, whoever asks for how much.
    """
    left = most
    given = []
    for amount in held:
        share = max(amount if left is None else min(amount, left), Decimal(0))
        given.append(share)
        if left is not None:
            left -= share
    return given
