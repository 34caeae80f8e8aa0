"""How long the web server waits for what somebody sends, and until they take in the answer.

Each request is served by one of a few threads, and a thread that waits for bytes serves nobody.
So whoever sends or takes in has a start and then must keep to a speed, as any line of today does.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from gunicorn.http.unreader import SocketUnreader

START_SECONDS: Final = 10.0
# The slowest line that we wait for: 64 kbit/s, on which 25 MB take 52 minutes.
SLOWEST_BYTES_A_SECOND: Final = 8_000
# Of a request that we cannot read we hear out this much, so as to know who asks.
HEARD_BYTES: Final = 65_536
HEARD_SECONDS: Final = 1.0
END_OF_HEAD: Final = b"\r\n\r\n"


class TooSlow(ConnectionResetError):
    """Somebody sends, or takes in, more slowly than we wait for.

    Why this kind: gunicorn takes it for a connection that has ended, and so it has.
    """

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The other side was too slow.")


class PatientSocket(socket.socket):
    """A connection that stands where another stood, and waits only so long to be read from."""

    def __init__(self, replaced: socket.socket) -> None:
        before = replaced.gettimeout()
        kind = (replaced.family, replaced.type, replaced.proto)
        super().__init__(*kind, fileno=replaced.detach())
        self.settimeout(before)
        self.reader: PatientReader | None = None
        self.begin()

    def begin(self) -> None:
        """Begin to count anew, for the next answer."""
        self.waited_seconds = 0.0
        self.sent_bytes = 0

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ANN401  # anything with bytes
        """Send everything.

        Raises: TooSlow.
        """
        left, before = memoryview(data).cast("B"), self.gettimeout()
        while left:
            earned = START_SECONDS + self.sent_bytes / SLOWEST_BYTES_A_SECOND
            remaining = earned - self.waited_seconds
            if remaining <= 0:
                raise TooSlow
            began = time.monotonic()
            try:
                self.settimeout(remaining if before is None else min(before, remaining))
                taken = self.send(left, flags)
            except TimeoutError as error:
                raise TooSlow from error
            finally:
                self.settimeout(before)
                self.waited_seconds += time.monotonic() - began
            self.sent_bytes += taken
            left = left[taken:]


class PatientReader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Reads what a connection sends, head and body, until it has waited too long for it."""

    def __init__(self, sock: Any, give_up: Callable[[], None]) -> None:  # noqa: ANN401  # a socket
        super().__init__(sock)
        self.give_up = give_up
        self.begin()

    def begin(self) -> None:
        """Begin to count anew, for the next request."""
        self.waited_seconds = 0.0
        self.received_bytes = 0
        self.heard = bytes(self.buf.getvalue()[:HEARD_BYTES])

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what came next.

        Raises: TooSlow.
        """
        found = self._next(size_hint)
        if len(self.heard) < HEARD_BYTES:
            self.heard += found[: HEARD_BYTES - len(self.heard)]
        return found

    def hear_out(self) -> bytes:
        """Return the head of the request, and of a long one its beginning.

        Why: whoever hangs up on somebody who still speaks is not heard either, and who asks is
        said after what they ask for.
        """
        before, until = self.sock.gettimeout(), time.monotonic() + HEARD_SECONDS
        try:
            while END_OF_HEAD not in self.heard and len(self.heard) < HEARD_BYTES:
                self.sock.settimeout(max(until - time.monotonic(), 0.001))
                found = bytes(super().chunk())
                if not found:
                    break
                self.heard += found
            self.sock.settimeout(before)
        except OSError:
            pass
        return self.heard.partition(END_OF_HEAD)[0]

    def _next(self, size_hint: int | None) -> bytes:
        earned = START_SECONDS + self.received_bytes / SLOWEST_BYTES_A_SECOND
        remaining = earned - self.waited_seconds
        before = self.sock.gettimeout()
        if before is not None and before <= remaining:  # gunicorn itself waits for less
            return bytes(super().chunk(size_hint))
        began = time.monotonic()
        try:
            if remaining <= 0:
                raise TimeoutError
            self.sock.settimeout(remaining)
            found = bytes(super().chunk(size_hint))
        except TimeoutError as error:
            self.give_up()
            raise TooSlow from error
        self.sock.settimeout(before)
        self.waited_seconds += time.monotonic() - began
        self.received_bytes += len(found)
        return found
