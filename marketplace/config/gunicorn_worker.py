"""What the web server itself says to a request that never reaches a page: too long, or no HTTP."""

from __future__ import annotations

import json
import socket
from http import HTTPStatus
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from marketplace.config.patience import PatientReader
from marketplace.web.security import HEADERS

# Nothing that is said here needs anything from anywhere.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that answers what it cannot read with a problem document, headers and all.

    A document also for people, since the server cannot tell who asks when it could not read the
    request; no page or form of ours makes one that it cannot read.
    """

    def handle(self, conn: Any) -> Any:  # noqa: ANN401  # gunicorn's own types
        """Serve one request of a connection, and wait for no more of it than we have patience."""
        if conn.initialized:
            conn.parser.unreader.begin()
        else:
            conn.init = _Beginning(conn)
        return super().handle(conn)

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
                client.settimeout(1.0)
                client.sendall(answer(said.status, getattr(req, "path", None) or ""))
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
            type(conn).init(conn)
            conn.parser.unreader = PatientReader(conn.sock, self.give_up)

    def give_up(self) -> None:
        """Say that it took too long, and end: whatever would still be answered goes nowhere."""
        mesg = self.conn.parser.mesg
        try:
            self.conn.sock.settimeout(1.0)
            self.conn.sock.sendall(answer(408, getattr(mesg, "path", None) or ""))
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


def answer(status: int, path: str) -> bytes:
    """Return the bytes of an answer: a problem document for this number."""
    # The applications are there once somebody asks; when gunicorn reads its settings, not yet.
    from marketplace.web.problems import HTTP_PROBLEMS, MEDIA_TYPE, path_of  # noqa: PLC0415

    problem = HTTP_PROBLEMS.get(status, HTTP_PROBLEMS[500 if status >= 500 else 400])
    document = {
        "type": path_of(problem.code),
        "title": str(problem.title),
        "status": status,
        "detail": str(problem.advice),
        "instance": path[:2000],
    }
    body = json.dumps(document).encode()
    headers = {
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
