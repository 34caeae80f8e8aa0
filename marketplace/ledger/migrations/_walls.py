"""The walls around a council's coding, budgets and commitments."""

from marketplace.core.tenancy import append_only, row_level_security

WALLS = [
    row_level_security("ledger_account"),
    row_level_security("ledger_costcentre"),
    row_level_security("ledger_period"),
    row_level_security("ledger_budget"),
    row_level_security("ledger_commitmententry"),
    append_only("ledger_commitmententry"),
]
