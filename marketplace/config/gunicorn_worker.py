"""What the web server itself says to a request that never reaches a page: too long, or no HTTP."""

from __future__ import annotations

import json
import re
import socket
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from gunicorn import util
from gunicorn.http.wsgi import Response, default_environ
from gunicorn.workers.gthread import ThreadWorker

from marketplace.config.patience import PatientReader, PatientSocket
from marketplace.web.security import HEADERS

# Nothing that is said here needs anything from anywhere, but a page its looks.
POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = f"{POLICY}; style-src 'self'; font-src 'self'; img-src 'self'"
KNOWN_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
)
ACCEPTS_PAGES = re.compile(rb"\r\naccept:[^\r\n]*text/html", re.IGNORECASE)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that answers what it cannot read, headers and all.

    A page for whoever asks for pages, and a problem document for everybody else.
    """

    def handle(self, conn: Any) -> Any:  # noqa: ANN401  # gunicorn's own types
        """Serve one request of a connection, and wait for no more of it than we have patience."""
        if conn.initialized:
            conn.parser.unreader.begin()
            conn.sock.begin()
        else:
            conn.init = _Beginning(conn)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:  # noqa: ANN401  # gunicorn's own types
        """Let the application answer, unless the request is one that it would misread."""
        status = status_against(req)
        if not status:
            return super().handle_request(req, conn)
        began, said = datetime.now(), Response(req, conn.sock, self.cfg)  # noqa: DTZ005  # as gunicorn
        said.start_response(f"{status} {HTTPStatus(status).phrase}", [])
        environ = default_environ(req, conn.sock, self.cfg)
        environ["REMOTE_ADDR"] = (conn.client or ("",))[0]
        self.log.access(said, req, environ, datetime.now() - began)  # noqa: DTZ005
        conn.sock.settimeout(1.0)
        conn.sock.sendall(answer(status, conn.sock.reader.hear_out()))
        # What follows is nobody's request: where this one ends is what we cannot tell.
        util.close_graceful(conn.sock)
        return False

    def handle_error(
        self,
        req: Any,  # noqa: ANN401  # gunicorn's own types
        client: Any,  # noqa: ANN401
        addr: Any,  # noqa: ANN401
        exc: BaseException,
    ) -> None:
        """Log and answer as gunicorn does, in our words."""
        said = _Said()
        super().handle_error(req, said, addr, exc)
        if said.status:
            try:
                heard = client.reader.hear_out() if client.reader else b""
                client.settimeout(1.0)
                client.sendall(answer(said.status, heard))
            except OSError:
                self.log.debug("Failed to send error message.")


class _Beginning:
    """Begins a connection as gunicorn does, with a reader that has an end to its patience."""

    def __init__(self, conn: Any) -> None:  # noqa: ANN401  # gunicorn's own types
        self.conn = conn

    def __call__(self) -> None:
        """Begin, once."""
        conn = self.conn
        if not conn.initialized:
            conn.sock = PatientSocket(conn.sock)
            type(conn).init(conn)
            conn.sock.reader = conn.parser.unreader = PatientReader(conn.sock, self.give_up)

    def give_up(self) -> None:
        """Say that it took too long, and end: whatever would still be answered goes nowhere."""
        try:
            self.conn.sock.settimeout(1.0)
            self.conn.sock.sendall(answer(408, self.conn.sock.reader.heard))
            self.conn.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class _Said:
    """Stands where the connection does, and keeps the number of what is said to it."""

    status = 0

    def gettimeout(self) -> float:
        """Tell that nobody waits here."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Keep the number, which stands between the first two spaces."""
        self.status = self.status or int(data.split(b" ", 2)[1])


def status_against(req: Any) -> int:  # noqa: ANN401  # gunicorn's own types
    """Return the number with which a request is refused that gunicorn would let pass, or 0.

    Why: a body in chunks has no length, and Django reads nothing of a body without one, so a
    change would be taken for one that says nothing.
    Source: RFC 9110, 9.1 and 15.5.12; RFC 9112, 3.2.
    """
    names = [name for name, _value in req.headers]
    hosts = names.count("HOST")
    if hosts > 1 or (not hosts and req.version >= (1, 1)):
        return 400
    if req.method not in KNOWN_METHODS:
        return 501
    return 411 if "TRANSFER-ENCODING" in names else 0


def answer(status: int, heard: bytes) -> bytes:
    """Return the bytes of an answer: a page or a problem document for this number.

    Shapes: `heard` is as much of the request's head as there was.
    """
    # The applications are there once somebody asks; when gunicorn reads its settings, not yet.
    from marketplace.web.problems import API_PREFIX, MEDIA_TYPE  # noqa: PLC0415

    path = _path(heard)
    if ACCEPTS_PAGES.search(heard) and not path.startswith(API_PREFIX):
        kind, policy, body = "text/html; charset=utf-8", PAGE_POLICY, _page(status)
    else:
        kind, policy, body = MEDIA_TYPE, POLICY, _document(status, path)
    headers = {
        "Connection": "close",
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _path(heard: bytes) -> str:
    """Return which path was asked for, as far as anybody can tell."""
    words = heard.partition(b"\r\n")[0].split(b" ", 2)
    return words[1].partition(b"?")[0][:2000].decode("latin-1") if len(words) > 1 else ""


def _page(status: int) -> bytes:
    from django.template.loader import get_template  # noqa: PLC0415

    from marketplace.web.views import LAST_WORDS, PAGES  # noqa: PLC0415

    title, detail = PAGES.get(status, PAGES[503 if status >= 500 else 400])
    try:
        made = get_template("web/unread.html").render({"title": title, "detail": detail})
    except Exception:  # noqa: BLE001  # something must be said, whatever is broken
        return LAST_WORDS
    return made.encode()


def _document(status: int, path: str) -> bytes:
    from marketplace.web.problems import HTTP_PROBLEMS, path_of  # noqa: PLC0415

    problem = HTTP_PROBLEMS.get(status, HTTP_PROBLEMS[500 if status >= 500 else 400])
    document = {
        "type": path_of(problem.code),
        "title": str(problem.title),
        "status": status,
        "detail": str(problem.advice),
        "instance": path,
    }
    return json.dumps(document).encode()
