"""What the tests of the embedded servers share."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.embedded import broker, postgres


@pytest.fixture
def state(tmp_path):
    """A state folder under a folder that only this account may enter, as a home often is."""
    folder = tmp_path / "var"
    yield folder
    postgres.stop(folder / "postgres")
    broker.stop(folder / "broker")


def kill(pid: int) -> None:
    """Kill the process outright."""
    os.kill(pid, signal.SIGKILL)


def lives(pid: int) -> bool:
    """Tell whether the process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(question: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Tell whether the answer becomes yes in time."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
