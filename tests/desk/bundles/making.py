"""Bundles for tests of the program that checks them: whole, and changed in every way."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.desk.bundles import verify_bundle
from marketplace.desk.bundles.writing import Writer

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
PROGRAM = Path(verify_bundle.__file__)
BEFORE = hashlib.sha256(b"before").digest()


def events(count=4, first=7):
    """A stretch of a chain that begins in its middle."""
    previous, made = BEFORE, []
    for place in range(first, first + count):
        body = json.dumps({"sequence": place, "note": "ä"}, ensure_ascii=False)
        this = hashlib.sha256(previous + body.encode()).digest()
        made.append(
            {"sequence": place, "body": body, "previous_hash": previous.hex(), "hash": this.hex()}
        )
        previous = this
    return made


def journals():
    """Two journals that balance, with their lines."""
    heads, lines = [], []
    for number in (1, 2):
        total = Decimal(100 * number)
        heads.append(
            {"id": f"j{number}", "reference": f"J26-{number:06d}", "lines_count": 2,
             "total_amount": total}
        )  # fmt: skip
        for debit, credit in ((total, Decimal(0)), (Decimal(0), total)):
            lines.append({"journal_id": f"j{number}", "debit_amount": debit,
                          "credit_amount": credit})  # fmt: skip
    return heads, lines


def whole(**changed):
    """The bytes of a bundle in which everything holds, apart from what a test says.

    Shapes: rows by the name of their subject; `chain` facts of the manifest; `key` that signs it.
    """
    said, file = changed.get("events", events()), io.BytesIO()
    heads, lines = journals()
    original = b"<Invoice/>"
    digest = hashlib.sha256(original).hexdigest()
    subjects = {
        "events": (said, ()),
        "events_of_others": (events(1, 3), ()),
        "journals": (heads, ("total_amount",)),
        "journal_lines": (lines, ("debit_amount", "credit_amount")),
        "payment_runs": ([{"id": "r1", "number": "PR-1", "total_amount": Decimal(70)}], ()),
        "payments": (
            [{"id": "p1", "run_id": "r1", "end_to_end_id": "E1", "amount": Decimal(70)}],
            ("amount",),
        ),
        "paid_invoices": (
            [{"payment_id": "p1", "amount": Decimal(90)},
             {"payment_id": "p1", "amount": Decimal(-20)}], ("amount",),
        ),
        "documents": ([{"name": "invoice.xml", "sha256": digest, "in_bundle": True}], ()),
    }  # fmt: skip
    chain = {
        "events": len(said), "first_sequence": 7, "last_sequence": 6 + len(said),
        "hash_before": BEFORE.hex(), "hash_at_end": said[-1]["hash"] if said else "",
        **changed.get("chain", {}),
    }  # fmt: skip
    facts = {
        "council": changed.get("council", {"name": "Northborough Council"}),
        "made_at": "2026-11-23T12:00:00+00:00",
        "period": {"since": "2026-04-01", "until": "2026-10-31"}, "chain": chain,
    }  # fmt: skip
    with Writer(file, lambda _rows: None) as writer:
        for name, (usual, sums) in subjects.items():
            rows = changed.get(name, usual)
            writer.add_rows(name, list(rows[0]) if rows else ["id"], rows, sums)
        if changed.get("original", True):
            writer.add(f"originals/{digest}.xml", [original])
        writer.finish(changed.get("key", KEY), facts)
    return file.getvalue()


def rewritten(bundle, *, drop=(), change=None, add=None, key=None):
    """A bundle with files dropped, changed and added; signed anew, hashes and all, with a key."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name not in drop}
    for name, deed in (change or {}).items():
        files[name] = deed(files[name])
    files |= add or {}
    if key:
        files = signed_anew(files, key)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def signed_anew(files, key):
    """The files with a manifest that names them as they are now: what a forger would do."""
    manifest = json.loads(files["manifest.json"])
    said = {each["path"]: each for each in manifest["files"]}
    manifest["files"] = [
        {**said.get(name, {}), "path": name, "size_bytes": len(content),
         "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items() if name not in {"manifest.json", "signature"}
    ]  # fmt: skip
    manifest["public_key"] = key.public_key().public_bytes_raw().hex()
    text = json.dumps(manifest).encode()
    return {**files, "manifest.json": text, "signature": key.sign(text).hex().encode()}


def checked(folder, bundle, *arguments, program=PROGRAM):
    """How the program ends and what it says, run as a stranger would, on nothing but itself."""
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *(arguments or ("--key", PUBLIC))],
        capture_output=True, text=True, timeout=120, check=False, cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr
