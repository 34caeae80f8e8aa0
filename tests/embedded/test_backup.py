"""A backup holds every row, also those behind the walls, and comes back into an empty database."""

import psycopg
import pytest
from psycopg import sql

from marketplace.config.database import prepare
from marketplace.embedded import postgres
from marketplace.embedded.backup import back_up, restore
from marketplace.embedded.problems import ServerProblem
from tests import servers

TABLES = """
CREATE TABLE council_secret (council int, text text);
INSERT INTO council_secret VALUES (1, 'ours'), (2, 'theirs');
ALTER TABLE council_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE council_secret FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON council_secret USING (council = 1);
"""


@pytest.fixture
def server(state):
    with postgres.start(state / "postgres", durable=False) as server:
        prepare(postgres.url(server))
        with psycopg.connect(owner(server)) as connection:
            connection.execute(TABLES)
        yield server


def owner(server):
    return postgres.url(server, user="marketplace_owner", database="marketplace")


def whole(server):
    return postgres.url(server, database="marketplace")


def test_a_backup_comes_back_whole(server, tmp_path):
    file = tmp_path / "marketplace.dump"
    back_up(whole(server), file)
    assert file.stat().st_mode & 0o777 == 0o600

    with psycopg.connect(postgres.url(server), autocommit=True) as connection:
        connection.execute("DROP DATABASE marketplace")
    prepare(postgres.url(server))
    restore(whole(server), file)

    with psycopg.connect(whole(server)) as connection:
        rows = connection.execute("SELECT * FROM council_secret ORDER BY council").fetchall()
    assert rows == [(1, "ours"), (2, "theirs")]
    with psycopg.connect(owner(server)) as connection:
        seen = connection.execute("SELECT text FROM council_secret").fetchall()
    assert seen == [("ours",)], "the wall came back too"


def test_refuses_to_write_a_backup_with_holes(server, tmp_path):
    with pytest.raises(ServerProblem, match="row-level security"):
        back_up(owner(server), tmp_path / "marketplace.dump")
    assert not (tmp_path / "marketplace.dump").exists()


def test_refuses_to_mix_two_histories(server, tmp_path):
    back_up(whole(server), tmp_path / "marketplace.dump")
    with pytest.raises(ServerProblem, match="not empty"):
        restore(whole(server), tmp_path / "marketplace.dump")


def test_says_that_there_is_no_file(server, tmp_path):
    with pytest.raises(ServerProblem, match="There is no file"):
        restore(whole(server), tmp_path / "none.dump")


def test_the_whole_demonstration_comes_back(demo_db, tmp_path):
    """Restoring finds names that only a session with its usual search path would find."""
    made = f"{servers.database_name()}_9999"
    back_up(servers.admin_url(demo_db), tmp_path / "marketplace.dump")
    prepare(servers.admin_url(), database=made)
    try:
        restore(servers.admin_url(made), tmp_path / "marketplace.dump")
        assert contents(servers.admin_url(made)) == contents(servers.admin_url(demo_db))
    finally:
        with psycopg.connect(servers.admin_url(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {made} WITH (FORCE)")


def contents(url):
    """Return what there is of every kind, and the rows of every table."""
    with psycopg.connect(url) as connection:
        schema = connection.execute(
            "SELECT (SELECT count(*) FROM pg_policies), (SELECT count(*) FROM pg_proc),"
            " (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_indexes),"
            " (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)"
        ).fetchone()
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        rows = {
            table: connection.execute(
                sql.SQL(
                    "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"
                ).format(sql.Identifier(table))
            ).fetchone()
            for (table,) in tables
        }
    return schema, rows
