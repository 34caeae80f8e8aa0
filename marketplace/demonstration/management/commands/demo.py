"""Load the demo consortium."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from marketplace.demonstration.loading import SIZES, Loaded, NotEmpty, load


class Command(BaseCommand):
    """Makes three councils, thirteen suppliers, their goods and what they have been buying."""

    help = "Load the demo: three councils, thirteen suppliers, their goods and weeks of history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --size and --json."""
        parser.add_argument(
            "--size",
            choices=SIZES,
            default=SIZES[0],
            help="small: weeks of history (the default); council: most of a year of it, through"
            " the same services; large: 100,000 goods and 20,000 orders besides, in bulk",
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, showing how far it is; a second run changes nothing and says so."""
        began = time.monotonic()
        now = timezone.now()
        quiet = bool(options["json"]) or options["verbosity"] == 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn())  # fmt: skip
        console = Console(stderr=True, highlight=False)
        try:
            with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
                tasks: dict[str, Any] = {}

                def step(what: str, of: int) -> None:
                    if what not in tasks:
                        tasks[what] = progress.add_task(what, total=of)
                    progress.update(tasks[what], advance=1, total=of)

                loaded = load(options["size"], now, step)
        except NotEmpty as refused:
            raise CommandError(str(refused)) from refused
        self._tell(loaded, time.monotonic() - began, as_json=bool(options["json"]))

    def _tell(self, loaded: Loaded, seconds: float, *, as_json: bool) -> None:
        if as_json:
            answer = {
                "loaded": loaded.is_new,
                "size": loaded.size,
                "seconds": round(seconds, 1),
                **loaded.counts,
            }
            self.stdout.write(json.dumps(answer, indent=2))
        elif not loaded.is_new:
            self.stdout.write("The demo is there already; nothing was changed.")
        else:
            counts = ", ".join(
                f"{count:,} {name.replace('_', ' ')}" for name, count in loaded.counts.items()
            )
            self.stdout.write(f"Loaded the demo in {seconds:.1f} seconds: {counts}.")
