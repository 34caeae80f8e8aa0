"""Writing a bundle: the same rows give the same bytes, apart from the instant of making.

Every file is named in the manifest with its size and hash, and the manifest is signed.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.audit.canonical import canonical
from marketplace.core.tables.written import csv_lines
from marketplace.desk.bundles.verify_bundle import FORMAT, MANIFEST, SIGNATURE, VERSION

Row = dict[str, Any]
VERIFIER: Final = "verify_bundle.py"
README: Final = "README.txt"
# The first day that a ZIP can tell; when a bundle was made stands in its manifest alone.
_MADE: Final = (1980, 1, 1, 0, 0, 0)
_LEVEL: Final = 6
_PIECE: Final = 1024 * 1024
_IN_MEMORY: Final = 4 * 1024 * 1024
_WORDS: Final = """\
This is everything that the marketplace holds of one council for some days.

To check that it is whole, and that the marketplace made it (Python 3.9 or later, nothing else):

    python3 verify_bundle.py BUNDLE.zip --key PUBLIC-KEY

Take both the program and the public key from the marketplace's own pages, not from this file.

manifest.json   every file with its size and SHA-256, counts and sums
signature       Ed25519 over manifest.json, in hexadecimal
jsonl/          one row a line; amounts are texts, instants are in UTC
csv/            the same rows for a spreadsheet; a cell that begins like a formula has a stroke
                before it
originals/      invoices and orders as they came and went, each called by its SHA-256; open what
                came from outside with care: documents.csv says which was scanned

An event of the audit trail is sealed by the SHA-256 of the seal before it and its own words
("body"). Of bank accounts only the last four digits are told.
"""


def verifier() -> bytes:
    """Return the program that checks a bundle, as it stands beside this."""
    return Path(__file__).with_name(VERIFIER).read_bytes()


class Writer:
    """A ZIP that is being written, and what its manifest will say."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], None]) -> None:
        """Begin; `tell` is told now and then how many rows are written."""
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._tell = tell
        self._rows = 0
        self.files: list[Row] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of the file, whatever came between."""
        self._archive.close()

    def add(self, path: str, pieces: Iterable[bytes], **facts: Any) -> None:  # noqa: ANN401  # as the manifest has them
        """Put a file in, and remember what it is."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(_entry(path), "w") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        self.files.append({"path": path, "size_bytes": size, "sha256": digest.hexdigest(), **facts})

    def add_rows(
        self, name: str, columns: Sequence[str], rows: Iterable[Row], sums: Sequence[str] = ()
    ) -> int:
        """Put rows in, for programs and for spreadsheets; return how many there were."""
        self._tell(self._rows)
        totals = dict.fromkeys(sums, Decimal("0.00"))
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as aside:
            table = csv_lines(columns, _cells(columns, self._summed(rows, totals, aside)))
            before = self._rows
            pieces = (line.encode() for line in table)
            # What programs read is written aside, since a ZIP takes one file at a time.
            facts: Row = {}
            self.add(f"csv/{name}.csv", pieces)
            facts["rows"] = self._rows - before
            self.files[-1] |= facts
            aside.seek(0)
            facts["sums"] = {column: f"{total:f}" for column, total in totals.items()}
            self.add(f"jsonl/{name}.jsonl", iter(lambda: aside.read(_PIECE), b""), **facts)
        return int(facts["rows"])

    def _summed(
        self, rows: Iterable[Row], totals: dict[str, Decimal], aside: IO[bytes]
    ) -> Iterator[Row]:
        for row in rows:
            for column in totals:
                totals[column] += row[column] or 0
            aside.write(canonical(row).encode() + b"\n")
            self._rows += 1
            if self._rows % 1000 == 1:
                self._tell(self._rows)
            yield row

    def finish(self, key: Ed25519PrivateKey, said: Row) -> None:
        """Put the program and the words for people in, and the manifest with its signature."""
        self.add(VERIFIER, [verifier()])
        self.add(README, [_WORDS.encode()])
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "public_key": key.public_key().public_bytes_raw().hex(),
            **said,
            "files": sorted(self.files, key=lambda each: str(each["path"])),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
        self._archive.writestr(_entry(MANIFEST), text, compresslevel=_LEVEL)
        self._archive.writestr(_entry(SIGNATURE), f"{key.sign(text).hex()}\n")


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _cells(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[list[object]]:
    for row in rows:
        yield [_cell(row[name]) for name in columns]


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
