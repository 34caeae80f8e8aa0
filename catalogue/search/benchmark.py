"""How fast the search is here, beside the same statement without anything around it.

The goods are made of words by Zipf's law, as real catalogues are: some stand in every other name
and most are rare. Everything happens in one transaction that is rolled back, so a bench leaves no
listing behind. Only the ratio travels to another machine.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import accumulate
from time import perf_counter
from typing import Any, BinaryIO
from uuid import UUID

from django.db import connection, transaction

from catalogue.cpv import vocabulary
from catalogue.imports.services.price_lists import import_catalogue
from catalogue.listings.settling import settle_words
from catalogue.search import rules
from catalogue.search.rules import Wish
from catalogue.search.selectors import facts_of, search_listings
from catalogue.search.statements import rows_of
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Kind, Organisation, SupplierLink

SUPPLIERS = 10
ROUNDS = 5
QUESTIONS = 100
PERCENTILES = (50, 95)
SEED = 20_261_123
SYLLABLES = [
    "ar",
    "bel",
    "cor",
    "dan",
    "el",
    "fen",
    "gar",
    "hol",
    "in",
    "jor",
    "kel",
    "lum",
    "mar",
    "nor",
    "ost",
    "pel",
    "quin",
    "rav",
    "sel",
    "tor",
]
HEADINGS = ("part_number", "name", "description", "brand", "category", "unit", "unit_price", "vat")
AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
# Our own statement with nothing around it: no page, no facets, no rows.
_BARE = """
    SELECT listing_id, rank FROM catalogue_candidates(
        to_tsquery('english', %(text)s), NULL, %(category_from)s, %(category_to)s, NULL, NULL,
        'best', %(most)s)
    ORDER BY rank DESC, name, listing_id LIMIT 20
"""


Out = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Figures:
    """How long one kind of question took: ours, its own statement alone, and the least.

    `whole` gives the same answer as ours, page and facets, and makes nothing of it. `bare` only
    gives the keys of the page. Units: milliseconds; medians over the rounds of each round's
    percentile.
    """

    kind: str
    ours: dict[int, float]
    whole: dict[int, float]
    bare: dict[int, float]

    def times_whole(self, percent: int) -> float:
        """Return how many times as long ours takes as the statement that gives the same answer."""
        return self.ours[percent] / self.whole[percent]

    def times_bare(self, percent: int) -> float:
        """Return how many times as long ours takes as the least."""
        return self.ours[percent] / self.bare[percent]


def bench_search(rows: int, out: Out) -> list[Figures]:
    """Make a catalogue of so many rows, ask it, tell how long it took, and undo everything."""
    with transaction.atomic():
        try:
            chance = random.Random(SEED)  # noqa: S311  # goods, not secrets
            words = _words(chance)
            council = _trade(rows, words, chance, out)
            with tenant(council):
                settle_words()
                out(f"{rows:,} listings. Milliseconds, medians of {ROUNDS} rounds:")
                out(
                    "                   p50: ours   whole    bare  ×whole   ×bare"
                    "   p95: ours   whole    bare  ×whole   ×bare"
                )
                return [
                    _measured(kind, questions, council, out)
                    for kind, questions in _questions(words, chance).items()
                ]
        finally:
            transaction.set_rollback(True)


def _words(chance: random.Random) -> list[str]:
    parts = [chance.choices(SYLLABLES, k=2 + turn % 3) for turn in range(8000)]
    return list(dict.fromkeys(map("".join, parts)))


def _trade(rows: int, words: Sequence[str], chance: random.Random, out: Out) -> UUID:
    """Keep a council and suppliers, and take in a price list of each; return the council's key."""
    council = Organisation.objects.create(
        kind=Kind.COUNCIL, name="Bench", slug=f"bench-{uuid7().hex[-12:]}"
    )
    spent = 0.0
    for number in range(SUPPLIERS):
        supplier = Organisation.objects.create(
            kind=Kind.SUPPLIER, name=f"Bench {number}", slug=f"bench-{number}-{uuid7().hex[-12:]}"
        )
        with tenant(council.pk):
            SupplierLink.objects.create(
                council=council, supplier=supplier, since=date(2026, 4, 1), is_local=number % 2 == 0
            )
        with tenant(supplier.pk):
            started = perf_counter()
            import_catalogue(
                supplier=_seller(supplier),
                content=_price_list(rows // SUPPLIERS, words, chance),
                name="bench.csv",
                at=AT,
                dry_run=False,
            )
            spent += perf_counter() - started
    out(f"Imported {rows:,} rows at {rows / spent:,.0f} rows a second.")
    return council.pk


def _seller(supplier: Organisation) -> Actor:
    return Actor(
        user_id=supplier.pk,
        name="Bench",
        email="",
        membership_id=supplier.pk,
        organisation_id=supplier.pk,
        organisation_name=supplier.name,
        organisation_colour=supplier.colour,
        kind=OrganisationKind.SUPPLIER,
        roles=frozenset({Role.SUPPLIER}),
    )


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


def _price_list(rows: int, words: Sequence[str], chance: random.Random) -> BinaryIO:
    weights, codes = _zipf(len(words)), [code for code in vocabulary() if code[:2] in {"30", "39"}]
    by_code = _zipf(len(codes))

    def draw(count: int) -> str:
        return " ".join(chance.choices(words, cum_weights=weights, k=count))

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for number in range(rows):
        (code,) = chance.choices(codes, cum_weights=by_code)
        price = f"{0.5 + chance.random() * 200:.2f}"
        writer.writerow(
            (f"B-{number:07d}", draw(5), draw(12), draw(1), code, "each", price, "standard")
        )
    return io.BytesIO(text.getvalue().encode())


def _questions(words: Sequence[str], chance: random.Random) -> dict[str, list[Wish]]:
    """Return questions of each kind, from those that nearly everything answers to misspelt ones."""
    weights = _zipf(len(words))

    def draw(count: int) -> str:
        return " ".join(chance.choices(words, cum_weights=weights, k=count))

    def misspelt() -> str:
        word = chance.choice(words)
        place = chance.randrange(1, len(word) - 1)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return {
        "a common word": [Wish(text=chance.choice(words[:20])) for _ in range(QUESTIONS)],
        "two words": [Wish(text=draw(2)) for _ in range(QUESTIONS)],
        "word and category": [
            Wish(text=chance.choice(words[:50]), category="39000000") for _ in range(QUESTIONS)
        ],
        "a part number": [Wish(text=f"B-{chance.randrange(1000):07d}") for _ in range(QUESTIONS)],
        "misspelt": [Wish(text=misspelt()) for _ in range(QUESTIONS)],
    }


def _measured(kind: str, questions: Sequence[Wish], council: UUID, out: Out) -> Figures:
    """Ask each question in all three ways before the next, round after round."""
    answered = [replace(wish, text=_answered_text(council, wish)) for wish in questions]
    ways: list[Callable[[Wish, Wish], object]] = [
        lambda wish, _answered: search_listings(council, wish),
        lambda _wish, answered: rows_of(_facts(council, answered)),
        lambda _wish, answered: _ask_bare(_facts(council, answered)),
    ]
    rounds: list[list[list[float]]] = []
    for _round in range(ROUNDS + 1):
        took: list[list[float]] = [[] for _way in ways]
        for pair in zip(questions, answered, strict=True):
            for times, way in zip(took, ways, strict=True):
                started = perf_counter()
                way(*pair)
                times.append((perf_counter() - started) * 1000)
        rounds.append(took)
    ours, whole, bare = (
        {percent: _middle([_percentile(took[way], percent) for took in rounds[1:]])
         for percent in PERCENTILES}
        for way in range(len(ways))
    )  # fmt: skip
    figures = Figures(kind, ours, whole, bare)
    out(f"  {kind:<18}" + "".join(_columns(figures, percent) for percent in PERCENTILES))
    return figures


def _columns(figures: Figures, percent: int) -> str:
    times = (figures.ours[percent], figures.whole[percent], figures.bare[percent])
    ratios = (figures.times_whole(percent), figures.times_bare(percent))
    return (
        f"{times[0]:>10.1f}{times[1]:>8.1f}{times[2]:>8.1f}"
        + "".join(f"{ratio:>7.1f}×" for ratio in ratios)
        + "  "
    )


def _answered_text(council: UUID, wish: Wish) -> str:
    """Return what was searched for in the end: a floor cannot be what finds nothing."""
    return search_listings(council, wish).repaired or wish.text


def _facts(council: UUID, wish: Wish) -> dict[str, Any]:
    terms = rules.read_terms(wish.text)
    return facts_of(council, wish, terms, rules.completing(terms, ()))


def _ask_bare(facts: dict[str, Any]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(_BARE, facts)
        return cursor.fetchall()


def _percentile(times: Sequence[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
