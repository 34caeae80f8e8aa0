"""What the web server says to a request that never reaches a page."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time

import pytest

from marketplace.web.security import HEADERS

READABLE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
UNREADABLE = {
    "no HTTP": (b"hello\r\n\r\n", 400),
    "a method in small letters": (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "another version": (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    "an address that is too long": (b"GET /?" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
    "a header that is too long": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431,
    ),
    "too many headers": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 101 + b"\r\n", 431,
    ),
    "a name with a space": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "two lengths": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
    ),
    "an encoding that nobody knows": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: odd\r\n\r\n", 501,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(module_db, tmp_path_factory):
    """The web server as it is started in earnest, on a socket of its own."""
    place = tmp_path_factory.mktemp("web") / "s"
    environment = {**os.environ, "DATABASE_ROLE": "web", "WEB_PROCESSES": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config"]
    command += ["python:marketplace.config.gunicorn_settings", "--bind", f"unix:{place}"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not said(place, READABLE)[0]:
            time.sleep(0.2)
        yield place
    finally:
        process.terminate()
        process.wait(20)


def said(place, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes and return number, headers and body of the answer; 0 when there is nobody."""
    with socket.socket(socket.AF_UNIX) as connected:
        connected.settimeout(20)
        try:
            connected.connect(str(place))
            connected.sendall(request)
            answer = b""
            while part := connected.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        except OSError:
            return 0, {}, b""
    head, _blank, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def test_answers_what_it_can_read(server):
    assert said(server, READABLE)[0] == 200


@pytest.mark.parametrize(("request_", "status"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_it_cannot_read_is_answered_like_everything_else(server, request_, status):
    found, headers, body = said(server, request_)
    assert found == status
    assert headers.items() >= HEADERS.items()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["Cache-Control"], headers["Connection"]) == ("no-store", "close")
    assert headers["Content-Type"] == "application/problem+json"
    document = json.loads(body)
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    assert document["title"]
    assert document["detail"]


def test_goes_on_afterwards(server):
    for request, _status in UNREADABLE.values():
        said(server, request)
    assert said(server, READABLE)[0] == 200


def test_says_what_is_wrong_with_an_encoding_that_nobody_knows(server):
    body = said(server, UNREADABLE["an encoding that nobody knows"][0])[2]
    assert json.loads(body)["type"] == "/problems/request.not-implemented/"
    assert b"Transfer-Encoding" in body


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "REMOTE_USER"])
def test_no_header_says_where_we_are_mounted(server, name):
    line = f"\r\n{name}: /evil\r\nConnection".encode()
    assert said(server, READABLE.replace(b"\r\nConnection", line))[0] == 200


class TestSlowSenders:
    HEAD = (
        b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrf=" + b"a" * 32 + b"\r\n"
    )
    BODY = (
        HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\na="
    )

    @pytest.mark.parametrize("begun", [HEAD, BODY], ids=["head", "body"])
    def test_do_not_stop_everybody_else(self, server, begun):
        slow = [socket.socket(socket.AF_UNIX) for _number in range(6)]
        try:
            for each in slow:
                each.connect(str(server))
                each.sendall(begun)
            until = time.monotonic() + 12
            while time.monotonic() < until:
                time.sleep(1)
                for each in slow:
                    with contextlib.suppress(OSError):
                        each.sendall(b"x")
            assert said(server, READABLE)[0] == 200
            slow[0].settimeout(5)
            assert slow[0].recv(65536).startswith(b"HTTP/1.1 408 Request Timeout")
        finally:
            for each in slow:
                each.close()
