"""State machines as tables: which verb leads from which status to which.

The table is the only truth: a page asks it which buttons to show and a service asks it whether
the move is allowed, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.core.errors import Conflict, gettext_noop


class IllegalMove(Conflict):
    """The thing is in a status from which this verb leads nowhere."""

    code = "illegal-move"
    title = gettext_noop("This has already moved on.")


@dataclass(frozen=True, slots=True)
class Move:
    """One verb: the statuses that it leaves and the one that it reaches."""

    verb: str
    sources: frozenset[str]
    target: str


def move(verb: str, source: str | Iterable[str], target: str) -> Move:
    """Return one row of a machine's table.

    >>> move("submit", "DRAFT", "SUBMITTED").target
    'SUBMITTED'
    """
    sources = [source] if isinstance(source, str) else list(source)
    return Move(verb, frozenset(map(str, sources)), str(target))


class Machine:
    """The table of one aggregate.

    >>> door = Machine(move("open", "SHUT", "OPEN"), move("shut", "OPEN", "SHUT"))
    >>> door.verbs("SHUT")
    ['open']
    >>> door.target("shut", "OPEN")
    'SHUT'
    """

    def __init__(self, *moves: Move) -> None:
        self.moves = {each.verb: each for each in moves}
        if len(self.moves) != len(moves):
            raise TypeError("A verb stands twice in this machine.")

    def verbs(self, status: str) -> list[str]:
        """Return the verbs that are possible now, in the table's order."""
        return [verb for verb, each in self.moves.items() if str(status) in each.sources]

    def target(self, verb: str, status: str) -> str:
        """Return the status that `verb` leads to.

        Raises: IllegalMove when the verb does not leave `status`; KeyError for an unknown verb.
        """
        step = self.moves[verb]
        if str(status) not in step.sources:
            raise IllegalMove(
                f"It is {str(status).lower().replace('_', ' ')}, so it cannot be changed this way.",
                verb=verb,
                current_status=str(status),
            )
        return step.target
