"""Check that nobody has changed the audit trail."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from marketplace.audit.selectors import (
    ChainVerdict,
    chain_verdict,
    chains,
    expected_chains,
)
from marketplace.core.tenancy import stewardship


class Command(BaseCommand):
    """Walks every chain and holds each event against the hash before it; exits 1 on a break.

    Every organisation that people have joined must have a chain, and so must every one that an
    earlier answer names.
    """

    help = "Check that nobody has changed the audit trail. Exits with 1 if somebody has."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --chain and --json."""
        parser.add_argument(
            "--chain", help="one organisation, by its name, its short name or its key; else all"
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")
        parser.add_argument(
            "--published",
            type=Path,
            help="an earlier answer to --json that was kept elsewhere; shows chains written anew",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, tell, and fail when there is a break."""
        quiet = bool(options["json"])
        with stewardship():
            published = _published(options["published"])
            chain = _chain_of(options["chain"]) if options["chain"] else None
            expected = {chain} if chain else expected_chains()
            others = () if chain else (*chains(), *published)
            wanted = sorted({*expected, *others})
            names = _names(wanted)
            verdicts = self._walk(wanted, published, expected, quiet)
        broken = sum(len(verdict.breaks) for verdict in verdicts)
        if quiet:
            self.stdout.write(json.dumps(_document(verdicts), indent=2))
        else:
            self._tell(verdicts, names)
        if broken:
            raise CommandError(f"{broken} breaks: the audit trail was changed.", returncode=1)

    def _walk(
        self,
        wanted: list[UUID],
        published: dict[UUID, dict[int, str]],
        expected: set[UUID],
        quiet: bool,
    ) -> list[ChainVerdict]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn())  # fmt: skip
        console = Console(stderr=True, highlight=False)
        with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
            task = progress.add_task("Checking the audit trail", total=len(wanted))
            verdicts = []
            for chain in wanted:
                ends = published.get(chain)
                verdicts.append(chain_verdict(chain, published=ends, expected=chain in expected))
                progress.advance(task)
        return verdicts

    def _tell(self, verdicts: list[ChainVerdict], names: dict[UUID, str]) -> None:
        for verdict in verdicts:
            state = "broken" if verdict.breaks else "whole"
            name = names.get(verdict.chain, "of the marketplace itself, or an unknown organisation")
            self.stdout.write(f"{verdict.chain}  {verdict.events:>9,} events  {state}  {name}")
            for each in verdict.breaks:
                self.stdout.write(f"    event {each.sequence}: {each.reason}")
        events = sum(verdict.events for verdict in verdicts)
        self.stdout.write(f"{len(verdicts)} chains, {events:,} events.")


def _chain_of(typed: str) -> UUID:
    """Return the key of the organisation that is meant.

    Raises: CommandError, naming those that there are.
    """
    try:
        return UUID(typed)
    except ValueError:
        known = apps.get_model("organisations", "Organisation")._default_manager.order_by("name")
    rows = list(known.filter(pk__in=chains()).values_list("pk", "slug", "name"))
    meant = typed.strip().casefold()
    found = [key for key, *names in rows if meant in {each.casefold() for each in names}]
    if len(found) == 1:
        return UUID(str(found[0]))
    said = "is the name of several organisations" if found else "is no organisation with a trail"
    listed = "\n".join(f"  {slug}  ({name})" for _key, slug, name in rows)
    raise CommandError(f"“{typed}” {said}. Give one of these short names:\n{listed}")


def _names(wanted: list[UUID]) -> dict[UUID, str]:
    """Return the names of the organisations whose chains these are.

    Why: by their label and not by import, since the trail stands below whom it is about.
    """
    organisations = apps.get_model("organisations", "Organisation")._default_manager
    return dict(organisations.filter(pk__in=wanted).values_list("pk", "name"))


def _published(path: Path | None) -> dict[UUID, dict[int, str]]:
    """Return the ends that were written down, by chain and place."""
    if path is None:
        return {}
    try:
        kept = json.loads(path.read_text())["chains"]
        return {UUID(each["chain"]): {each["events"]: each["head"]} for each in kept}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is not an earlier answer of this command.") from error


def _document(verdicts: list[ChainVerdict]) -> dict[str, Any]:
    return {
        "whole": not any(verdict.breaks for verdict in verdicts),
        "chains": [
            {
                "chain": str(verdict.chain),
                "events": verdict.events,
                "head": verdict.head,
                "breaks": [
                    {"sequence": each.sequence, "reason": each.reason} for each in verdict.breaks
                ],
            }
            for verdict in verdicts
        ],
    }
