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
    "a body in chunks": (
        b"PUT /api/v1/me HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\n{}\r\n0\r\n\r\n", 411,
    ),
    "a body in chunks that are none": (
        b"PUT /api/v1/me HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"zz\r\n{}\r\n", 411,
    ),
    "no host": (b"GET /health/live HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: a\r\n\r\n", 400),
    "a method that nobody knows": (b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
}  # fmt: skip


BROWSER = b"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
TOKEN = b"Cookie: csrf=" + b"a" * 32 + b"\r\nX-CSRFToken: " + b"a" * 32 + b"\r\n"
LONG = {"a little": 5_000, "much": 40_000}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Where the web server writes its log."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def server(module_db, tmp_path_factory, log):
    """The web server as it is started in earnest, on a socket of its own."""
    place = tmp_path_factory.mktemp("web") / "s"
    environment = {**os.environ, "DATABASE_ROLE": "web", "WEB_PROCESSES": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config"]
    command += ["python:marketplace.config.gunicorn_settings", "--bind", f"unix:{place}"]
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
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


@pytest.mark.parametrize("length", LONG.values(), ids=LONG.keys())
def test_a_browser_is_answered_with_a_page(server, length):
    request = b"GET /search/?q=" + b"a" * length + b" HTTP/1.1\r\nHost: localhost\r\n" + BROWSER
    found, headers, body = said(server, request + b"\r\n")
    assert found == 414
    assert headers.items() >= HEADERS.items()
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "style-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    text = body.decode()
    assert '<h1 class="govuk-heading-l">The address is too long</h1>' in text
    assert "ask for less at once" in text
    assert "aaaa" not in text


@pytest.mark.parametrize(
    ("path", "accept"),
    [(b"/api/v1/orders", BROWSER), (b"/search/", b"Accept: application/json\r\n")],
    ids=["an address of the API", "whoever asks for JSON"],
)
def test_a_program_is_answered_with_a_document(server, path, accept):
    line = b"GET " + path + b"?q=" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n"
    _found, headers, body = said(server, line + accept + b"\r\n")
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["instance"] == path.decode()


def test_a_browser_that_sends_too_many_headers_is_told_to_delete_cookies(server):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"a" * 9000 + b"\r\n"
    _found, headers, body = said(server, head + BROWSER + b"\r\n")
    assert headers["Content-Type"].startswith("text/html")
    assert b"Delete the cookies" in body


def test_goes_on_afterwards(server):
    for request, _status in UNREADABLE.values():
        said(server, request)
    assert said(server, READABLE)[0] == 200


def test_says_what_is_wrong_with_an_encoding_that_nobody_knows(server):
    body = said(server, UNREADABLE["an encoding that nobody knows"][0])[2]
    assert json.loads(body)["type"] == "/problems/request.not-implemented/"
    assert b"Transfer-Encoding" in body


def test_a_body_in_chunks_is_refused_by_name_and_whatever_comes_after_it_is_not_read(server):
    found, _headers, body = said(server, UNREADABLE["a body in chunks"][0] + READABLE)
    assert found == 411
    document = json.loads(body)  # and nothing behind it
    assert document["type"] == "/problems/request.length-required/"
    assert document["instance"] == "/api/v1/me"
    assert "Content-Length" in document["detail"]


def test_a_long_body_in_chunks_is_answered_too(server):
    part = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    assert said(server, UNREADABLE["a body in chunks"][0][:-12] + part)[0] == 411


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS"])
def test_an_older_client_needs_no_host(server, method):
    request = method + b" /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n"
    assert said(server, request)[0] != 400
    assert said(server, request.replace(b"Host: localhost\r\n", b""))[0] != 501


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

    @pytest.mark.parametrize(
        "head",
        {
            "a form": FORM,
            "a form with its token in a header": TOKEN + FORM,
            "a file": b"Content-Type: multipart/form-data; boundary=x\r\n",
        }.items(),
        ids=lambda each: each[0],
    )
    def test_are_no_defect_and_no_forged_request(self, server, log, head):
        path = f"/problems/{head[0].replace(' ', '-')}/"
        request = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + head[1] + BROWSER
        before = len(log.read_text())
        with socket.socket(socket.AF_UNIX) as slow:
            slow.settimeout(20)
            slow.connect(str(server))
            slow.sendall(request + b"Content-Length: 500\r\n\r\n--x")
            heard = slow.recv(65536)
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert b"This took too long to arrive" in heard
        time.sleep(1)
        logged = [line for line in log.read_text().splitlines() if path in line]
        assert any('"code": 408' in line for line in logged)
        for wrong in ('"code": 500', '"code": 403', "Internal Server Error", "Forbidden"):
            assert not [line for line in logged if wrong in line]
        assert "Traceback" not in log.read_text()[before:]
