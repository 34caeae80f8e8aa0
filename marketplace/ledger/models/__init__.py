from marketplace.ledger.models.budgets import Budget, CommitmentEntry
from marketplace.ledger.models.coding import Account, CostCentre, Period
from marketplace.ledger.models.files import SentFile
from marketplace.ledger.models.journals import ControlAccount, Journal, JournalLine

__all__ = [
    "Account", "Budget", "CommitmentEntry", "ControlAccount", "CostCentre", "Journal",
    "JournalLine", "Period", "SentFile",
]  # fmt: skip
