"""Measure this machine: only ratios travel to another."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from catalogue.search.benchmark import bench_search
from invoicing.rehearsal.life import MOST_LINES, bench_life


class Command(BaseCommand):
    """`marketplace bench search --rows 100000`, `marketplace bench life --documents 100`."""

    help = "Measure how fast the marketplace is here, beside what the machine could do at best."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be measured."""
        parts = parser.add_subparsers(dest="part", required=True)
        search = parts.add_parser("search", help="imports and searches a made-up catalogue")
        search.add_argument("--rows", type=int, default=10_000, help="how many listings")
        search.add_argument("--json", action="store_true", help="answer with one JSON document")
        life = parts.add_parser("life", help="brings orders from requisition to payment")
        life.add_argument("--documents", type=int, default=100, help="how many, one after another")
        life.add_argument("--lines", type=int, default=10, help="how many lines each has")
        life.add_argument("--json", action="store_true", help="print nothing but the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and tell."""
        if options["part"] == "search" and options["rows"] < 1:
            raise CommandError("--rows must be 1 or more.", returncode=2)
        if options["part"] == "life":
            self._life(options)
        elif options["json"]:
            found = bench_search(options["rows"], lambda _line: None)
            self.stdout.write(
                json.dumps([{"kind": e.kind, "ours": e.ours, "whole": e.whole, "bare": e.bare}
                            for e in found], indent=2)
            )  # fmt: skip
        else:
            bench_search(options["rows"], self.stdout.write)

    def _life(self, options: dict[str, Any]) -> None:
        """Show how far it is, then what a life takes; the last line is one JSON object."""
        documents, lines = options["documents"], options["lines"]
        if documents < 1:
            raise CommandError("--documents must be 1 or more.", returncode=2)
        if not 1 <= lines <= MOST_LINES:
            raise CommandError(f"--lines must be from 1 to {MOST_LINES}.", returncode=2)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
        console = Console(stderr=True, highlight=False)
        with Progress(*columns, console=console, disable=options["json"], transient=True) as bar:
            task = bar.add_task("Lives", total=documents)
            lives = bench_life(documents, lines, timezone.now, lambda: bar.advance(task))
        found = lives.document()
        if not options["json"]:
            self.stdout.write(
                f"{documents:,} orders of {lines} lines, each from requisition to payment:"
                f" {found['documents_per_second']} a second,"
                f" {found['cpu_ms_per_document']} ms of processor and"
                f" {found['statements_per_document']} statements each.\n"
                f"The first tenth took {found['first_tenth']['cpu_ms_per_document']} ms each,"
                f" the last {found['last_tenth']['cpu_ms_per_document']} ms."
            )
        self.stdout.write(json.dumps(found))
