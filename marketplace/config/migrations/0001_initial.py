"""What the application may do with tables that have no wall.

A table that no tenant owns is held by its grants alone. By default the application may read and
write every table (marketplace.config.database); here each of these loses what nothing of ours
needs. The worker and the steward may do what the web may: they read across tenants anyway.

Why not by column: Django reads a person's whole row with each request, the password's hash too,
since a session ends when the password changes, and writes it whole when a password is set. A person
can also change their address. So rows of people can be read and changed, and never taken away.
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


def _granted(table: str, verbs: str) -> str:
    given = f"GRANT {verbs} ON {table} TO {APPLICATION};" if verbs else ""
    return f"REVOKE ALL ON {table} FROM {APPLICATION}; {given}"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalogue", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("mfa", "0003_authenticator_type_uniq"),
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
    ]
