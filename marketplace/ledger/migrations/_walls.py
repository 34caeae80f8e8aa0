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
