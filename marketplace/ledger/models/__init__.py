from marketplace.ledger.models.budgets import Budget, CommitmentEntry
from marketplace.ledger.models.coding import Account, CostCentre, Period

__all__ = ["Account", "Budget", "CommitmentEntry", "CostCentre", "Period"]
