"""Running deeds at once, each on a connection of its own, for tests of races."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from django.db import connections

from marketplace.core.errors import Refusal
from marketplace.core.models import TenantQuerySet
from marketplace.core.tenancy import act_for

Deed = tuple[UUID, Callable[[], object]]


def at_once(deeds: Sequence[Deed], *, clients: int | None = None) -> list[str]:
    """Do every deed for its organisation, begun together; return how each ended.

    Shapes: "won", or the name of the class of what was raised, in the order of the deeds.
    """
    clients = clients or len(deeds)
    start = Barrier(min(clients, len(deeds)))

    def work(mine: Sequence[tuple[int, Deed]]) -> list[tuple[int, str]]:
        ends = []
        try:
            connections["default"].ensure_connection()
            start.wait(timeout=30)
            for place, (organisation_id, deed) in mine:
                act_for(organisation_id)
                ends.append((place, _end(deed)))
        finally:
            connections["default"].close()
        return ends

    shares = [list(enumerate(deeds))[each::clients] for each in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        found = [end for part in pool.map(work, [s for s in shares if s]) for end in part]
    return [end for _place, end in sorted(found)]


def _end(deed: Callable[[], object]) -> str:
    try:
        deed()
    except Refusal as refusal:
        return type(refusal).__name__
    except Exception as error:  # noqa: BLE001  # how it ended is the result
        return f"crash: {type(error).__name__}"
    return "won"


def without_locks(monkeypatch, *, meet: type, parties: int = 2) -> None:
    """Take the row locks away, and let two meet after each read a row of `meet`.

    The control of a race: what the test beside it forbids must happen here.
    """
    barrier = Barrier(parties)

    def met(rows, model):
        read = list(rows)
        if model is meet:
            barrier.wait(timeout=30)
        return read

    ways = {
        "lock_all": lambda self, pks: met(self.filter(pk__in=pks).order_by("pk"), self.model),
        "hold": lambda self: met(self.order_by("pk"), self.model),
        "hold_by": lambda self, sql, facts: met(self.model.objects.raw(sql, facts), self.model),
    }
    for name, way in ways.items():
        monkeypatch.setattr(TenantQuerySet, name, way)
