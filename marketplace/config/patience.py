"""How long the web server waits for what somebody sends.

Each request is served by one of a few threads, and a thread that waits for bytes serves nobody.
So whoever sends has a start and then must keep to a speed, which any line of today does.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Any, Final

from gunicorn.http.unreader import SocketUnreader

START_SECONDS: Final = 10.0
# The slowest line that we wait for: 64 kbit/s, on which 25 MB take 52 minutes.
SLOWEST_BYTES_A_SECOND: Final = 8_000


class TooSlow(ConnectionResetError):
    """Somebody sends more slowly than we wait for.

    Why this kind: gunicorn takes it for a connection that has ended, and so it has.
    """

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The request came too slowly.")


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

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what came next.

        Raises: TooSlow.
        """
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
