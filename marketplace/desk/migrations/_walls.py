"""The walls around auditors' bundles: one council's, and what was handed out does not change."""

from django.db import migrations

from marketplace.core.tenancy import row_level_security, same_tenant

AS_HANDED_OUT = migrations.RunSQL(
    """
    CREATE FUNCTION desk_bundle_as_handed_out() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a bundle that has ended does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$;
    CREATE TRIGGER desk_auditbundle_as_handed_out BEFORE UPDATE ON desk_auditbundle
        FOR EACH ROW WHEN (OLD.status <> 'WAITING') EXECUTE FUNCTION desk_bundle_as_handed_out();
    CREATE TRIGGER desk_auditbundle_kept BEFORE DELETE OR TRUNCATE ON desk_auditbundle
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    """,
    reverse_sql="""
    DROP TRIGGER desk_auditbundle_kept ON desk_auditbundle;
    DROP TRIGGER desk_auditbundle_as_handed_out ON desk_auditbundle;
    DROP FUNCTION desk_bundle_as_handed_out();
    """,
)

WALLS = [
    row_level_security("desk_auditbundle"),
    same_tenant(
        "desk_auditbundle", "document_id", "documents_document", {"council_id": "organisation_id"}
    ),
    AS_HANDED_OUT,
]
