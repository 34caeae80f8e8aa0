"""How long the web server waits for what somebody sends."""

from __future__ import annotations

import socket
import threading

import pytest

from marketplace.config import patience
from marketplace.config.patience import PatientReader, PatientSocket, TooSlow


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


class TestSending:
    MUCH = b"x" * 4_000_000  # more than a connection holds that nobody reads from

    def test_sends_everything_and_leaves_the_socket_as_it_was(self, line):
        ours, theirs = line
        with PatientSocket(ours) as sending:
            sending.sendall(b"hello")
            assert theirs.recv(10) == b"hello"
            assert sending.gettimeout() is None

    def test_whoever_takes_nothing_in_is_waited_for_only_so_long(self, line, monkeypatch):
        monkeypatch.setattr(patience, "START_SECONDS", 0.2)
        monkeypatch.setattr(patience, "SLOWEST_BYTES_A_SECOND", 10_000_000)
        with PatientSocket(line[0]) as sending, pytest.raises(TooSlow):
            sending.sendall(self.MUCH)

    def test_whoever_takes_in_drop_by_drop_too(self, line, monkeypatch):
        monkeypatch.setattr(patience, "START_SECONDS", 0.3)
        monkeypatch.setattr(patience, "SLOWEST_BYTES_A_SECOND", 10_000_000)
        ours, theirs = line
        stop = threading.Event()

        def sip() -> None:
            while not stop.wait(0.02) and theirs.recv(2_000):
                pass

        drinker = threading.Thread(target=sip)
        drinker.start()
        try:
            with PatientSocket(ours) as sending, pytest.raises(TooSlow):
                sending.sendall(self.MUCH * 10)
        finally:
            stop.set()
            drinker.join()

    def test_each_answer_has_its_own_time(self, line):
        with PatientSocket(line[0]) as sending:
            sending.waited_seconds = 11.0
            with pytest.raises(TooSlow):
                sending.sendall(b"x")
            sending.begin()
            sending.sendall(b"x")

    def test_waits_for_less_where_it_was_told_to(self, line):
        with PatientSocket(line[0]) as sending:
            sending.settimeout(0.05)
            with pytest.raises(TooSlow):
                sending.sendall(self.MUCH)


class TestHearingOut:
    def test_hears_the_head_to_its_end(self, line, given_up):
        ours, theirs = line
        reading = reader(ours, given_up)
        theirs.sendall(b"GET /" + b"a" * 9_000)
        reading.chunk()
        theirs.sendall(b" HTTP/1.1\r\nAccept: text/html\r\n\r\nbody")
        assert reading.hear_out().endswith(b"\r\nAccept: text/html")

    def test_but_only_so_long_and_only_so_much(self, line, given_up, monkeypatch):
        monkeypatch.setattr(patience, "HEARD_SECONDS", 0.1)
        ours, theirs = line
        theirs.sendall(b"GET ")
        assert reader(ours, given_up).hear_out() == b"GET "
        theirs.sendall(b"a" * 100_000)
        assert len(reader(ours, given_up).hear_out()) <= patience.HEARD_BYTES + 8192

    def test_of_the_next_request_only_what_is_its_own(self, line, given_up):
        ours, theirs = line
        reading = reader(ours, given_up)
        theirs.sendall(b"first\r\n\r\nsecond\r\n\r\n")
        reading.read(9)
        reading.begin()
        assert reading.hear_out() == b"second"
