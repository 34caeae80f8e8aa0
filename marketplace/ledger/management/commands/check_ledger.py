"""Reckon again what is promised and spent of every budget, and whether every journal is whole."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core.tenancy import stewardship
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    years_with_gaps,
)

PROMISED = ("pk", "council_id", "committed_amount", "entries_amount")
SPENT = ("pk", "council_id", "actual_amount", "posted_amount")


class Command(BaseCommand):
    """Holds budgets against their entries and journals, and journals against their lines.

    Exits with 1 when one of them is out.
    """

    help = "Check that budgets and journals add up. Exits with 1 if something does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, tell, and fail when something is out."""
        with stewardship():
            found: dict[str, list[Any]] = {
                "budgets": _texts(commitments_out_of_line().values(*PROMISED)),
                "spent": _texts(actuals_out_of_line().values(*SPENT)),
                "lines": [str(each) for each in lines_below_nought()],
                "journals": [str(each) for each in journals_out_of_balance()],
                "years": [
                    {"council": str(council_id), "financial_year": year}
                    for council_id, year in years_with_gaps()
                ],
            }
        out = sum(map(len, found.values()))
        if options["json"]:
            self.stdout.write(json.dumps({"in_order": not out, **found}, indent=2))
        else:
            for sentence in _sentences(found):
                self.stdout.write(sentence)
            if not out:
                self.stdout.write("Every budget is the sum of its entries, every journal whole.")
        if out:
            raise CommandError(f"{out} things are out: look for writes past the application.")


def _texts(rows: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    renamed = {"pk": "budget", "council_id": "council"}
    return [{renamed.get(name, name): str(each[name]) for name in each} for each in rows]


def _sentences(found: dict[str, list[Any]]) -> Iterator[str]:
    for each in found["budgets"]:
        yield (
            f"budget {each['budget']} of council {each['council']} says"
            f" £{each['committed_amount']} is promised, its entries £{each['entries_amount']}"
        )
    for each in found["spent"]:
        yield (
            f"budget {each['budget']} of council {each['council']} says"
            f" £{each['actual_amount']} is spent, its journals £{each['posted_amount']}"
        )
    for each in found["lines"]:
        yield f"line {each} gave back more than it held"
    for each in found["journals"]:
        yield f"journal {each} does not balance, or lacks lines"
    for each in found["years"]:
        yield f"journals of {each['financial_year']} of council {each['council']} lack a number"
