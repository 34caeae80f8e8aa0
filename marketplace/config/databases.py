"""What Django needs to know of a database, read from its address."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "30s"


def _tidy(connection: Any) -> None:  # noqa: ANN401  # psycopg's own connection type is generic
    """Make a connection nobody's before it goes back to the pool."""
    connection.execute("RESET ROLE")
    connection.execute(
        "SELECT set_config('marketplace.organisation', '', false),"
        " set_config('marketplace.person', '', false)"
    )
    connection.commit()


def database_from_url(url: str, *, pooled: bool) -> dict[str, Any]:
    """Return one entry of Django's DATABASES.

    Shapes: `url` is a libpq address (postgresql://user@host/name?host=/socket/folder).
    A pooled connection waits at most three seconds for a lock, since a person waits for it.
    """
    parts: dict[str, Any] = {
        key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None
    }
    options: dict[str, Any] = {}
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }
    options.update(parts)
    if pooled:
        limits = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"
        options["options"] = f"{options.get('options', '')} {limits}".strip()
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 5, "reset": _tidy}
    return entry
