"""Telling a story step by step: to people as it goes on, to programs when it has ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

MOST_LISTED: Final = 10


class StoryEnds(RuntimeError):
    """It cannot go on: what was given cannot be used, or a deed was refused that had to be done."""


@dataclass(slots=True)
class Claim:
    """Something that must agree, and whether it does."""

    words: str
    holds: bool
    found: str = ""


@dataclass(slots=True)
class Step:
    """What happened, with its figures and what must agree in it."""

    title: str
    said: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)


class Teller:
    """Prints each step as it happens, unless there is no console, and remembers them all."""

    def __init__(self, console: Console | None) -> None:
        """Remember where to print."""
        self.console = console
        self.steps: list[Step] = []

    def step(self, title: str) -> None:
        """Begin a step."""
        self.steps.append(Step(title))
        self._print(Text(f"\n{len(self.steps)}. {title}", style="bold"))

    def say(self, words: str, **figures: object) -> None:
        """Tell what happened; `figures` are for programs."""
        self.steps[-1].said.append(words)
        self.note(**figures)
        self._print(Text(f"   {words}"))

    def listed(
        self, lines: Sequence[str], *, most: int = MOST_LISTED, count: int | None = None
    ) -> None:
        """Tell the first of many things, and how many more there are of `count`, or of these."""
        for line in lines[:most]:
            self.say(f"  {line}")
        more = (len(lines) if count is None else count) - min(len(lines), most)
        if more > 0:
            self.say(f"  And {more:,} more.")

    def note(self, **figures: object) -> None:
        """Keep figures for programs."""
        self.steps[-1].figures |= {name: _plain(figure) for name, figure in figures.items()}

    def claim(self, words: str, holds: bool, found: str = "") -> None:
        """Tell what must agree, and whether it does; what was `found` is told where it does not."""
        self.steps[-1].claims.append(Claim(words, holds, found))
        line = Text("   ✓ ", style="green") if holds else Text("   ✗ ", style="bold red")
        line.append(words if holds or not found else f"{words} It does not: {found}")
        self._print(line)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show rows to people; figures stand at the right."""
        if self.console is None:
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        listed = [list(row) for row in rows]
        for place, heading in enumerate(headings):
            figures = bool(listed) and all(_is_figure(row[place]) for row in listed)
            table.add_column(heading, justify="right" if figures else "left")
        for row in listed:
            table.add_row(*map(Text, row))
        self.console.print(table)

    @property
    def disagreeing(self) -> list[Claim]:
        """Return what does not agree."""
        return [claim for step in self.steps for claim in step.claims if not claim.holds]

    def document(self) -> dict[str, Any]:
        """Return the whole story for programs."""
        return {
            "agrees": not self.disagreeing,
            "steps": [
                {
                    "title": step.title,
                    "said": step.said,
                    "figures": step.figures,
                    "checks": [
                        {"claim": each.words, "holds": each.holds, "found": each.found}
                        for each in step.claims
                    ],
                }
                for step in self.steps
            ],
        }

    def _print(self, line: Text) -> None:
        if self.console is not None:
            self.console.print(line)


def pounds(amount: Decimal) -> str:
    """Return an amount as people write it."""
    return f"-£{-amount:,.2f}" if amount < 0 else f"£{amount:,.2f}"


def _is_figure(text: str) -> bool:
    return not text or text.lstrip("-£")[:1].isdigit()


def _plain(figure: object) -> object:
    if isinstance(figure, Decimal):
        return str(figure)
    if isinstance(figure, (list, tuple)):
        return [_plain(each) for each in figure]
    if isinstance(figure, dict):
        return {str(name): _plain(each) for name, each in figure.items()}
    return figure if isinstance(figure, bool | int | float | None) else str(figure)
