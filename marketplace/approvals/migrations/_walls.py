"""The walls around policies, cases and decisions."""

from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key

MEMBER = {"council_id": "organisation_id"}

WALLS = [
    row_level_security("approvals_policy"),
    row_level_security("approvals_policytier"),
    row_level_security("approvals_delegation"),
    row_level_security("approvals_case"),
    row_level_security("approvals_step"),
    row_level_security("approvals_decision"),
    tenant_key("approvals_policy", "council_id"),
    tenant_key("approvals_case", "council_id"),
    tenant_key("approvals_step", "council_id"),
    same_tenant("approvals_policytier", "policy_id", "approvals_policy"),
    same_tenant("approvals_case", "policy_id", "approvals_policy"),
    same_tenant("approvals_step", "case_id", "approvals_case"),
    same_tenant("approvals_decision", "case_id", "approvals_case"),
    same_tenant("approvals_decision", "step_id", "approvals_step"),
    same_tenant("approvals_delegation", "delegator_id", "organisations_membership", MEMBER),
    same_tenant("approvals_delegation", "delegate_id", "organisations_membership", MEMBER),
    append_only("approvals_policy"),
    append_only("approvals_policytier"),
    append_only("approvals_decision"),
]
