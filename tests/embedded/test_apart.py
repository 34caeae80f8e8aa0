"""Which commands get a state folder of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marketplace.embedded.apart import state_for
from marketplace.embedded.environment import state_folder


@pytest.fixture(autouse=True)
def nobody_named_one(monkeypatch):
    for name in ("STATE_DIR", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("arguments", [["story"], ["story", "--json"], ["bench", "life"]])
def test_lends_a_folder_that_goes_again(arguments):
    with state_for(arguments) as folder:
        assert folder.is_dir()
        assert folder != state_folder()
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["demo"], ["bench", "search"], []])
def test_leaves_other_commands_where_they_are(arguments):
    with state_for(arguments) as folder:
        assert folder == state_folder()


def test_takes_the_one_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    with state_for(["story"]) as folder:
        assert folder == tmp_path


BEGUN = """
import sys, time
from marketplace.embedded import apart, broker
apart.STARTING_SECONDS = 2
with apart.state_for(["story"]) as state:
    server = broker.start(state / "broker")
    try:
        print(server.socket, state, flush=True)
        time.sleep(60)
    finally:
        server.leave()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_whatever_ends_a_command_ends_its_servers(sent, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", BEGUN], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        place, state = map(Path, run.stdout.readline().split())
        assert place.exists()
        run.send_signal(sent)
    until = time.monotonic() + 30
    while (place.exists() or state.exists()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not place.exists()
    assert not state.exists()


# What was started before the command died goes on for a while, and then there is a server.
LATE = """
import os, signal, subprocess, sys
from marketplace.embedded import apart
apart.STARTING_SECONDS = 10
start = (
    "import sys, time, pathlib; from marketplace.embedded import broker; time.sleep(3);"
    "print(broker.start(pathlib.Path(sys.argv[1]), keep=True).socket, flush=True)"
)
with apart.state_for(["story"]) as state:
    (state / "broker").mkdir()
    command = [sys.executable, "-c", start, str(state / "broker")]
    subprocess.Popen(command, start_new_session=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_that_comes_up_late_is_stopped_too(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", LATE], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        place = Path(run.stdout.readline().strip())
        assert place.is_socket()
    until = time.monotonic() + 30
    while (place.exists() or list(tmp_path.glob("marketplace-*"))) and time.monotonic() < until:
        time.sleep(0.1)
    assert not place.exists()
    assert not list(tmp_path.glob("marketplace-*"))
