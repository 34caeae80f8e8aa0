"""make run in earnest: from nothing to a page, through a killed part, to Ctrl-C."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from marketplace.embedded import sharing
from marketplace.embedded.broker import Valkey
from marketplace.embedded.postgres import Postgres
from tests.embedded.conftest import eventually, kill, lives
from tests.embedded.test_command import TOLD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def running(state, port):
    """A `marketplace run` of its own, and the lines that it says."""
    environment = {name: value for name, value in os.environ.items() if name not in TOLD.split()}
    process = subprocess.Popen(
        [sys.executable, "-m", "marketplace", "run"],
        cwd=ROOT,
        env=environment | {"STATE_DIR": str(state), "PORT": str(port), "DEMO": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout))
    reader.start()
    yield process, said
    if process.poll() is None:
        process.terminate()
    process.wait(20)
    reader.join()
    process.stdout.close()


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def children(state):
    return [each["pid"] for each in json.loads((state / "processes.json").read_text())]


def test_runs_survives_and_stops(running, state, port):
    process, said = running
    assert eventually(lambda: "is ready" in "".join(said) or process.poll() is not None, seconds=90)
    assert f"The marketplace is ready: http://127.0.0.1:{port}/" in "".join(said)
    assert get(port, "/health/live") == 200
    assert eventually(lambda: len(children(state)) == 3)

    web = children(state)[0]
    kill(web)
    assert eventually(lambda: len(children(state)) == 3 and web not in children(state), seconds=30)
    assert "The web process stopped (signal SIGKILL)." in "".join(said)
    assert get(port, "/health/live") == 200

    left = children(state)
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert not any(lives(pid) for pid in left)
    for kind, name in ((Postgres(), "postgres"), (Valkey(), "broker")):
        assert sharing.address(kind, state / name) is None
