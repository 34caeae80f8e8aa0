"""Who answers for which cost centre, asked of whoever keeps them.

Cost centres are kept beside this package, not below it, so a package above both says here how to
find them. Without one there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.approvals.rules import Holder


@dataclass(frozen=True, slots=True)
class CostCentreHeld:
    """A cost centre in use, by its key, and who answers for it."""

    id: UUID
    holder: Holder


Source = Callable[[UUID], Sequence[CostCentreHeld]]

_sources: list[Source] = []


def register(source: Source) -> None:
    """Ask `source` from now on for the cost centres in use of a council, by code."""
    _sources[:] = [source]


def cost_centres_held(council_id: UUID) -> list[CostCentreHeld]:
    """Return the cost centres in use of a council and who answers for each, by code."""
    return [each for source in _sources for each in source(council_id)]
