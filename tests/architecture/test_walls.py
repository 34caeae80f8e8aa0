"""Every table is somebody's: walled in by row-level security, or listed here with the reason."""

from __future__ import annotations

import pytest
from django.db import connection

# Tables that every tenant may read, and why.
OPEN = {
    "account_emailaddress": "sign-in reads it before anybody is known",
    "account_emailconfirmation": "as above",
    "auth_group": "unused; comes with Django",
    "auth_group_permissions": "unused; comes with Django",
    "auth_permission": "unused; comes with Django",
    "catalogue_category": "a public code list",
    "catalogue_lexeme": "words that occur in public listings; no prices and no owners",
    "django_content_type": "Django's own; names of models",
    "django_migrations": "Django's own; names of migrations",
    "django_session": "read by its unguessable key before anybody is known",
    "mfa_authenticator": "sign-in reads it before a membership is chosen",
    "organisations_user": "sign-in reads it before anybody is known",
    "usersessions_usersession": "belongs to a person, not to a tenant",
    "web_cache": "counters of sign-in attempts; no tenant's data",
}
# References whose two rows may be another tenant's each, or are kept together otherwise, and why.
LOOSE = {
    ("catalogue_pastprice", "listing_id"): "one statement writes both by the thousand, joined",
}
TENANTS = ("council_id", "supplier_id", "organisation_id", "counterparty_id")
APPLICATION = ("marketplace_web", "marketplace_worker", "marketplace_steward")


@pytest.fixture
def tables(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, r.rolname,"
            " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        )
        return {name: rest for name, *rest in cursor.fetchall()}


def test_every_table_is_walled_or_listed(tables):
    bare = {
        name
        for name, (on, forced, _owner, policies) in tables.items()
        if not (on and forced and policies)
    }
    assert bare - OPEN.keys() == set()


def test_the_list_names_only_tables_that_are_open(tables):
    assert {name for name in OPEN if name in tables and tables[name][0]} == set()
    assert OPEN.keys() - tables.keys() == set()


def test_the_application_owns_nothing(tables):
    assert {name for name, (*_x, owner, _n) in tables.items() if owner in APPLICATION} == set()


@pytest.mark.django_db
def test_the_applications_roles_cannot_bypass():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND"
            " (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)",
            [list(APPLICATION)],
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT pg_has_role('marketplace_web', 'marketplace_steward', 'MEMBER')")
        assert cursor.fetchone() == (False,)


def test_a_connection_without_a_tenant_sees_no_row(tables):
    seen = {}
    with connection.cursor() as cursor:
        for name, (walled, *_rest) in tables.items():
            if walled:
                cursor.execute(f'SELECT count(*) FROM "{name}"')
                (seen[name],) = cursor.fetchone()
    assert {name: n for name, n in seen.items() if n} == {}


def test_a_row_and_what_it_refers_to_are_the_same_tenants(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.conrelid::regclass::text, a.attname FROM pg_constraint k"
            " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
            " WHERE k.contype = 'f' AND cardinality(k.conkey) = 1"
            " AND EXISTS (SELECT 1 FROM pg_attribute c"
            "             WHERE c.attrelid = k.conrelid AND c.attname = ANY(%s))"
            " AND EXISTS (SELECT 1 FROM pg_attribute p"
            "             WHERE p.attrelid = k.confrelid AND p.attname = ANY(%s))"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint s"
            "                 WHERE s.contype = 'f' AND s.conrelid = k.conrelid"
            "                 AND cardinality(s.conkey) > 1 AND s.conkey[1] = k.conkey[1])",
            [list(TENANTS), list(TENANTS)],
        )
        assert set(cursor.fetchall()) == LOOSE.keys()
