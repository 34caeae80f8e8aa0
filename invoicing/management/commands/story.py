"""Walk the whole line, from a supplier's file to the trial balance."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from catalogue.imports.columns import FOR_ALL
from fixtures.catalogues import write_csv
from invoicing.rehearsal.story import Given, begin, look, tell
from invoicing.rehearsal.telling import StoryEnds, Teller
from marketplace.core.errors import Refusal
from marketplace.core.tables.separated import ENCODINGS

DISAGREES = 1
OWN_SELLER = "quillmoor"


class Command(BaseCommand):
    """Exits with 0 when everything agrees, with 1 when something does not or it cannot go on."""

    help = (
        "Walk the whole line with an invented council: a supplier's file, a requisition, an order,"
        " goods, e-invoices right and wrong, a payment run, the finance ledger, the trial balance."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what it can be told with."""
        parser.add_argument(
            "--catalogue", type=Path, help="a supplier's price list, CSV or Excel; else the demo's"
        )
        parser.add_argument(
            "--invoice", type=Path, action="append", default=[], nargs="+", metavar="FILE",
            help="an e-invoice of somebody's, judged as it is; may be given many times",
        )  # fmt: skip
        parser.add_argument("--lines", type=int, default=10, help="how many lines to buy, up to")
        parser.add_argument(
            "--out", type=Path, help="a folder in which to leave every document; else none is kept"
        )
        parser.add_argument(
            "--encoding", choices=sorted(ENCODINGS), help="how the price list is written"
        )
        for column in FOR_ALL:
            parser.add_argument(
                f"--{column}", help=f"the {column} of every row, for a price list without one"
            )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell it, and fail when something does not agree."""
        if options["lines"] < 1:
            raise CommandError("--lines must be 1 or more.", returncode=2)
        console = Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type]  # it writes
        teller = Teller(None if options["json"] else console)
        failure = ""
        with TemporaryDirectory() as folder:
            try:
                given = _given(options, Path(folder))
                look(given)
                tell(given, begin(teller, timezone.now), teller)
            except StoryEnds as end:
                failure = str(end)
            except Refusal as refusal:
                failure = f"{refusal.title} {refusal.detail}".strip()
        if options["json"]:
            answer = teller.document()
            answer |= {"agrees": answer["agrees"] and not failure, "failure": failure}
            self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))
        if failure:
            raise CommandError(failure, returncode=DISAGREES)
        out = teller.disagreeing
        if out:
            raise CommandError(
                "\n".join(["This does not agree:", *(each.words for each in out)]),
                returncode=DISAGREES,
            )
        if not options["json"]:
            console.print("\nEverything agrees.")


def _given(options: dict[str, Any], folder: Path) -> Given:
    """Return what was asked for, with the demo's own price list where none was named."""
    catalogue = options["catalogue"]
    if catalogue is None:
        catalogue = folder / f"{OWN_SELLER}-price-list.csv"
        write_csv(OWN_SELLER, catalogue)
    return Given(
        catalogue=catalogue,
        lines=options["lines"],
        for_all={column: options[column] or "" for column in FOR_ALL},
        encoding=options["encoding"],
        invoices=[path for group in options["invoice"] for path in group],
        out=options["out"],
    )
