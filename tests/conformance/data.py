"""Where other people's documents are, and what to say where they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NAMED = os.environ.get("CONFORMANCE_DATA")
DATA = Path(NAMED or Path(__file__).resolve().parents[3] / "shared" / "data")
EN16931 = DATA / "en16931"
CORPUS = DATA / "factur-x/corpus/XML-Rechnung"
# Where the folder is named, or lies where it is looked for unnamed, nothing is passed over.
needs_data = pytest.mark.skipif(
    not NAMED and not DATA.is_dir(), reason=f"conformance: there is no {DATA}; set CONFORMANCE_DATA"
)


def files(folder: Path, pattern: str = "*.[xX][mM][lL]") -> list[Path]:
    """The files of a folder by name; none where the folder is not."""
    return sorted(folder.glob(pattern))
