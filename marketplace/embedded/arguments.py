"""What may stand behind each of the commands that are not Django's, and their help."""

from __future__ import annotations

import argparse
import os
from typing import Final

_RUN: Final = """\
Run everything on this machine, until Ctrl-C: database, broker, web server, worker and beat.

PORT=8001 marketplace run takes another port than 8000; STATE_DIR=… another folder than var.
DATABASE_URL and BROKER_URL name servers of your own in place of the embedded ones."""
_PART: Final = """\
Run {what}, on the servers that DATABASE_URL and BROKER_URL name.

What stands behind -- is handed on to {program}: marketplace {name} -- --help
docs/running.md lists what else is read from the environment."""
OWN: Final = {
    "run": _RUN,
    "prepare": (
        "Make the roles and the database on a server of the council’s own, as the administrator"
        " whom DATABASE_ADMIN_URL names."
    ),
    "ready": "Migrate the database and collect what is served, before a new version starts.",
    "web": _PART.format(what="the web server", program="gunicorn", name="web"),
    "worker": _PART.format(what="a worker", program="Celery", name="worker"),
    "beat": _PART.format(what="what wakes work at its time", program="Celery", name="beat"),
    "backup": "Write the whole database to one file.",
    "restore": "Read the whole database back from one file, into an empty database.",
}
PARTS: Final = ("web", "worker", "beat")
COPIES: Final = ("backup", "restore")
# Help needs no server, only settings that can be read.
ENOUGH_FOR_HELP: Final = {"SECRET_KEY": "none", "DATABASE_WORKER_URL": "postgresql:///none"}


def of(name: str, words: list[str]) -> argparse.Namespace:
    """Return what was asked of one of our own commands.

    Shapes: `file` for a copy, `options` for a part, nothing for the others.
    Raises: SystemExit, with 0 after the help and with 2 and the usage after what nobody knows.
    """
    parser = argparse.ArgumentParser(
        prog=f"marketplace {name}",
        description=OWN[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if name in COPIES:
        parser.add_argument("file", help="the file of the copy")
    if name in PARTS:
        parser.add_argument("options", nargs="*", help="what is handed on, behind --")
    return parser.parse_args(words)


def prepared_for_help(words: list[str]) -> bool:
    """Tell whether somebody asks what a command does, and name settings that can be read then."""
    own = words[: words.index("--")] if "--" in words else words
    asks = bool({"--help", "-h"} & set(own))
    if asks:
        os.environ.update({**ENOUGH_FOR_HELP, **os.environ})
    return asks
