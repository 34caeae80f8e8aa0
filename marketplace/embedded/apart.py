"""A state folder that lasts for one command: for what founds an invented council.

    python -m marketplace.embedded.apart FOLDER SECONDS
                                    what waits beside such a command

However the command ends, its servers end with it: whoever waits beside it is told by a pipe that
the system closes when a process is gone, and then does what the command could not.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from marketplace.embedded import broker, postgres
from marketplace.embedded.environment import project_folder, state_folder
from marketplace.embedded.problems import ServerProblem

APART: Final = frozenset({("story",), ("bench", "life")})
# A server that was being started when the command died comes up without it, late where all is slow.
STARTING_SECONDS: Final = 30


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
    with (
        TemporaryDirectory(prefix="marketplace-", ignore_cleanup_errors=True) as folder,
        _outlived(Path(folder)),
    ):
        yield Path(folder)


@contextmanager
def _outlived(state: Path) -> Iterator[None]:
    """Have somebody wait beside this process who stops its servers if it is killed."""
    # In a session of its own, so that Ctrl-C does not reach it.
    beside = subprocess.Popen(
        [sys.executable, "-m", "marketplace.embedded.apart", str(state), str(STARTING_SECONDS)],
        cwd=project_folder(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        beside.kill()
        beside.communicate()


def clear(state: Path, seconds: float) -> None:
    """Stop the servers of a folder, whoever uses them, for so long, and remove it.

    Why again and again: nobody can tell a server that will never come from one that is slow.
    """
    until = time.monotonic() + seconds
    while state.exists() and time.monotonic() < until:
        with suppress(ServerProblem, OSError):
            postgres.stop(state / "postgres")
            broker.stop(state / "broker")
        time.sleep(1)
    shutil.rmtree(state, ignore_errors=True)


def main() -> int:
    """Wait until whoever started this is gone, and clear up after it."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(Path(sys.argv[1]), float(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
