"""`marketplace story` as somebody types it: on its own servers, which it starts and stops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.data import CORPUS, EN16931, needs_data

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "fixtures/supplier_files/31-excel-workbook.xlsx"
PATIENCE_SECONDS = 240
# What the tests were told of servers; the command must find its own.
OURS = ("DATABASE_", "BROKER_URL", "STATE_DIR", "SECRET_KEY", "STATIC_STORAGE", "DEMO")


@pytest.fixture
def environment(tmp_path):
    """An environment in which nobody has named a server or a folder."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        "TMPDIR": str(tmp_path),
    }


def run(environment, *arguments) -> subprocess.CompletedProcess[str]:
    """Run the command as a program of its own."""
    return subprocess.run(
        [sys.executable, "-m", "marketplace", "story", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_walks_the_whole_line(environment, tmp_path):
    done = run(environment, "--out", tmp_path / "papers")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    steps = [
        "is read", "is raised, approved and ordered", "supplier answers", "come in two parts",
        "comes that agrees", "asks half as much again", "comes again", "credit note",
        "by two people", "finance ledger", "reckoned anew", "trial balance",
    ]  # fmt: skip
    places = [done.stdout.index(step) for step in steps]
    assert places == sorted(places)
    assert done.stdout.rstrip().endswith("Everything agrees.")
    assert len(list((tmp_path / "papers").iterdir())) == 11
    # Its servers have stopped, and what they kept went with them.
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("marketplace-")] == []


@needs_data
def test_takes_other_peoples_files(environment):
    strangers = [
        EN16931 / "ubl/examples/ubl-tc434-example1.xml",
        CORPUS / "UBL/EN16931_Einfach.ubl.xml",
        CORPUS / "CII/EN16931_Rabatte.cii.xml",
        CORPUS / "README.md",
    ]
    done = run(environment, "--json", "--catalogue", LIST, "--invoice", *strangers)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["agrees"] is True
    figures = next(s["figures"] for s in answer["steps"] if s["title"].startswith("Other people"))
    fates = [each["fate"] for each in figures["invoices"]]
    assert fates == ["HELD", "HELD", "HELD", "REFUSED"]
    for each in figures["invoices"][:3]:
        codes = {found["code"] for found in each["findings"]}
        assert "CURRENCY" in codes
        assert "UNKNOWN_SUPPLIER" not in codes
