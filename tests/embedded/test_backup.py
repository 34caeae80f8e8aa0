"""A backup holds every row, also those behind the walls, and comes back into an empty database."""

import psycopg
import pytest

from marketplace.config.database import prepare
from marketplace.embedded import postgres
from marketplace.embedded.backup import back_up, restore
from marketplace.embedded.problems import ServerProblem

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
