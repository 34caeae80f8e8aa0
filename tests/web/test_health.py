"""Whether this process can serve is asked of what it needs."""

import socket

import pytest

from marketplace.web import health


class TestHealth:
    def test_live_needs_nothing(self, client):
        assert client.get("/health/live").json() == {"status": "ok"}

    def test_ready_asks_the_database(self, client, db, settings):
        settings.BROKER_URL = "memory://"
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["checks"]) == (200, {"database": "ok"})
        assert answer["Cache-Control"] == "no-store"

    def test_goes_on_without_the_broker_and_says_so(self, client, db, settings):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.BROKER_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
            answer = client.get("/health/ready")
        assert answer.status_code == 200
        assert answer.json()["checks"]["broker"] == "unavailable"

    def test_is_not_ready_without_the_database(self, client, db, monkeypatch, settings):
        settings.BROKER_URL = "memory://"
        from django.db import OperationalError, connection

        def refused():
            raise OperationalError("no server")

        with monkeypatch.context() as broken:
            broken.setattr(connection, "cursor", refused)
            answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")

    @pytest.mark.parametrize(
        ("address", "where"),
        [
            ("redis://h/0", (socket.AF_INET, ("h", 6379))),
            ("amqp://u:p@h:5673//", (socket.AF_INET, ("h", 5673))),
            ("redis+socket:///run/v.sock", (socket.AF_UNIX, "/run/v.sock")),
        ],
    )
    def test_finds_the_broker(self, address, where):
        from urllib.parse import urlsplit

        parts = urlsplit(address)
        assert health._where(parts.scheme, parts.hostname, parts.port, parts.path) == where
