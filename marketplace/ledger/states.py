"""What a commitment entry and a period can be.

A commitment is money that is promised and not yet spent. It is first made for a requisition
(COMMIT at stage REQUISITION), follows the requisition into its order (MOVE_OUT of the requisition
and MOVE_IN to the order, which sum to nought) and ends when it is given back (RELEASE) or spent
(SPEND). Entries are only ever added, so what is committed is always their sum.

A period is a month of the financial year: OPEN while things may be posted in it, then CLOSED.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.core.states import Machine, move


class Stage(StrEnum):
    """Which document holds the money."""

    REQUISITION = "REQUISITION"
    ORDER = "ORDER"


class EntryKind(StrEnum):
    """What an entry does to the balance of its line."""

    COMMIT = "COMMIT"
    MOVE_OUT = "MOVE_OUT"
    MOVE_IN = "MOVE_IN"
    RELEASE = "RELEASE"
    SPEND = "SPEND"


class AccountKind(StrEnum):
    """Which part of the accounts an account stands in."""

    EXPENSE = "expense"
    ASSET = "asset"
    LIABILITY = "liability"


class PeriodStatus(StrEnum):
    """Whether things may be posted in a period."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


PERIOD = Machine(
    move("close", PeriodStatus.OPEN, PeriodStatus.CLOSED),
    move("reopen", PeriodStatus.CLOSED, PeriodStatus.OPEN),
)
