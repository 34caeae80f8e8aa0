"""What the application may do with tables that have no wall, and with functions.

A table that no tenant owns is held by its grants alone. By default the application may read and
write every table (marketplace.config.database); here each of these loses what nothing of ours
needs. The worker and the steward may do what the web may: they read across tenants anyway.

Why not by column: Django reads a person's whole row with each request, the password's hash too,
since a session ends when the password changes, and writes it whole when a password is set. A person
can also change their address. So rows of people can be read and changed, and never taken away.

PostgreSQL lets everybody call every function. Ours are taken back from everybody, now and when one
is made later, and given by this list: several run as their owner and so look past every wall. A
trigger's is called by nobody.
"""

from django.db import migrations

APPLICATION = "marketplace_web, marketplace_worker, marketplace_steward"
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
GRANTED = {
    "account_emailaddress": EVERYTHING,
    # Read and emptied along with an address that is taken away; links carry their own proof.
    "account_emailconfirmation": "SELECT, DELETE",
    "auth_group": "",
    "auth_group_permissions": "",
    "auth_permission": "",
    "catalogue_category": "SELECT",
    "catalogue_lexeme": "SELECT, INSERT, UPDATE",
    "django_content_type": "SELECT",
    "django_migrations": "SELECT",
    "django_session": EVERYTHING,
    "mfa_authenticator": EVERYTHING,
    "organisations_user": "SELECT, INSERT, UPDATE",
    "usersessions_usersession": EVERYTHING,
    "web_cache": EVERYTHING,
}
SIGNED_IN = "marketplace_web, marketplace_worker"
CALLED = {
    "acting_organisation()": APPLICATION,
    "acting_person()": APPLICATION,
    "audit_append(text)": APPLICATION,
    "audit_events_with(text[], integer)": SIGNED_IN,
    "catalogue_candidates(tsquery, uuid[], text, text, numeric, numeric, text, integer)": SIGNED_IN,
    "catalogue_plain(text)": APPLICATION,
    "catalogue_settle_words()": "marketplace_worker",
    "catalogue_words(text, text, text, text, text, text, text)": APPLICATION,
    "jobs_counts()": SIGNED_IN,
    "ordering_orders_with(text[], integer)": SIGNED_IN,
    "ordering_requisitions_with(text[], integer)": SIGNED_IN,
    "organisations_token_owner(text)": SIGNED_IN,
    "organisations_who_work_for(uuid[], uuid[])": APPLICATION,
}
# The extensions' functions are not the owner's, and stay everybody's.
NOBODYS = """
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    DO $$
    DECLARE
        ours regprocedure;
    BEGIN
        FOR ours IN
            SELECT oid FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', ours);
        END LOOP;
    END
    $$;
"""


def _granted(table: str, verbs: str) -> str:
    given = f"GRANT {verbs} ON {table} TO {APPLICATION};" if verbs else ""
    return f"REVOKE ALL ON {table} FROM {APPLICATION}; {given}"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("audit", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalogue", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("desk", "0001_initial"),
        ("invoicing", "0001_initial"),
        ("jobs", "0001_initial"),
        ("ledger", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("ordering", "0001_initial"),
        ("organisations", "0001_initial"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
        ("web", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "\n".join(_granted(table, verbs) for table, verbs in GRANTED.items()),
            reverse_sql="\n".join(_granted(table, EVERYTHING) for table in GRANTED),
        ),
        migrations.RunSQL(
            NOBODYS
            + "\n".join(f"GRANT EXECUTE ON FUNCTION {name} TO {who};" for name, who in CALLED.items()),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
