"""A stand-in for clamd: its protocol as the daemon speaks it, knowing one virus, the EICAR test."""

from __future__ import annotations

import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# In two parts, so that no scanner of a developer's machine takes this file away.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()
VERSION = b"ClamAV 1.4.3/27800/Mon Nov 23 10:00:00 2026"


class _Talk(socketserver.StreamRequestHandler):
    """One connection, which serves one command."""

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        server = self.server
        time.sleep(server.delay)
        if server.answer is not None:
            self.wfile.write(server.answer)
        elif command == b"zVERSION\0":
            self.wfile.write(VERSION + b"\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self._looked_at() + b"\0")
        else:
            self.wfile.write(b"UNKNOWN COMMAND\0")

    def _looked_at(self) -> bytes:
        content = b""
        while True:
            (size,) = struct.unpack("!L", self.rfile.read(4))
            if not size:
                break
            if len(content) + size > self.server.longest:
                return b"INSTREAM size limit exceeded. ERROR"
            content += self.rfile.read(size)
        self.server.seen.append(content)
        return b"stream: Eicar-Signature FOUND" if EICAR in content else b"stream: OK"


class Scanner(socketserver.ThreadingUnixStreamServer):
    """The daemon; `answer` has it say something else, `delay` makes it slow."""

    daemon_threads = True
    block_on_close = False
    answer: bytes | None = None
    delay = 0.0
    longest = 25_000_000

    def __init__(self, path: str) -> None:
        self.seen: list[bytes] = []
        super().__init__(path, _Talk)

    def handle_error(self, request, client_address) -> None:
        """Say nothing of one that hung up."""


@contextmanager
def running(path: str) -> Iterator[Scanner]:
    """Run a scanner on a socket."""
    with Scanner(path) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
