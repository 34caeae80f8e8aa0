"""How long the web server waits for what somebody sends."""

from __future__ import annotations

import socket

import pytest

from marketplace.config import patience
from marketplace.config.patience import PatientReader, TooSlow


@pytest.fixture
def line():
    """The two ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def given_up():
    return []


def reader(ours, given_up):
    return PatientReader(ours, lambda: given_up.append(True))


def test_reads_what_comes_in_time_and_leaves_the_socket_as_it_was(line, given_up):
    ours, theirs = line
    theirs.sendall(b"hello")
    assert reader(ours, given_up).chunk() == b"hello"
    assert ours.gettimeout() is None
    assert given_up == []


def test_waits_for_the_whole_and_not_for_each_byte(line, given_up, monkeypatch):
    monkeypatch.setattr(patience, "START_SECONDS", 0.2)
    ours, theirs = line
    reading = reader(ours, given_up)
    theirs.sendall(b"x")
    assert reading.chunk() == b"x"
    reading.waited_seconds = 0.3
    theirs.sendall(b"x")
    with pytest.raises(TooSlow):
        reading.chunk()
    assert given_up == [True]
    reading.begin()
    assert reading.chunk() == b"x"


def test_whoever_has_sent_much_may_take_longer(line, given_up):
    ours, theirs = line
    reading = reader(ours, given_up)
    reading.received_bytes, reading.waited_seconds = 24_900_000, 53 * 60.0
    theirs.sendall(b"x")
    with pytest.raises(TooSlow):
        reading.chunk()
    reading.waited_seconds = 51 * 60.0
    assert reading.chunk() == b"x"


def test_silence_has_an_end(line, given_up, monkeypatch):
    monkeypatch.setattr(patience, "START_SECONDS", 0.1)
    with pytest.raises(TooSlow):
        reader(line[0], given_up).chunk()


def test_leaves_it_to_the_server_to_wait_for_less(line, given_up):
    ours, _theirs = line
    ours.settimeout(0.05)
    with pytest.raises(TimeoutError):
        reader(ours, given_up).chunk()
    assert given_up == []
