"""The picture of the house is drawn from the house."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.architecture.source import ROOT


def _arrows(svg: str) -> set[str]:
    """What the picture says imports what; where it puts things may change freely."""
    return set(re.findall(r"<title>(\S+ imports \S+)</title>", svg))


def test_the_picture_shows_the_imports_that_there_are():
    drawn = subprocess.run(
        [sys.executable, "-c", "import structure; print(structure.draw())"],
        cwd=ROOT / "docs", check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    kept = (ROOT / "docs" / "structure.svg").read_text()
    assert _arrows(kept)
    assert _arrows(kept) == _arrows(drawn), "run .venv/bin/python docs/structure.py"


def test_every_arrow_points_down():
    assert "#d4351c" not in (ROOT / "docs" / "structure.svg").read_text()
