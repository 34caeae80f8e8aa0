"""The walls around documents: two sides may read one, its owner adds it, nobody changes it.

What a supplier sends to a council that buys from it is the council's from then on, as evidence.

What was found in one is added by a worker alone: no tenant may call its own document clean.
"""

from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key

WALLS = [
    row_level_security(
        "documents_document",
        "organisation_id = acting_organisation() OR counterparty_id = acting_organisation()",
        added="organisation_id = acting_organisation()"
        " OR (from_outside AND counterparty_id = acting_organisation() AND EXISTS ("
        "SELECT 1 FROM organisations_supplierlink AS l"
        " WHERE l.council_id = organisation_id AND l.supplier_id = counterparty_id))",
        changed="false",
    ),
    row_level_security(
        "documents_documentscan",
        "EXISTS (SELECT 1 FROM documents_document AS d WHERE d.id = document_id)",
        added="false",
        changed="false",
    ),
    tenant_key("documents_document", "organisation_id"),
    same_tenant(
        "documents_documentscan",
        "document_id",
        "documents_document",
        {"organisation_id": "organisation_id"},
    ),
    append_only("documents_document"),
    append_only("documents_documentscan"),
]
