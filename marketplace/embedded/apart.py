"""A state folder that lasts for one command: for what founds an invented council."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from marketplace.embedded.environment import state_folder

APART: Final = frozenset({("story",), ("bench", "life")})


@contextmanager
def state_for(arguments: Sequence[str]) -> Iterator[Path]:
    """Lend the folder of a command: one that is thrown away for APART, unless somebody names one.

    Why: in the database of whoever tries the marketplace an invented council would stand beside
    the demonstration, which wants to be alone.
    """
    apart = tuple(arguments[:1]) in APART or tuple(arguments[:2]) in APART
    named = any(os.environ.get(each) for each in ("STATE_DIR", "DATABASE_URL"))
    if not apart or named:
        yield state_folder()
        return
    with TemporaryDirectory(prefix="marketplace-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
