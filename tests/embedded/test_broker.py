"""The embedded broker: shared like PostgreSQL, reached by Celery's own transport, revived."""

import socket

from kombu import Connection

from marketplace.embedded import broker
from tests.embedded.conftest import eventually, kill


def ask(server, question):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket))
        connection.sendall(question)
        return connection.recv(100_000).decode()


def server_pid(server):
    said = ask(server, b"INFO server\r\n")
    return int(said.partition("process_id:")[2].split()[0])


class TestStart:
    def test_starts_joins_and_stops_with_the_last(self, state):
        with broker.start(state / "broker") as first:
            with broker.start(state / "broker") as second:
                assert (first.started, second.started) == (True, False)
                assert server_pid(first) == server_pid(second)
            assert first.answers()
        assert not first.answers()
        assert not first.sockets.exists()

    def test_listens_on_no_port_and_keeps_nothing(self, state):
        with broker.start(state / "broker") as server:
            assert ask(server, b"CONFIG GET port\r\n").split()[-1] == "0"
            assert "rdb_bgsave_in_progress:0" in ask(server, b"INFO persistence\r\n")
            assert ask(server, b"CONFIG GET save\r\n").split()[-1] == "$0"

    def test_carries_messages_as_celery_sends_them(self, state):
        with broker.start(state / "broker") as server, Connection(broker.url(server)) as line:
            with line.SimpleQueue("bell") as queue:
                queue.put({"job": 7})
                message = queue.get(timeout=5)
                message.ack()
            assert message.payload == {"job": 7}


class TestRevive:
    def test_starts_again_at_the_same_address_after_kill(self, state):
        with broker.start(state / "broker") as server:
            kill(server_pid(server))
            assert eventually(lambda: not server.answers())
            assert server.revive() is True
            assert server.answers()
            assert server.revive() is False
