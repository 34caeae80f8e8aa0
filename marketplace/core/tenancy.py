"""The last wall between tenants: row-level security, and who the connection acts for.

`TenantQuerySet.of()` is the first wall and says in the query whose rows are meant. This is the
last: the application's database roles own nothing and cannot bypass row-level security, and a
connection on which nobody has been named sees no tenant's row, whatever the query says. The
decision and its alternatives: docs/decisions/0001-tenants-apart.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, migrations
from psycopg.pq import TransactionStatus

STEWARD = "marketplace_steward"

_SET = (
    "SELECT set_config('marketplace.organisation', %s, false),"
    " set_config('marketplace.person', %s, false)"
)

# Materialised, so that what was named is read before anything is changed.
_SWAP = (
    "WITH before AS MATERIALIZED ("
    " SELECT coalesce(current_setting('marketplace.organisation', true), '') AS organisation,"
    " coalesce(current_setting('marketplace.person', true), '') AS person)"
    " SELECT before.organisation, before.person,"
    " set_config('marketplace.organisation', %s, false),"
    " set_config('marketplace.person', %s, false) FROM before"
)

_BECOME_STEWARD = (
    "WITH before AS MATERIALIZED (SELECT current_user AS name)"
    " SELECT before.name, set_config('role', %s, false) FROM before"
)


def act_for(organisation_id: UUID | str | None, person_id: UUID | str | None = None) -> None:
    """Name the organisation and the person for whom this connection acts from now on."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [str(organisation_id or ""), str(person_id or "")])


def clear() -> None:
    """Make this connection nobody's, so that it sees no tenant's row."""
    act_for(None)


def acting() -> tuple[str, str]:
    """Return for whom this connection acts now: the organisation's and the person's key, or ''."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('marketplace.organisation', true), ''),"
            " coalesce(current_setting('marketplace.person', true), '')"
        )
        organisation, person = cursor.fetchone()
    return organisation, person


@contextmanager
def tenant(
    organisation_id: UUID | str | None, person_id: UUID | str | None = None
) -> Iterator[None]:
    """Act for an organisation within a block, and for whoever it was before afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(_SWAP, [str(organisation_id or ""), str(person_id or "")])
        organisation, person, *_set = cursor.fetchone()
    try:
        yield
    finally:
        if _usable():
            act_for(organisation, person)


@contextmanager
def stewardship() -> Iterator[None]:
    """Work across tenants within a block, as the role that row-level security lets through.

    Only a worker's or a command's login is a member of that role; from a web process the database
    refuses. Which modules may use this is a list in tests/architecture.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BECOME_STEWARD, [STEWARD])
        before, _now = cursor.fetchone()
    try:
        yield
    finally:
        # Within another stewardship this one's end is not the other's.
        if before != STEWARD and _usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


def _usable() -> bool:
    """Tell whether the connection can still be spoken to.

    After an error inside a transaction it cannot until the rollback, which undoes the settings
    made within that transaction anyway. A connection that was lost was nobody's when it was made
    anew, and so is the next.
    """
    raw = connection.connection
    if raw is None or connection.needs_rollback or raw.closed:
        return False
    return bool(raw.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS))


def row_level_security(
    table: str,
    mine: str = "council_id = acting_organisation()",
    *,
    added: str | None = None,
    changed: str | None = None,
    removed: str = "false",
) -> migrations.RunSQL:
    """Return the migration step that walls a table in, each way of writing for itself.

    Shapes: SQL conditions on a row. `mine` tells whether the acting organisation may see it;
    `added` whether it may write such a row, and `changed` whether it may change it, from and into
    such a row, both `mine` if not given; `removed` whether it may take it away: no row, since
    nearly everything here is evidence.
    """
    added, changed = added or mine, changed or mine
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_seen ON {table} FOR SELECT USING ({mine});
        CREATE POLICY {table}_added ON {table} FOR INSERT WITH CHECK ({added});
        CREATE POLICY {table}_changed ON {table} FOR UPDATE
            USING (({mine}) AND ({changed})) WITH CHECK ({changed});
        CREATE POLICY {table}_removed ON {table} FOR DELETE USING (({mine}) AND ({removed}));
        CREATE POLICY {table}_steward ON {table} TO {STEWARD} USING (true) WITH CHECK (true);
        CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true);
        """,
        reverse_sql=f"""
        DROP POLICY {table}_seen ON {table};
        DROP POLICY {table}_added ON {table};
        DROP POLICY {table}_changed ON {table};
        DROP POLICY {table}_removed ON {table};
        DROP POLICY {table}_steward ON {table};
        DROP POLICY {table}_owner ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def tenant_key(table: str, *sides: str) -> migrations.RunSQL:
    """Return the migration step after which other tables may refer to a row and its tenant at once.

    Shapes: `sides` are the columns that say whose a row is.
    """
    columns = ", ".join(("id", *sides))
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_key UNIQUE ({columns});",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_key;",
    )


def same_tenant(
    table: str, column: str, parent: str, sides: Mapping[str, str] | None = None
) -> migrations.RunSQL:
    """Return the migration step after which a row and the one it refers to are the same tenant's.

    Why: every row carries its tenant, so that a wall need not look it up, and nothing else would
    keep a line from naming one council and hanging on another's order.
    Shapes: `sides` names for each column of `table` the parent's, all those of its tenant_key; a
    council's, if not given. A reference that is empty is not looked at.
    """
    sides = sides or {"council_id": "council_id"}
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_tenant"
        f" FOREIGN KEY ({', '.join((column, *sides.keys()))})"
        f" REFERENCES {parent} ({', '.join(('id', *sides.values()))});",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_tenant;",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration step after which rows of a table can be added and never changed.

    Shapes: the statement is refused and not the row, so that it is refused aloud even where the
    walls let it reach no row.
    """
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """,
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
    )


# The functions that the two steps above stand on; the first migration of marketplace.jobs makes
# them, since every other package's tables come after it.
FLOOR_FUNCTIONS = migrations.RunSQL(
    """
    CREATE FUNCTION acting_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT nullif(current_setting('marketplace.organisation', true), '')::uuid
    $$;
    CREATE FUNCTION acting_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT nullif(current_setting('marketplace.person', true), '')::uuid
    $$;
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% on % is refused: its rows are only ever added', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$;
    """,
    reverse_sql="""
    DROP FUNCTION acting_organisation();
    DROP FUNCTION acting_person();
    DROP FUNCTION refuse_change();
    """,
)
