"""Roles and the database that they use, made before the first migration.

Five names: the administrator who makes the rest (a superuser, or whoever a council lets create
roles), the owner of the tables (migrations), `marketplace_web` and `marketplace_worker` (the
application's logins, which own nothing and cannot bypass row-level security), and
`marketplace_steward`, which nobody logs in as: only the worker may become it, for sweeps and
work across councils.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "marketplace_owner"
WEB = "marketplace_web"
WORKER = "marketplace_worker"
STEWARD = "marketplace_steward"
EXTENSIONS = ("pg_trgm", "btree_gist")


def prepare(admin_url: str, *, database: str = "marketplace") -> None:
    """Make the roles, the database and its extensions, as far as they are missing.

    Raises: psycopg.Error when the administrator may not create them; docs/running.md says what a
    council's own administrator then runs by hand.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for statement in _roles():
            connection.execute(statement)
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [database]
        ).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )
    with psycopg.connect(admin_url, autocommit=True, dbname=database) as connection:
        for extension in EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        for statement in _grants(database):
            connection.execute(statement)


def _roles() -> list[sql.Composed]:
    """Return the statements that make the roles; each may be run again and by several at once."""
    wanted = {
        OWNER: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
        WEB: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
        WORKER: "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
        STEWARD: "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    }
    make = sql.SQL(
        "DO $$ BEGIN CREATE ROLE {} {}; EXCEPTION WHEN duplicate_object OR unique_violation"
        " THEN NULL; END $$"
    )
    statements = [
        make.format(sql.Identifier(name), sql.SQL(attributes))
        for name, attributes in wanted.items()
    ]
    join = sql.SQL(
        "DO $$ BEGIN IF NOT pg_has_role({who}, {role}, 'MEMBER') THEN GRANT {role_name} TO"
        " {who_name}; END IF; END $$"
    )
    for who, role in ((WORKER, STEWARD),):
        statements.append(
            join.format(
                who=sql.Literal(who),
                role=sql.Literal(role),
                who_name=sql.Identifier(who),
                role_name=sql.Identifier(role),
            )
        )
    return statements


def _grants(database: str) -> list[sql.Composed]:
    users = sql.SQL(", ").join(map(sql.Identifier, (WEB, WORKER, STEWARD)))
    owner = sql.Identifier(OWNER)
    rows = "SELECT, INSERT, UPDATE, DELETE ON TABLES"
    return [
        sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC").format(),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(users),
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(database), users),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT " + rows + " TO {}"
        ).format(owner, users),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public"
            " GRANT USAGE, SELECT ON SEQUENCES TO {}"
        ).format(owner, users),
    ]
