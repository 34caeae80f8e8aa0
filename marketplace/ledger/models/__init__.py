from marketplace.ledger.models.budgets import Budget, CommitmentEntry
from marketplace.ledger.models.coding import Account, CostCentre, Period
from marketplace.ledger.models.files import SentFile

__all__ = ["Account", "Budget", "CommitmentEntry", "CostCentre", "Period", "SentFile"]
