"""Reckon again what is promised of every budget."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core.tenancy import stewardship
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought

FACTS = ("pk", "council_id", "committed_amount", "entries_amount")


class Command(BaseCommand):
    """Holds every budget against its entries, and every line against nought; exits 1 on a fault."""

    help = "Check that what is promised of budgets adds up. Exits with 1 if something does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, tell, and fail when something is out."""
        with stewardship():
            budgets = [
                {
                    "budget": str(each["pk"]),
                    "council": str(each["council_id"]),
                    "committed_amount": str(each["committed_amount"]),
                    "entries_amount": str(each["entries_amount"]),
                }
                for each in commitments_out_of_line().values(*FACTS)
            ]
            lines = [str(each) for each in lines_below_nought()]
        out = len(budgets) + len(lines)
        if options["json"]:
            answer = {"in_order": not out, "budgets": budgets, "lines": lines}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self._tell(budgets, lines)
        if out:
            raise CommandError(f"{out} things are out: look for writes past the application.")

    def _tell(self, budgets: list[dict[str, str]], lines: list[str]) -> None:
        for each in budgets:
            self.stdout.write(
                f"budget {each['budget']} of council {each['council']} says"
                f" £{each['committed_amount']} is promised, its entries £{each['entries_amount']}"
            )
        for line in lines:
            self.stdout.write(f"line {line} gave back more than it held")
        if not budgets and not lines:
            self.stdout.write("What is promised of every budget is the sum of its entries.")
