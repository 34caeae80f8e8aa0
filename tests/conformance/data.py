"""Where other people's documents are, and what to say where they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("CONFORMANCE_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
EN16931 = DATA / "en16931"
CORPUS = DATA / "factur-x/corpus/XML-Rechnung"
needs_en16931 = pytest.mark.skipif(
    not EN16931.exists(), reason=f"CEN's documents are not in {DATA}: set CONFORMANCE_DATA"
)
needs_corpus = pytest.mark.skipif(
    not CORPUS.exists(), reason=f"the ZUGFeRD corpus is not in {DATA}: set CONFORMANCE_DATA"
)


def files(folder: Path, pattern: str = "*.[xX][mM][lL]") -> list[Path]:
    """The files of a folder by name; none where the folder is not."""
    return sorted(folder.glob(pattern))
