"""The walls around documents: two sides may read one, its owner adds it, nobody changes it."""

from marketplace.core.tenancy import append_only, row_level_security

WALLS = [
    row_level_security(
        "documents_document",
        "organisation_id = acting_organisation() OR counterparty_id = acting_organisation()",
        added="organisation_id = acting_organisation()",
        changed="false",
    ),
    append_only("documents_document"),
]
