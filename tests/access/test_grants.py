"""Every table × role × verb, every function × role: what each was given, and nothing more.

A table that is new stands behind a wall, or fails here until somebody decides about it; so does a
function, since one that runs as its owner looks past every wall.
"""

from __future__ import annotations

import os

import psycopg
import pytest
from django.db import connection

from tests.access.logins import raw

ROLES = ("marketplace_web", "marketplace_worker", "marketplace_steward")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
EVERYTHING = frozenset(VERBS[:4])
READ = frozenset({"SELECT"})
# What is granted beside the walls: a wall says for each verb which rows (test_walls_per_verb).
WALLED = {"audit_event": READ, "audit_chainhead": READ}
OPEN = {
    "account_emailaddress": EVERYTHING,
    "account_emailconfirmation": {"SELECT", "DELETE"},
    "auth_group": frozenset(),
    "auth_group_permissions": frozenset(),
    "auth_permission": frozenset(),
    "catalogue_category": READ,
    "catalogue_lexeme": {"SELECT", "INSERT", "UPDATE"},
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": EVERYTHING,
    "mfa_authenticator": EVERYTHING,
    "organisations_user": {"SELECT", "INSERT", "UPDATE"},
    "usersessions_usersession": EVERYTHING,
    "web_cache": EVERYTHING,
}
GIVEN = """
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, r.role, v.verb
    FROM pg_class c
    CROSS JOIN unnest(%s::text[]) AS r (role) CROSS JOIN unnest(%s::text[]) AS v (verb)
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = 'public'::regnamespace
      AND has_table_privilege(r.role, c.oid, v.verb)
"""
BY_COLUMN = "SELECT count(*) FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid > 16384"
TABLES = """
    SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = 'public'::regnamespace
"""
# Who may call which of our functions: the web, the worker and commands, and the steward.
WEB, WORKER, STEWARD = ROLES
EVERYBODY = frozenset(ROLES)
SIGNED_IN = frozenset({WEB, WORKER})
CALLED = {
    "account_keeps_its_kind": frozenset(),
    "acting_organisation": EVERYBODY,  # the walls ask it in the name of whoever reads
    "acting_person": EVERYBODY,
    "audit_append": EVERYBODY,
    "audit_events_with": SIGNED_IN,
    "audit_told_order_answered": frozenset(),  # audit_append asks it, as the owner
    "budget_hard_stop_holds": frozenset(),  # a trigger's, as all of nobody's are
    "desk_bundle_as_handed_out": frozenset(),
    "catalogue_candidates": SIGNED_IN,
    "catalogue_plain": EVERYBODY,  # a column is made with it by whoever writes the row
    "catalogue_settle_words": frozenset({WORKER}),
    "catalogue_words": EVERYBODY,
    "invoicing_approved_invoice": frozenset(),
    "invoicing_approved_rightly": frozenset(),
    "invoicing_approved_stays": frozenset(),
    "invoicing_billed_by_allocations": frozenset(),
    "invoicing_count_billed": frozenset(),
    "invoicing_found_in_approved": frozenset(),
    "invoicing_only_these_change": frozenset(),
    "invoicing_ordered_by": frozenset(),
    "invoicing_payment_is_whole": frozenset(),
    "invoicing_run_is_whole": frozenset(),
    "invoicing_whole_document": frozenset(),
    "invoicing_whole_payment": frozenset(),
    "invoicing_whole_run": frozenset(),
    "jobs_counts": SIGNED_IN,
    "journal_balances": frozenset(),
    "journal_stands_in_its_period": frozenset(),
    "journalline_belongs": frozenset(),
    "ordering_agreed": frozenset(),
    "ordering_answer_only": frozenset(),
    "ordering_answered_once": frozenset(),
    "ordering_orders_with": SIGNED_IN,
    "ordering_requisitions_with": SIGNED_IN,
    "orderline_received_by_receipts": frozenset(),
    "orderline_refused_is_not_billed": frozenset(),
    "organisations_token_owner": SIGNED_IN,
    "organisations_who_work_for": EVERYBODY,
    "period_keeps_its_days": frozenset(),
    "receiptline_counts": frozenset(),
    "refuse_change": frozenset(),
}
FUNCTIONS = """
    SELECT p.proname,
           ARRAY(SELECT r FROM unnest(%s::text[]) AS r
                 WHERE has_function_privilege(r, p.oid, 'EXECUTE')),
           EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                   WHERE a.grantee = 0)
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""
TAKEN = [
    "DELETE FROM organisations_user", "TRUNCATE organisations_user",
    "UPDATE catalogue_category SET name = 'x'", "DELETE FROM catalogue_category",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    "DELETE FROM django_migrations", "SELECT * FROM auth_permission",
    "DELETE FROM catalogue_lexeme", "UPDATE django_content_type SET model = 'x'",
    "TRUNCATE django_session", "CREATE TABLE mine (id int)", "ALTER TABLE web_cache ADD x int",
]  # fmt: skip


def asked(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_each_table_gives_each_role_what_is_written_here(db):
    found: dict[tuple[str, str], set[str]] = {}
    for table, _walled, role, verb in asked(GIVEN, list(ROLES), list(VERBS)):
        found.setdefault((table, role), set()).add(verb)
    wanted = {
        (table, role): set(OPEN.get(table, WALLED.get(table, EVERYTHING)))
        for table, is_walled in asked(TABLES)
        for role in ROLES
    }
    assert found == {cell: verbs for cell, verbs in wanted.items() if verbs}


def test_a_table_is_walled_or_decided_here(db):
    tables = dict(asked(TABLES))
    assert {name for name, is_walled in tables.items() if not is_walled} == OPEN.keys()
    assert {name for name in WALLED if not tables[name]} == set()


def test_nothing_is_given_by_column_or_to_everybody(db):
    assert asked(BY_COLUMN) == [(0,)]
    assert asked("SELECT count(*) FROM pg_class WHERE relacl::text ~ '[{,]=[a-zA-Z]' "
                 " AND relnamespace = 'public'::regnamespace") == [(0,)]  # fmt: skip


def test_each_function_is_given_to_whom_is_written_here(db):
    found = asked(FUNCTIONS, list(ROLES))
    assert {name for name, _roles, to_everybody in found if to_everybody} == set()
    assert {name: frozenset(roles) for name, roles, _ in found} == CALLED


def test_a_function_that_is_new_is_nobodys(module_db):
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE FUNCTION new_one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        asking = "SELECT has_function_privilege(%s::text, 'new_one()', 'EXECUTE')"
        given = [owner.execute(asking, [role]).fetchone()[0] for role in ROLES]
        owner.rollback()
    assert given == [False, False, False]


def test_the_web_does_not_tidy_indexes(module_db):
    with raw("web") as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("SELECT catalogue_settle_words()")


@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_database_refuses_what_was_not_given(module_db, role):
    with raw(role) as connected:
        for statement in TAKEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connected.execute(statement)
