"""What lines take from budgets, and journals before they are posted. Pure: asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from marketplace.ledger.states import JournalKind

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


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a journal that is to be posted.

    Shapes: `source_line_id` is the line of the document that it comes from.
    Units: GBP; exactly one of the two amounts is above nought.
    """

    account_id: UUID
    debit_amount: Decimal = Decimal(0)
    credit_amount: Decimal = Decimal(0)
    cost_centre_id: UUID | None = None
    supplier_id: UUID | None = None
    source_line_id: UUID | None = None

    @property
    def net_amount(self) -> Decimal:
        """Return debit less credit."""
        return self.debit_amount - self.credit_amount


@dataclass(frozen=True, slots=True)
class JournalDraft:
    """One event that is to be posted, with the promises that it keeps.

    Shapes: `event_key` names the event for ever ("receipt:…"), so that it is posted once.
    `dated_on` is where it should count; `document_on` is what stands on the document. `relief`
    maps a line of a requisition or an order, whose money was promised, to the most of it that is
    spent by this, None for all that it still holds. `restoring` maps such a line to the most of
    what earlier journals spent of it that is promised again: goods went back, say, and others are
    to come for them. `asking` maps a coding to what is spent that nobody promised before: a hard
    stop has to have that much left.
    """

    event_key: str
    kind: JournalKind
    dated_on: date
    document_on: date
    document_type: str
    document_id: UUID
    document_reference: str
    narrative: str
    postings: Sequence[Posting]
    relief: Mapping[UUID, Decimal | None] = field(default_factory=dict)
    restoring: Mapping[UUID, Decimal] = field(default_factory=dict)
    asking: Mapping[Coding, Decimal] = field(default_factory=dict)

    @property
    def total_amount(self) -> Decimal:
        """Return what its debits come to."""
        return sum((each.debit_amount for each in self.postings), Decimal(0))


def faults_of(postings: Sequence[Posting]) -> list[str]:
    """Return what is wrong with the sides of a journal, as words for who wrote the program.

    Shapes: nothing if they balance. The words are "sides", "amount", "penny" and "balance".
    Why: the database refuses the same at the commit, where nobody can say any more who it was.
    """
    found = []
    if len(postings) < 2:
        found.append("sides")
    for each in postings:
        one_side = (each.debit_amount > 0) != (each.credit_amount > 0)
        if not one_side or min(each.debit_amount, each.credit_amount) < 0:
            found.append("amount")
        elif each.net_amount != each.net_amount.quantize(Decimal("0.01")):
            found.append("penny")
    if sum((each.net_amount for each in postings), Decimal(0)):
        found.append("balance")
    return found


def opposite(posting: Posting) -> Posting:
    """Return the posting that takes another back.

    Why: a reversal is equal and opposite; a negative amount on the same side would double the
    turnover of the account instead of showing that it was taken back.
    """
    return Posting(
        account_id=posting.account_id,
        debit_amount=posting.credit_amount,
        credit_amount=posting.debit_amount,
        cost_centre_id=posting.cost_centre_id,
        supplier_id=posting.supplier_id,
        source_line_id=posting.source_line_id,
    )
