"""What every process of the marketplace is told through its environment, and who tells it.

The settings read these variables and nothing else; docs/running.md lists them for people. Here
they are filled in: from servers of the council's own where it names them, from the embedded ones
where it does not.
"""

import os
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from marketplace.embedded import broker, postgres
from marketplace.embedded.sharing import Server

DATABASE: Final = "marketplace"
OWNER: Final = "marketplace_owner"
WEB: Final = "marketplace_web"
WORKER: Final = "marketplace_worker"


class Servers:
    """The embedded servers that this process uses; none where the council names its own."""

    def __init__(self, state: Path) -> None:
        """Remember the state folder; `begin` starts or joins what is needed."""
        self.state = state
        self.embedded: list[Server] = []
        # Only of the embedded server are we the administrator.
        self.admin_url: str | None = None
        # The login that sees every row, for backups.
        self.whole_url = _as_administrator(os.environ.get("DATABASE_URL", ""))
        self._leaving = ExitStack()

    def begin(self) -> dict[str, str]:
        """Start or join the servers that are needed and return the environment they give."""
        values = {"STATE_DIR": str(self.state), "SECRET_KEY": secret_key(self.state)}
        if os.environ.get("DATABASE_URL"):
            values |= _own_database(os.environ["DATABASE_URL"])
        else:
            server = self._use(postgres.start(self.state / "postgres"))
            values |= database_urls(server, DATABASE)
            self.admin_url = postgres.url(server)
            self.whole_url = postgres.url(server, database=DATABASE)
        if not os.environ.get("BROKER_URL"):
            values["BROKER_URL"] = broker.url(self._use(broker.start(self.state / "broker")))
        return values

    def leave(self) -> None:
        """Stop using the servers; those that nobody else uses stop."""
        self._leaving.close()

    def _use(self, server: Server) -> Server:
        self.embedded.append(server)
        self._leaving.callback(server.leave)
        return server


def state_folder() -> Path:
    """Return the folder for everything that is kept between runs: var, unless STATE_DIR says."""
    return Path(os.environ.get("STATE_DIR") or project_folder() / "var").absolute()


def project_folder() -> Path:
    """Return the folder that holds the packages of the project."""
    return Path(__file__).resolve().parent.parent.parent


def database_urls(server: Server, database: str) -> dict[str, str]:
    """Return one address for each role, all of the same database on the embedded server."""
    return {
        "DATABASE_OWNER_URL": postgres.url(server, user=OWNER, database=database),
        "DATABASE_WEB_URL": postgres.url(server, user=WEB, database=database),
        "DATABASE_WORKER_URL": postgres.url(server, user=WORKER, database=database),
    }


def in_role(url: str, role: str) -> str:
    """Return the address of the same database, acting as `role` from the first statement on."""
    parts = urlsplit(url)
    option = "options=" + quote(f"-c role={role}", safe="")
    return urlunsplit(parts._replace(query=f"{parts.query}&{option}" if parts.query else option))


def secret_key(state: Path) -> str:
    """Return the key that signs sessions: SECRET_KEY, or one made once and kept in the state."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = state / "secret-key"
    state.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # mkstemp makes it readable by us alone; a link fails when somebody else was first.
        held, making = tempfile.mkstemp(dir=state)
        with os.fdopen(held, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(making, path)
        except FileExistsError:
            pass
        finally:
            Path(making).unlink()
    return path.read_text()


def _own_database(owner_url: str) -> dict[str, str]:
    return {
        "DATABASE_OWNER_URL": owner_url,
        "DATABASE_WEB_URL": os.environ.get("DATABASE_WEB_URL") or in_role(owner_url, WEB),
        "DATABASE_WORKER_URL": os.environ.get("DATABASE_WORKER_URL") or in_role(owner_url, WORKER),
    }


def _as_administrator(owner_url: str) -> str:
    """Return the address of the owner's database for the administrator, where one is given."""
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if not admin_url:
        return owner_url
    return urlunsplit(urlsplit(admin_url)._replace(path=urlsplit(owner_url).path))
