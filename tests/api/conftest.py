"""Programs and rows of the demonstration, for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.programs import Program, program_of

API = "/api/v1"


@pytest.fixture(scope="module")
def program(demo_db) -> Callable[..., Program]:
    """Return a maker of programs by the word for whom they work; one each a module."""
    known: dict[tuple[str, ...], Program] = {}

    def make(word: str, *scopes: str) -> Program:
        key = (word, *scopes)
        if key not in known:
            known[key] = program_of(word, *scopes)
        return known[key]

    return make


@pytest.fixture(scope="module")
def wish(program) -> Callable[..., dict]:
    """Return a maker of requisitions as they may be sent: one line of what is really offered."""
    buyer = program("buyer")
    listing = buyer.get(f"{API}/listings", size=1).json()["results"][0]
    budget = next(
        each
        for each in buyer.get(f"{API}/budgets", size=100).json()["results"]
        if float(each["available_amount"]) > 1000
    )

    def make(**facts: object) -> dict:
        return {
            "title": "Paper",
            "reason": "The store is empty.",
            "deliver_to": "1 High Street",
            "lines": [
                {
                    "listing_id": listing["id"],
                    "quantity": listing["minimum_quantity"],
                    "cost_centre": budget["cost_centre"],
                    "account": budget["account"],
                }
            ],
            **facts,
        }

    return make
