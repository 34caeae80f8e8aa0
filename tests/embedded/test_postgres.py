"""The embedded PostgreSQL: one server for all who start it, and none of it lost by kill -9."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest

from marketplace.embedded import postgres, sharing
from marketplace.embedded.accounts import Account
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import postgres_programs
from tests.embedded.conftest import eventually, kill, lives

ROOT = Path(__file__).resolve().parents[2]
STARTER = """
import sys
from pathlib import Path
from marketplace.embedded import postgres
with postgres.start(Path(sys.argv[1]), durable=False) as server:
    print(server.started, server.sockets, flush=True)
    sys.stdin.read()
"""


def query(server, statement):
    with psycopg.connect(postgres.url(server), autocommit=True) as connection:
        return connection.execute(statement).fetchone()


def server_pid(state):
    return int((state / "postgres/data/postmaster.pid").read_text().split()[0])


class TestStart:
    def test_starts_joins_and_stops_with_the_last(self, state):
        first = postgres.start(state / "postgres", durable=False)
        second = postgres.start(state / "postgres", durable=False)

        assert (first.started, second.started) == (True, False)
        assert second.sockets == first.sockets
        assert len(os.fsencode(first.socket)) <= 107
        assert first.sockets.stat().st_mode & 0o777 == 0o700
        assert query(
            first,
            "SELECT current_setting('listen_addresses'), current_setting('TimeZone'),"
            " current_setting('data_checksums'), current_setting('server_encoding'), datcollate,"
            " current_user::text FROM pg_database WHERE datname = 'postgres'",
        ) == ("", "UTC", "on", "UTF8", "C.UTF-8", "postgres")

        assert first.leave() is False
        assert second.answers()
        assert second.leave() is True
        assert not second.answers()
        assert not first.sockets.exists()

    def test_of_eight_at_once_one_starts_it(self, state):
        starters = [
            subprocess.Popen(
                [sys.executable, "-c", STARTER, state / "postgres"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(8)
        ]
        said = [starter.stdout.readline().split() for starter in starters]
        pid = server_pid(state)
        for starter in starters:
            starter.communicate()

        assert sorted(started for started, _ in said) == ["False"] * 7 + ["True"]
        assert len({sockets for _, sockets in said}) == 1
        assert [starter.returncode for starter in starters] == [0] * 8
        assert eventually(lambda: not lives(pid))

    def test_one_that_is_kept_stays_until_stopped(self, state):
        with postgres.start(state / "postgres", durable=False, keep=True) as server:
            pass
        assert server.answers()
        assert sharing.address(postgres.Postgres(), state / "postgres") == server.sockets
        assert postgres.stop(state / "postgres") is True
        assert postgres.stop(state / "postgres") is False
        assert not server.answers()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another account")
    def test_opens_no_folder_to_others(self, state):
        above = [each for each in state.parents if each.stat().st_mode & 0o077 == 0]
        before = [each.stat().st_mode for each in state.parents]
        with postgres.start(state / "postgres", durable=False):
            owner = (state / "postgres/data").stat().st_uid

        assert above, "the test means something only under a folder that others may not enter"
        assert [each.stat().st_mode for each in state.parents] == before
        assert pwd.getpwuid(owner).pw_name in ("postgres", "nobody")


class TestAfterKill:
    def test_keeps_what_was_committed(self, state):
        server = postgres.start(state / "postgres")
        with psycopg.connect(postgres.url(server)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        with contextlib.closing(psycopg.connect(postgres.url(server))) as connection:
            # A backend at work outlives its server for a moment and holds the shared memory.
            connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000)")
            kill(server_pid(state))
            assert server.revive() is True
        assert query(server, "SELECT sum(number)::int FROM kept") == (500500,)
        assert server.revive() is False
        assert server.leave() is True

    def test_starts_over_what_a_dead_server_left(self, state):
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            with postgres.start(state / "postgres", durable=False) as server:
                kill(server_pid(state))
                eventually(lambda: not server.answers())
            # The dead server's number belongs to somebody else by now.
            pid_file = state / "postgres/data/postmaster.pid"
            lines = ["", "", "", "5432", str(server.sockets), "", " 1 1", ""]
            pid_file.write_text("\n".join([str(stranger.pid), str(pid_file.parent), *lines[2:]]))
            (state / "postgres/data.making/half").mkdir(parents=True)
            with postgres.start(state / "postgres", durable=False) as again:
                assert again.started
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_replaces_a_server_that_nobody_can_reach(self, state):
        with postgres.start(state / "postgres", durable=False) as server:
            lost = server_pid(state)
            shutil.rmtree(server.sockets)
            with postgres.start(state / "postgres", durable=False) as again:
                assert query(again, "SELECT 1") == (1,)
                assert eventually(lambda: not lives(lost))


class TestRefusals:
    def test_refuses_data_of_another_major_version(self, state):
        data = state / "postgres/data"
        data.mkdir(parents=True)
        (data / "PG_VERSION").write_text("9\n")
        with pytest.raises(ServerProblem, match=r"made by PostgreSQL 9.*pg_dumpall"):
            postgres.start(state / "postgres")
        assert (data / "PG_VERSION").read_text() == "9\n"

    def test_refuses_a_folder_that_is_no_database(self, state):
        (state / "postgres/data").mkdir(parents=True)
        (state / "postgres/data/letter").write_text("dear council")
        with pytest.raises(ServerProblem, match="not a database"):
            postgres.start(state / "postgres")

    def test_data_for_tests_are_made_anew_when_they_do_not_start(self, state):
        with postgres.start(state / "postgres", durable=False):
            pass
        (state / "postgres/data/global/pg_control").write_bytes(b"torn")
        with postgres.start(state / "postgres", durable=False) as server:
            assert query(server, "SELECT 1") == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="this test run is an ordinary account's already")
def test_runs_for_an_ordinary_account():
    """A child process becomes `nobody`, starts a server, and meets somebody else's data."""
    nobody = pwd.getpwnam("nobody")
    programs = postgres_programs(Account("nobody", nobody.pw_uid, nobody.pw_gid))
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    (home / "theirs/data").mkdir(parents=True)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    home.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            # The checkout may be closed to nobody; the copy of the programs is not.
            sys.path.insert(0, str(programs.parents[2]))
            os._exit(_starts_and_is_refused(home))
        os._exit(9)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (home / "own/data").stat().st_uid == nobody.pw_uid
    finally:
        shutil.rmtree(home)


def _starts_and_is_refused(home):
    with postgres.start(home / "own", durable=False) as server:
        if query(server, "SELECT current_user::text") != ("postgres",):
            return 1
    try:
        postgres.start(home / "theirs", durable=False)
    except ServerProblem as problem:
        return 0 if "not to you" in str(problem) or "another account" in str(problem) else 2
    return 3
