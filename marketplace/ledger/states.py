"""What a commitment entry and a period can be.

A commitment is money that is promised and not yet spent. It is first made for a requisition
(COMMIT at stage REQUISITION), follows the requisition into its order (MOVE_OUT of the requisition
and MOVE_IN to the order, which sum to nought) and ends when it is given back (RELEASE) or spent
(SPEND). What a journal spent is promised again (RESTORE) when that journal is reversed, or when
goods went back for which others are to come. Entries are only ever added, so what is committed is
always their sum.

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
    RESTORE = "RESTORE"


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


class JournalKind(StrEnum):
    """Which kind of event a journal writes down; a reversal is of the kind that it reverses."""

    RECEIPT = "RECEIPT"
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    PAYMENT = "PAYMENT"
    BANK = "BANK"
    CARD = "CARD"
    CORRECTION = "CORRECTION"


class AccountRole(StrEnum):
    """Which part an account of the council's plays in what we post by ourselves."""

    CREDITORS = "CREDITORS"
    RECEIPTS = "RECEIPTS"
    VAT_INPUT = "VAT_INPUT"
    VAT_REVERSE_CHARGE = "VAT_REVERSE_CHARGE"
    CASH_IN_TRANSIT = "CASH_IN_TRANSIT"
    BANK = "BANK"
    CARD_CLEARING = "CARD_CLEARING"
    PRICE_VARIANCE = "PRICE_VARIANCE"
    ROUNDING = "ROUNDING"
    LATE_PAYMENT = "LATE_PAYMENT"


# What nothing is posted to yet can be chosen, and nobody waits for it.
POSTED_TO = frozenset(AccountRole) - {
    AccountRole.CARD_CLEARING, AccountRole.PRICE_VARIANCE, AccountRole.LATE_PAYMENT,
}  # fmt: skip

# A part that an account of another kind cannot play: what is owed is a liability, and so on.
ROLE_KINDS = {
    AccountRole.CREDITORS: AccountKind.LIABILITY,
    AccountRole.RECEIPTS: AccountKind.LIABILITY,
    AccountRole.VAT_INPUT: AccountKind.ASSET,
    AccountRole.VAT_REVERSE_CHARGE: AccountKind.LIABILITY,
    AccountRole.CASH_IN_TRANSIT: AccountKind.ASSET,
    AccountRole.BANK: AccountKind.ASSET,
    AccountRole.CARD_CLEARING: AccountKind.LIABILITY,
    AccountRole.PRICE_VARIANCE: AccountKind.EXPENSE,
    AccountRole.ROUNDING: AccountKind.EXPENSE,
    AccountRole.LATE_PAYMENT: AccountKind.EXPENSE,
}
