"""A copy of the whole database in one file, and the way back.

Everything is in the database, documents and the audit trail too, so one file is the whole
backup. It is written and read by a login that sees every row: row-level security hides rows even
from the owner of the tables, and a copy with holes would be worse than none, so PostgreSQL
refuses to make one.
"""

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.pq import Conninfo

from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import client_programs


def back_up(url: str, file: Path) -> None:
    """Write the database to a file that only we may read.

    Raises: ServerProblem when it cannot be read whole.
    """
    making = file.with_name(file.name + ".part")
    try:
        _run("pg_dump", "--format=custom", f"--file={making}", url=url)
        making.rename(file)
    finally:
        making.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Read a backup into the database, which must be empty; all of it arrives or nothing.

    Raises: ServerProblem when there are tables already, or the file is not a backup.
    """
    if not file.exists():
        raise ServerProblem(f"There is no file {file}.")
    with psycopg.connect(url) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        row = connection.execute(tables).fetchone()
    if row is None or row[0]:
        raise ServerProblem(
            "The database is not empty, and restoring would mix two histories. Restore into a new "
            "one: docs/running.md says how."
        )
    options = ("--single-transaction", "--exit-on-error", "--no-comments")
    _run("pg_restore", *options, "--dbname=", str(file.absolute()), url=url)


def _run(program: str, *options: str, url: str) -> None:
    # Told through the environment, since anybody may read another process's command line.
    known = Conninfo.parse(url.encode())
    told = {
        option.envvar.decode(): option.val.decode()
        for option in known
        if option.envvar is not None and option.val is not None
    }
    done = subprocess.run(
        [client_programs(_major(url)) / program, *options],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | told,
        umask=0o077,
    )
    if done.returncode != 0:
        raise ServerProblem(f"{program} could not do it:\n{done.stderr.strip()}")


def _major(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            return connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise ServerProblem(f"The database cannot be reached: {error}") from error
