"""Which function does which job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Handler = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    `external` work talks to the outside and so runs outside a transaction: it claims, calls and
    records by itself. All other work runs in one transaction with the mark that it is done.
    `most_deaths` is how many workers in a row may die of one job before it is parked, None for as
    many as it has attempts. `given_up` is called, with the payload and `at`, when one is parked.
    """

    name: str
    handler: Handler
    external: bool
    most_deaths: int | None = None
    given_up: Handler | None = None


_kinds: dict[str, Kind] = {}


def job(
    name: str,
    *,
    external: bool = False,
    most_deaths: int | None = None,
    given_up: Handler | None = None,
) -> Callable[[Handler], Handler]:
    """Register a function as the one that does `name`; it is called with the payload and `at`."""

    def register(handler: Handler) -> Handler:
        if name in _kinds:
            raise TypeError(f"Two functions want to do {name}.")
        _kinds[name] = Kind(name, handler, external, most_deaths, given_up)
        return handler

    return register


def kind(name: str) -> Kind:
    """Return the kind of job called `name`.

    Raises: LookupError for a name that nothing does, so that a misspelling fails at once.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"Nothing does the job {name!r}.") from None


def kinds() -> list[Kind]:
    """Return every kind of job, by name."""
    return sorted(_kinds.values(), key=lambda each: each.name)
