"""What every process is told: servers of the council's own, embedded ones, and the key."""

import threading

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from marketplace.config.database import prepare
from marketplace.embedded.environment import Servers, in_role, secret_key

NAMES = (
    "DATABASE_URL DATABASE_OWNER_URL DATABASE_WEB_URL DATABASE_WORKER_URL DATABASE_ADMIN_URL"
    " BROKER_URL SECRET_KEY"
)


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    for name in NAMES.split():
        monkeypatch.delenv(name, raising=False)


class TestServers:
    def test_without_any_of_its_own_starts_both_and_each_role_gets_in(self, state):
        servers = Servers(state)
        given = servers.begin()
        try:
            prepare(servers.admin_url)
            for role in ("owner", "web", "worker"):
                with psycopg.connect(given[f"DATABASE_{role.upper()}_URL"]) as connection:
                    found = connection.execute(
                        "SELECT current_user::text, current_database()::text"
                    )
                    assert found.fetchone() == (f"marketplace_{role}", "marketplace")
            assert given["BROKER_URL"].startswith("redis+socket:///")
            assert given["STATE_DIR"] == str(state)
        finally:
            servers.leave()
        assert not any(server.answers() for server in servers.embedded)

    def test_a_councils_own_servers_are_used_as_they_are_named(self, state, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://owner:secret@db.council.example/market")
        monkeypatch.setenv("BROKER_URL", "amqp://rabbit.council.example//")
        monkeypatch.setenv("DATABASE_WEB_URL", "postgresql://web@db.council.example/market")
        servers = Servers(state)
        given = servers.begin()
        assert servers.embedded == []
        assert servers.admin_url is None
        assert "BROKER_URL" not in given
        assert given["DATABASE_OWNER_URL"] == "postgresql://owner:secret@db.council.example/market"
        assert given["DATABASE_WEB_URL"] == "postgresql://web@db.council.example/market"
        worker = conninfo_to_dict(given["DATABASE_WORKER_URL"])
        assert worker["options"] == "-c role=marketplace_worker"
        assert worker["host"] == "db.council.example"


class TestInRole:
    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            ("postgresql://me:p%40ss@host:5433/market?sslmode=require", {"sslmode": "require"}),
            ("postgresql://me@/market?host=/run/postgresql", {"host": "/run/postgresql"}),
            ("postgresql://me@host/market", {"host": "host"}),
        ],
    )
    def test_adds_the_role_and_keeps_the_rest(self, url, kept):
        before, after = conninfo_to_dict(url), conninfo_to_dict(in_role(url, "marketplace_web"))
        assert after.pop("options") == "-c role=marketplace_web"
        assert after == before
        assert kept.items() <= after.items()


class TestSecretKey:
    def test_threads_that_ask_at_once_get_one_that_others_cannot_read(self, tmp_path):
        keys = set()
        asking = [threading.Thread(target=lambda: keys.add(secret_key(tmp_path))) for _ in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert len(keys) == 1
        assert len(keys.pop()) >= 50
        assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
        assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600

    def test_one_that_was_given_is_used(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "given")
        assert secret_key(tmp_path) == "given"
        assert list(tmp_path.iterdir()) == []
