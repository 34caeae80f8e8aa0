"""The walls around organisations, people, links and tokens.

Users (read at sign-in, before anybody is known) stand outside: tests/architecture lists them with
the reason.
"""

from django.db import migrations

from marketplace.core.tenancy import STEWARD, row_level_security, same_tenant, tenant_key

MINE = "organisation_id = acting_organisation()"

# A token arrives before anybody is known. Only its hash finds it, and only one row comes back.
TOKEN_OWNER = migrations.RunSQL(
    """
    CREATE FUNCTION organisations_token_owner(p_hash text)
    RETURNS TABLE (token_id uuid, membership_id uuid, organisation_id uuid, user_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT t.id, t.membership_id, t.organisation_id, m.user_id
        FROM organisations_apitoken t JOIN organisations_membership m ON m.id = t.membership_id
        WHERE t.hash = p_hash
    $$;
    """,
    reverse_sql="DROP FUNCTION organisations_token_owner(text);",
)

# Whoever acts for a council may work for one of its suppliers too, behind whose wall it does not
# see. It says who of those that are named is in one of the organisations that are named, no more.
WORKS_FOR = migrations.RunSQL(
    """
    CREATE FUNCTION organisations_who_work_for(p_users uuid[], p_organisations uuid[])
    RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT m.user_id FROM organisations_membership m
        WHERE m.user_id = ANY(p_users) AND m.organisation_id = ANY(p_organisations) AND m.is_active
    $$;
    """,
    reverse_sql="DROP FUNCTION organisations_who_work_for(uuid[], uuid[]);",
)

# Who is in the marketplace is public, and what an organisation says about itself is its own to
# say. A council brings in a supplier; a council is founded by an operator, for whom nobody acts,
# over a login that only workers and commands have.
FOUNDED = f"""
    CASE WHEN acting_organisation() IS NULL THEN pg_has_role(current_user, '{STEWARD}', 'MEMBER')
         ELSE kind = 'SUPPLIER' AND EXISTS (
             SELECT 1 FROM organisations_organisation AS founder
             WHERE founder.id = acting_organisation() AND founder.kind = 'COUNCIL')
    END
"""

WALLS = [
    row_level_security(
        "organisations_organisation", "true", added=FOUNDED, changed="id = acting_organisation()"
    ),
    row_level_security(
        "organisations_membership",
        f"{MINE} OR user_id = acting_person()",
        added=MINE,
        changed=MINE,
    ),
    row_level_security("organisations_apitoken", MINE),
    row_level_security(
        "organisations_supplierprofile",
        "acting_organisation() IS NOT NULL",
        added=MINE,
        changed=MINE,
    ),
    row_level_security(
        "organisations_supplierlink",
        "council_id = acting_organisation() OR supplier_id = acting_organisation()",
        added="council_id = acting_organisation()",
        changed="council_id = acting_organisation()",
    ),
    row_level_security("organisations_numbersequence", MINE),
    tenant_key("organisations_membership", "organisation_id"),
    same_tenant(
        "organisations_apitoken",
        "membership_id",
        "organisations_membership",
        {"organisation_id": "organisation_id"},
    ),
    TOKEN_OWNER,
    WORKS_FOR,
]
