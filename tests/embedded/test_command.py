"""The command `marketplace`: what it says when it cannot do what it was asked."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from marketplace.embedded import postgres
from marketplace.embedded.environment import DATABASE, OWNER

ROOT = Path(__file__).resolve().parents[2]
TOLD = (
    "DATABASE_URL DATABASE_OWNER_URL DATABASE_WEB_URL DATABASE_WORKER_URL DATABASE_ROLE BROKER_URL"
)


@pytest.fixture
def marketplace(state):
    def run(*arguments, **environment):
        kept = {name: value for name, value in os.environ.items() if name not in TOLD.split()}
        return subprocess.run(
            [sys.executable, "-m", "marketplace", *arguments],
            cwd=ROOT,
            env=kept | {"STATE_DIR": str(state)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class TestRun:
    def test_says_plainly_that_a_port_is_taken(self, marketplace, state):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = marketplace("run", PORT=str(port))
        assert done.returncode == 1
        assert f"Port {port} cannot be used (Address already in use)." in done.stderr
        assert f"PORT={port + 1} make run" in done.stderr
        assert not (state / "postgres").exists()

    @pytest.mark.parametrize("port", ["eight", "0", "65536", "-1"])
    def test_says_plainly_that_a_port_is_no_port(self, marketplace, port):
        done = marketplace("run", PORT=port)
        assert done.returncode == 1
        assert done.stderr == f"PORT must be a number from 1 to 65535, not “{port}”.\n"


class TestHelp:
    @pytest.mark.parametrize(
        "name", ["run", "prepare", "ready", "web", "worker", "beat", "backup", "restore"]
    )
    def test_is_printed_and_nothing_is_started(self, marketplace, state, name):
        done = marketplace(name, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: marketplace {name}")
        assert not any(state.iterdir()) if state.exists() else True

    def test_of_a_command_of_djangos_needs_no_server(self, marketplace, state):
        done = marketplace("verify_audit", "--help")
        assert done.returncode == 0, done.stderr
        assert "Check that nobody has changed the audit trail" in done.stdout
        assert not (state / "postgres").exists()

    @pytest.mark.parametrize(
        "words",
        [
            ("run", "--port", "1"), ("run", "now"), ("prepare", "x"), ("ready", "-x"),
            ("web", "--workers", "3"), ("backup",), ("backup", "a", "b"), ("restore", "--force"),
        ],
    )  # fmt: skip
    def test_what_nobody_knows_is_refused_with_the_usage(self, marketplace, state, words):
        done = marketplace(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"usage: marketplace {words[0]}")
        assert not (state / "postgres").exists()

    def test_every_command_says_plainly_that_a_port_is_no_port(self, marketplace, state):
        done = marketplace("verify_audit", PORT="eight")
        assert done.returncode == 1
        assert done.stderr == "PORT must be a number from 1 to 65535, not “eight”.\n"


class TestParts:
    def test_what_is_handed_on_stands_behind_two_strokes(self, marketplace):
        done = marketplace("worker", "--", "--help")
        assert done.returncode == 1, "it is for Celery, which needs its servers first"
        assert "marketplace worker needs" in done.stderr

    def test_a_part_alone_needs_servers_to_be_named(self, marketplace):
        done = marketplace("worker")
        assert done.returncode == 1
        assert "marketplace worker needs DATABASE_URL and BROKER_URL." in done.stderr


class TestManage:
    def test_commands_that_change_tables_run_as_the_owner_and_others_as_the_worker(
        self, marketplace
    ):
        ask = "from django.db import connection as c; print(c.settings_dict['USER'])"
        assert marketplace("shell", "--command", ask).stdout.endswith("marketplace_worker\n")
        done = marketplace("dbshell", "--", "--no-psqlrc", "-Atc", "SELECT current_user")
        assert (done.stdout, done.returncode) == ("marketplace_owner\n", 0), done.stderr


class TestFirstCommand:
    """On a new machine any command may be the first, and two may be first at once."""

    def test_a_command_finds_its_tables_where_nothing_was_run_before(self, marketplace):
        done = marketplace("verify_audit", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["chains"] == []

    def test_a_council_is_told_to_migrate_its_own_database(self, marketplace, state):
        marketplace("verify_audit")
        server = postgres.start(state / "postgres")
        own = postgres.url(server, user=OWNER, database=DATABASE)
        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute(
                "DELETE FROM django_migrations WHERE app = 'ledger' AND name = '0001_initial'"
            )
        done = marketplace("verify_audit", DATABASE_URL=own, BROKER_URL="memory://")
        assert done.returncode == 1
        assert "(ledger.0001_initial). Run this first: marketplace ready" in done.stderr


def test_the_help_names_every_command_of_ours():
    """What is not told of is not found; the commands' own files say which there are."""
    files = ROOT.glob("*/**/management/commands/[a-z]*.py")
    others = {".venv", "tests"}
    names = {path.stem for path in files if not others & set(path.relative_to(ROOT).parts)}
    told = subprocess.run(
        [sys.executable, "-m", "marketplace", "--help"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert len(names) > 5
    assert {name for name in names if f"marketplace {name}" not in told} == set()
