"""The walls around policies, cases and decisions."""

from marketplace.core.tenancy import append_only, row_level_security

WALLS = [
    row_level_security("approvals_policy"),
    row_level_security("approvals_policytier"),
    row_level_security("approvals_delegation"),
    row_level_security("approvals_case"),
    row_level_security("approvals_step"),
    row_level_security("approvals_decision"),
    append_only("approvals_policy"),
    append_only("approvals_policytier"),
    append_only("approvals_decision"),
]
