#!/usr/bin/env python3
"""Checks an auditor's bundle with nothing but Python 3.9 or later: no network, no other file.

    python3 verify_bundle.py BUNDLE.zip --key PUBLIC-KEY

The public key is the one that the marketplace shows. Write it down before you need it, and not from
the bundle itself: anybody can make a bundle and sign it with a key of their own.

Ends with 0 when everything holds, with 1 when something does not, with 2 when it was asked wrongly,
and with 3 when nothing is wrong in itself but no key was given, so that it may be anybody's.

What is checked: the signature of the manifest (Ed25519, RFC 8032); that the ZIP holds the files
that the manifest names and no other, each with its size and SHA-256; that there are as many rows as
were counted, and their sums; that the events of the audit trail stand on one another without a gap;
that each journal balances; that each payment is what it pays for.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

FORMAT = "council-marketplace-audit-bundle"
VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "signature"
LARGEST_MANIFEST = 32 * 1024 * 1024
LARGEST_BUNDLE = 16 * 1024 * 1024 * 1024
MOST_FILES = 1_000_000
MOST_FAULTS = 50
PIECE = 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


# What comes of reading a text of somebody else's making.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError)


class Fault(Exception):
    """Something after which nothing else can be checked."""


# Ed25519. Source: RFC 8032, section 6.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number > 0:
        if number & 1:
            found = _add(found, point)
        point = _add(point, point)
        number >>= 1
    return found


def _same(one: Point, two: Point) -> bool:
    return not any((one[axis] * two[2] - two[axis] * one[2]) % P for axis in (0, 1))


def _point(text: bytes) -> Point | None:
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if len(text) != 32 or y >= P or (x * x - square) % P or (sign and not x):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a message was signed by the holder of a key."""
    if len(signature) != 64:
        return False
    of_key, of_nonce = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if of_key is None or of_nonce is None or scalar >= Q:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % Q
    return _same(_times(scalar, BASE), _add(of_nonce, _times(challenge, of_key)))


class Bundle:
    """An open bundle, its manifest, and what was found wrong with it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.parts = archive, _checked_parts(archive)
        self.faults: list[str] = []
        self.manifest: dict[str, Any] = {}
        self.whole: dict[str, dict[str, Any]] = {}

    def fault(self, words: str) -> None:
        """Remember what is wrong, up to a number that somebody reads."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words)

    def small(self, name: str) -> bytes:
        """Return a file that is read before anything about it is known."""
        part = self.parts.get(name)
        if part is None:
            raise Fault(f"There is no file {name} in it, so this is no bundle of ours.")
        if part.file_size > LARGEST_MANIFEST:
            raise Fault(f"{name} says it is larger than any that we make. It was not opened.")
        return self.archive.read(part)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes, never more than its entry says."""
        with self.archive.open(self.parts[name]) as file:
            while piece := file.read(PIECE):
                yield piece

    def rows(self, subject: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a subject; none if its file is missing or was changed."""
        name = f"jsonl/{subject}.jsonl"
        if name not in self.whole:
            return
        with self.archive.open(self.parts[name]) as file:
            for line in io.TextIOWrapper(file, encoding="utf-8", newline="\n"):
                yield json.loads(line)


def _checked_parts(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files by name, once nothing about the names and sizes is dangerous."""
    parts: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise Fault("It names more files than any bundle of ours. Nothing in it was opened.")
    for info in infos:
        shown = ascii(info.orig_filename)
        if not NAME.fullmatch(info.orig_filename) or info.filename != info.orig_filename:
            raise Fault(f"{shown} is a name that leads elsewhere. Nothing in it was opened.")
        if info.filename in parts:
            raise Fault(f"{shown} stands in it twice. Nothing in it was opened.")
        if info.flag_bits & 1 or info.compress_type not in (0, 8):
            raise Fault(f"{shown} is packed as we never pack. Nothing in it was opened.")
        parts[info.filename] = info
    if sum(info.file_size for info in infos) > LARGEST_BUNDLE:
        raise Fault("It would unpack to more than any bundle of ours. Nothing in it was opened.")
    _check_tiled(archive, infos)
    return parts


def _check_tiled(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse bytes that belong to no file: before, between and behind them, and remarks."""
    source: Any = archive.fp
    end = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        source.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", source.read(4))
        if info.header_offset != end or info.comment or info.flag_bits & 8:
            raise Fault("Something stands in it beside its files. Nothing in it was opened.")
        end += 30 + name + extra + info.compress_size
    gap = archive.start_dir - end
    end += sum(46 + len(each.orig_filename) + len(each.extra) for each in infos)
    if gap or archive.comment or source.seek(0, 2) - end not in (22, 98):  # plain, and ZIP64
        raise Fault("Something stands in it beside its files. Nothing in it was opened.")


def check_signature(bundle: Bundle, key: bytes | None) -> str:
    """Read the manifest if it was signed; return by which key."""
    text, seal = bundle.small(MANIFEST), bundle.small(SIGNATURE)
    try:
        manifest = json.loads(text.decode("utf-8"))
        signed_by = bytes.fromhex(manifest["public_key"])
        signature = bytes.fromhex(seal.decode("ascii").strip())
        if manifest["format"] != FORMAT or manifest["version"] != VERSION:
            raise Fault("It is a bundle of another kind or version than this program knows.")
    except UNREADABLE as error:
        raise Fault("The manifest or its signature cannot be read.") from error
    if key is not None and key != signed_by:
        raise Fault(f"It is signed by another key than yours: {signed_by.hex()}.")
    if not is_signed(signed_by, text, signature):
        raise Fault("The signature does not hold: the manifest is not what was signed.")
    bundle.manifest = manifest
    return signed_by.hex()


def check_files(bundle: Bundle) -> None:
    """Hold what is in the ZIP against what the manifest names."""
    named = {each["path"]: each for each in bundle.manifest["files"]}
    for name in sorted(bundle.parts.keys() - named.keys() - {MANIFEST, SIGNATURE}):
        bundle.fault(f"{name} was added: the manifest does not name it.")
    for name, said in sorted(named.items()):
        part = bundle.parts.get(name)
        if part is None:
            bundle.fault(f"{name} is missing: the manifest names it.")
        elif part.file_size != said["size_bytes"]:
            bundle.fault(f"{name} was changed: it has not the size that was signed.")
        elif _hash(bundle, name) != said["sha256"]:
            bundle.fault(f"{name} was changed: its SHA-256 is not the one that was signed.")
        else:
            bundle.whole[name] = said


def _hash(bundle: Bundle, name: str) -> str:
    digest = hashlib.sha256()
    try:
        for piece in bundle.pieces(name):
            digest.update(piece)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error):
        return "unreadable"
    return digest.hexdigest()


def check_originals(bundle: Bundle) -> None:
    """Hold each original's name against its bytes, and the index against the originals."""
    kept = {name: said for name, said in bundle.whole.items() if name.startswith("originals/")}
    there = {re.split("[/.]", name)[1]: said["sha256"] for name, said in kept.items()}
    for name, digest in sorted(there.items()):
        if name != digest:
            bundle.fault(f"originals/{name} is not called by its own SHA-256.")
    for row in bundle.rows("documents"):
        if row["in_bundle"] and row["sha256"] not in there:
            bundle.fault(f"The original of {row['name']} ({row['sha256']}) is not there.")


def check_rows(bundle: Bundle) -> None:
    """Count the rows of each subject again, in both of its files, and sum them."""
    for name, said in sorted(bundle.whole.items()):
        if name.startswith("csv/"):
            file = bundle.archive.open(bundle.parts[name])
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            count = sum(1 for _row in csv.reader(text)) - 1
            if count != said["rows"]:
                bundle.fault(f"{name} has {count} rows; {said['rows']} were counted.")
        elif name.startswith("jsonl/"):
            _check_sums(bundle, name, said)


def _check_sums(bundle: Bundle, name: str, said: dict[str, Any]) -> None:
    sums = {column: Decimal(0) for column in said.get("sums", {})}
    count = 0
    for row in bundle.rows(name[len("jsonl/") : -len(".jsonl")]):
        count += 1
        for column in sums:
            sums[column] += Decimal(row[column] or 0)
    if count != said["rows"]:
        bundle.fault(f"{name} has {count} rows; {said['rows']} were counted.")
    for column, total in sums.items():
        if total != Decimal(said["sums"][column]):
            bundle.fault(f"{name}: {column} comes to {total}, not {said['sums'][column]}.")


def check_chain(bundle: Bundle) -> None:
    """Walk along the events, from the hash before the period to the one at its end."""
    said = bundle.manifest["chain"]
    previous, place = said["hash_before"], said["first_sequence"]
    count = 0
    for row in bundle.rows("events"):
        count += 1
        if row["sequence"] != place:
            bundle.fault(f"Event {place} of the audit trail is missing.")
            place, previous = row["sequence"], row["previous_hash"]
        if row["previous_hash"] != previous:
            bundle.fault(f"Event {place} does not stand on the one before it.")
        if _sealed(row) != row["hash"]:
            bundle.fault(f"Event {place}: its words were changed after it was recorded.")
        previous, place = row["hash"], place + 1
    if count != said["events"] or (count and previous != said["hash_at_end"]):
        bundle.fault("The audit trail does not end as the manifest says.")
    for row in bundle.rows("events_of_others"):
        if _sealed(row) != row["hash"]:
            bundle.fault(f"An event of another organisation was changed: {row['hash']}.")


def _sealed(row: dict[str, Any]) -> str:
    before = bytes.fromhex(row["previous_hash"])
    return hashlib.sha256(before + row["body"].encode("utf-8")).hexdigest()


def check_journals(bundle: Bundle) -> None:
    """Reckon each journal's lines again."""
    debit: dict[str, Decimal] = defaultdict(Decimal)
    credit: dict[str, Decimal] = defaultdict(Decimal)
    count: dict[str, int] = defaultdict(int)
    for row in bundle.rows("journal_lines"):
        debit[row["journal_id"]] += Decimal(row["debit_amount"])
        credit[row["journal_id"]] += Decimal(row["credit_amount"])
        count[row["journal_id"]] += 1
    known = set()
    for row in bundle.rows("journals"):
        key, total = row["id"], Decimal(row["total_amount"])
        known.add(key)
        if not debit[key] == credit[key] == total or count[key] != row["lines_count"]:
            bundle.fault(f"Journal {row['reference']} does not balance, or lacks a line.")
    for key in sorted(set(count) - known):
        bundle.fault(f"Lines of the journal {key} are there, and it is not.")


def check_payments(bundle: Bundle) -> None:
    """Hold each payment against what it pays for, and each run against its payments."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in bundle.rows("paid_invoices"):
        paid[row["payment_id"]] += Decimal(row["amount"])
    run: dict[str, Decimal] = defaultdict(Decimal)
    for row in bundle.rows("payments"):
        run[row["run_id"]] += Decimal(row["amount"])
        if paid[row["id"]] != Decimal(row["amount"]):
            bundle.fault(f"Payment {row['end_to_end_id']} is not what it pays for.")
    for row in bundle.rows("payment_runs"):
        if run[row["id"]] != Decimal(row["total_amount"]):
            bundle.fault(f"Payment run {row['number']} is not what its payments come to.")


CHECKS: list[tuple[str, Callable[[Bundle], None]]] = [
    ("rows and sums", check_rows),
    ("originals", check_originals),
    ("audit trail", check_chain),
    ("journals", check_journals),
    ("payments", check_payments),
]


def check(bundle: Bundle) -> None:
    """Check everything that the signed manifest speaks of."""
    try:
        check_files(bundle)
        for about, deed in CHECKS:
            try:
                deed(bundle)
            except (*UNREADABLE, InvalidOperation, csv.Error) as error:
                bundle.fault(f"The {about} cannot be read: {type(error).__name__}.")
    except UNREADABLE as error:
        raise Fault("The manifest does not say what a manifest must say.") from error


def say(words: str) -> None:
    """Print words, what would move the cursor or colour the screen escaped."""
    print("".join(each if each.isprintable() else ascii(each)[1:-1] for each in words))


def tell(bundle: Bundle, key: str, is_known: bool) -> int:
    """Say in plain words what was found; return how the program ends."""
    said = bundle.manifest
    period, chain = said["period"], said["chain"]
    say(f"Bundle of {said['council']['name']}, {period['since']} to {period['until']}.")
    say(f"Made {said['made_at']}, signed by the key {key}.")
    say(f"Files: {len(said['files'])}. Events: {chain['events']}.")
    if chain["events"]:
        say(f"Audit trail {chain['first_sequence']} to {chain['last_sequence']}.")
        say(f"Hash before: {chain['hash_before']}. Hash at its end: {chain['hash_at_end']}.")
    for words in bundle.faults:
        say(f"FAULT: {words}")
    if bundle.faults:
        say("This bundle does not hold.")
        return 1
    if not is_known:
        say("Nothing is wrong in itself, but you gave no key, so it may be anybody's.")
        return 3
    say("Everything holds.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle that is named."""
    parser = argparse.ArgumentParser(description="Check an auditor's bundle.")
    parser.add_argument("bundle", help="the ZIP file")
    parser.add_argument("--key", help="the marketplace's public key: 64 letters and digits")
    given = parser.parse_args(arguments)
    if given.key is not None and not re.fullmatch("[0-9A-Fa-f]{64}", given.key):
        parser.error("A public key has 64 of the signs 0 to 9 and a to f.")
    try:
        with zipfile.ZipFile(given.bundle) as archive:
            bundle = Bundle(archive)
            key = check_signature(bundle, bytes.fromhex(given.key) if given.key else None)
            check(bundle)
            try:
                return tell(bundle, key, given.key is not None)
            except UNREADABLE as error:
                raise Fault("The manifest does not say what a manifest must say.") from error
    except Fault as fault:
        words = str(fault)
    except (
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        struct.error,
        *UNREADABLE,
        NotImplementedError,
    ):
        words = "The file is not a whole ZIP: it was cut short or damaged."
    except OSError as error:
        words = f"The file cannot be read: {error.strerror or error}."
    say(f"FAULT: {words}")
    print("This bundle does not hold.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
