"""Asking ClamAV, as its daemon speaks."""

from __future__ import annotations

import socket
import threading

import pytest

from marketplace.documents.clamd import CHUNK_BYTES, Finding, ScannerAway, TooLargeToScan, look_at
from tests.documents.scanner import EICAR, VERSION, running


@pytest.fixture
def scanner(tmp_path):
    with running(str(tmp_path / "clamd")) as server:
        yield server


def ask(scanner, content, **facts) -> Finding:
    return look_at(content, scanner.server_address, **facts)


class TestLookAt:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7])
    def test_sends_all_of_it_and_says_that_it_is_clean(self, scanner, size):
        content = bytes(index % 251 for index in range(size))
        assert ask(scanner, content) == Finding(VERSION.decode(), "")
        assert scanner.seen == [content]

    def test_names_the_harm(self, scanner):
        assert ask(scanner, b"x" * CHUNK_BYTES + EICAR).harm == "Eicar-Signature"

    def test_one_that_is_dead_may_come_back(self, tmp_path):
        with pytest.raises(ScannerAway):
            look_at(b"x", str(tmp_path / "nobody"))

    def test_also_one_across_the_network(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(ScannerAway):
            look_at(b"x", f"127.0.0.1:{port}")

    def test_one_that_is_slow_is_not_waited_for(self, scanner):
        scanner.delay = 1
        with pytest.raises(ScannerAway) as caught:
            ask(scanner, b"x", patience=0.1)
        assert "timed out" in caught.value.facts["reason"]

    @pytest.mark.parametrize("answer", [b"", b"stream: OK", b"stream: what?\0", b"\xff\0", b"\0"])
    def test_what_makes_no_sense_is_never_clean(self, scanner, answer):
        scanner.answer = answer
        with pytest.raises(ScannerAway):
            ask(scanner, b"x")

    def test_a_file_that_it_does_not_take_is_refused(self, scanner):
        scanner.longest = 2 * CHUNK_BYTES
        with pytest.raises(TooLargeToScan):
            ask(scanner, b"x" * (8 * CHUNK_BYTES))


def test_speaks_to_a_host_and_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()

        def answer() -> None:
            for said in (VERSION + b"\0", b"stream: OK\0"):
                line, _from = listening.accept()
                with line:
                    line.recv(100)
                    line.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            assert look_at(b"", f"{host}:{port}", patience=5).harm == ""
        finally:
            thread.join()
