"""The walls around people, links and tokens.

Organisations (names and addresses, which are public) and users (read at sign-in, before anybody
is known) stand outside: tests/architecture lists them with the reason.
"""

from django.db import migrations

from marketplace.core.tenancy import row_level_security

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

WALLS = [
    row_level_security(
        "organisations_membership", f"{MINE} OR user_id = acting_person()", writable=MINE
    ),
    row_level_security("organisations_apitoken", MINE),
    row_level_security(
        "organisations_supplierprofile", "acting_organisation() IS NOT NULL", writable=MINE
    ),
    row_level_security(
        "organisations_supplierlink",
        "council_id = acting_organisation() OR supplier_id = acting_organisation()",
        writable="council_id = acting_organisation()",
    ),
    row_level_security("organisations_numbersequence", MINE),
    TOKEN_OWNER,
]
