"""The walls around a council's coding, budgets, commitments and files of lists."""

from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key

MEMBER = {"council_id": "organisation_id"}

WALLS = [
    row_level_security("ledger_account"),
    row_level_security("ledger_costcentre"),
    row_level_security("ledger_period"),
    row_level_security("ledger_budget"),
    row_level_security("ledger_commitmententry"),
    row_level_security("ledger_sentfile"),
    tenant_key("ledger_account", "council_id"),
    tenant_key("ledger_costcentre", "council_id"),
    tenant_key("ledger_budget", "council_id"),
    same_tenant("ledger_costcentre", "holder_id", "organisations_membership", MEMBER),
    same_tenant("ledger_budget", "account_id", "ledger_account"),
    same_tenant("ledger_budget", "cost_centre_id", "ledger_costcentre"),
    same_tenant("ledger_commitmententry", "budget_id", "ledger_budget"),
    same_tenant("ledger_sentfile", "document_id", "documents_document", MEMBER),
    same_tenant("ledger_sentfile", "sender_id", "organisations_membership", MEMBER),
    append_only("ledger_commitmententry"),
    append_only("ledger_sentfile"),
]

WALLS += [
    row_level_security("ledger_controlaccount", removed="council_id = acting_organisation()"),
    row_level_security("ledger_journal"),
    row_level_security("ledger_journalline"),
    tenant_key("ledger_period", "council_id"),
    tenant_key("ledger_journal", "council_id"),
    same_tenant("ledger_controlaccount", "account_id", "ledger_account"),
    same_tenant("ledger_journal", "period_id", "ledger_period"),
    same_tenant("ledger_journal", "reverses_id", "ledger_journal"),
    same_tenant("ledger_journalline", "account_id", "ledger_account"),
    same_tenant("ledger_journalline", "cost_centre_id", "ledger_costcentre"),
    same_tenant("ledger_commitmententry", "journal_id", "ledger_journal"),
    append_only("ledger_journal"),
    append_only("ledger_journalline"),
]
