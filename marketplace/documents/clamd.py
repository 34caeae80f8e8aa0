"""Asking a ClamAV daemon about a file, over its own protocol; speaks to the network, knows no row.

Source: clamd(8), commands VERSION and INSTREAM: a null-terminated command that begins with z; then
each chunk behind its length in four bytes, the highest first; a length of nought ends the file.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from marketplace.core.errors import Conflict, Invalid

CHUNK_BYTES = 64 * 1024
PATIENCE_SECONDS = 120.0
LONGEST_ANSWER_BYTES = 4096


class ScannerAway(Conflict):
    """The scanner cannot be reached, or says nothing that makes sense; it may later."""

    code = "document.scanner-away"
    title = gettext_lazy("The virus scanner does not answer.")


class TooLargeToScan(Invalid):
    """The scanner takes no file as large as this one: its StreamMaxLength says so."""

    code = "document.too-large-to-scan"
    title = gettext_lazy("The file is larger than the virus scanner takes.")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scanner said of a file; `harm` is its name for it, empty when there is none."""

    engine: str
    harm: str


def look_at(content: bytes, address: str, *, patience: float = PATIENCE_SECONDS) -> Finding:
    """Have the scanner look at a file.

    Shapes: `address` is the path of a socket, or host:port.
    Raises: ScannerAway; TooLargeToScan.
    """
    until = time.monotonic() + patience
    try:
        with _line(address, until) as line:
            line.sendall(b"zVERSION\0")
            engine = _answer(line, until)
        with _line(address, until) as line:
            answer = _sent(line, content, until)
    except OSError as error:
        raise ScannerAway(reason=str(error)) from error
    if "size limit exceeded" in answer:
        raise TooLargeToScan
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Finding(engine[:100], "")
    if not said.endswith(" FOUND"):
        raise ScannerAway(reason=answer[:200])
    return Finding(engine[:100], said.removesuffix(" FOUND")[:200])


def _sent(line: socket.socket, content: bytes, until: float) -> str:
    try:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            line.settimeout(_left(until))
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it says why it hung up, if it does
    return _answer(line, until)


@contextmanager
def _line(address: str, until: float) -> Iterator[socket.socket]:
    is_path = address.startswith("/")
    with socket.socket(socket.AF_UNIX) if is_path else _called(address, until) as line:
        if is_path:
            line.settimeout(_left(until))
            line.connect(address)
        yield line


def _called(address: str, until: float) -> socket.socket:
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_left(until))


def _answer(line: socket.socket, until: float) -> str:
    """Return what it says, up to the null that ends it."""
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER_BYTES:
        line.settimeout(_left(until))
        more = line.recv(LONGEST_ANSWER_BYTES)
        if not more:
            break
        said += more
    if b"\0" not in said:
        raise ConnectionError("It hung up in the middle of its answer.")
    return said.split(b"\0", 1)[0].decode(errors="replace")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("It took too long.")
    return left
