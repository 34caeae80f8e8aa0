"""Finding listings: one question for the page and the API alike.

A search costs one statement, however large the catalogue is. One that finds
nothing costs up to five more: a word that only stands in what others may buy is as good as
misspelt, or one supplier's spelling would be everybody's. Only the first
2,000 candidates are ranked; more than that is a reason to ask a narrower question, and is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.cpv import code_range, significant, vocabulary
from catalogue.models import Listing
from catalogue.search import rules
from catalogue.search.rules import MOST_CANDIDATES, PAGE_SIZE, Sort, Term, Wish
from catalogue.search.statements import NOTHING, Found, ask, branches

MOST_FACETS = 12
MOST_GROUPS = 4  # of a division on the first page
MOST_COUNTED = 500  # of listings with a word: more than that is only "many"
MOST_ALIKE = 100
FAR_MORE = 20  # times as many listings as a rare word has that was probably misspelt by a supplier
NEAR_ENOUGH = 0.35  # of pg_trgm's similarity, for words that are more than one letter off

# How many listings with a word the acting council may buy. A word like "with" is in no index.
_COUNT = """CASE WHEN numnode(plainto_tsquery('english', word)) = 0 THEN %(most)s ELSE (
    SELECT count(*) FROM catalogue_candidates(
        plainto_tsquery('english', word), NULL, NULL, NULL, NULL, NULL, 'best', %(most)s)) END"""
_CARRIED = "SELECT word, {count} FROM unnest(%(words)s::text[]) AS word"
_ONE_AWAY = "SELECT word, {count} FROM catalogue_lexeme WHERE word = ANY (%(words)s)"
_NEAR = """
    SELECT word FROM (
        SELECT word, frequency, similarity(word, %(word)s) AS alike FROM catalogue_lexeme
        WHERE word %% %(word)s AND similarity(word, %(word)s) >= %(near)s
        ORDER BY alike DESC, frequency DESC LIMIT %(lot)s) near
    WHERE {count} > 0 ORDER BY alike DESC, frequency DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow a search, and how many results it leaves."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What a search found.

    Shapes: `listings` are one page in order, suppliers joined in; `capped` says that `total` is
    only the first of more. `repaired` is the text that was searched for in place of a misspelt
    one, or "". Facets have the largest first. `local_supplier_ids` are of those on this page.
    """

    listings: tuple[Listing, ...]
    total: int
    capped: bool
    page: int
    pages: int
    categories: tuple[Facet, ...]
    suppliers: tuple[Facet, ...]
    repaired: str = ""
    local_supplier_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Division:
    """A division of what a council may buy, with the largest groups in it, largest first."""

    whole: Facet
    groups: tuple[Facet, ...]


def divisions_buyable(council_id: UUID) -> list[Division]:
    """Return every division in which a council may buy something, by name."""
    known = vocabulary()
    sums: dict[str, int] = {}
    groups: dict[str, list[Facet]] = {}
    for division, group, count in branches(council_id):
        sums[division] = sums.get(division, 0) + count
        entry = known.get(group.ljust(8, "0"))
        if entry and significant(entry.code) == group:
            groups.setdefault(division, []).append(Facet(entry.code, entry.name, count))
    found = [
        Division(
            Facet(code, known[code].name if code in known else code, count),
            _largest(groups.get(stem, []))[:MOST_GROUPS],
        )
        for stem, count in sums.items()
        for code in [stem.ljust(8, "0")]
    ]
    return sorted(found, key=lambda each: each.whole.label)


def search_listings(council_id: UUID, wish: Wish) -> SearchResults:
    """Return what a council may buy that answers a wish.

    A text that finds nothing is tried again with its misspelt words repaired.
    """
    terms = rules.read_terms(wish.text)
    if wish.text.strip() and not terms:
        return _results(wish, NOTHING)
    begun = rules.completing(terms, ())
    found = ask(facts_of(council_id, wish, terms, begun))
    if found.total or not terms:
        return _results(wish, found)
    asked = terms if found.is_known else begun
    carried = _carried(rules.single_words(terms))
    completed = rules.completing(terms, [word for word, count in carried.items() if count])
    if completed != asked:
        found = ask(facts_of(council_id, wish, completed, completed))
        if found.total:
            return _results(wish, found)
    mended = _repaired(carried)
    if mended:
        meant = rules.with_words(terms, mended)
        found = ask(facts_of(council_id, wish, meant, meant))
        if found.total:
            return _results(wish, found, repaired=_retyped(wish.text, mended))
    return _results(wish, found)


def facts_of(
    council_id: UUID, wish: Wish, terms: tuple[Term, ...], begun: tuple[Term, ...]
) -> dict[str, Any]:
    """Return what the statement is told: the terms, or `begun` if no listing has the last word."""
    is_priced = wish.price_from is not None or wish.price_to is not None
    first, last = code_range(wish.category) if wish.category else (None, None)
    kept = not terms and not is_priced
    sort = Sort.NAME if not terms and wish.sort == Sort.BEST else wish.sort
    return {
        "council": council_id,
        "local": wish.local_only,
        "sme": wish.sme_only,
        "supplier": wish.supplier_id,
        "category_from": first,
        "category_to": last,
        "price_from": wish.price_from,
        "price_to": wish.price_to,
        "digits": _digits(wish),
        "order": sort.value,
        "most": wish.page * PAGE_SIZE if kept else MOST_CANDIDATES + 1,
        "offset": (wish.page - 1) * PAGE_SIZE,
        "size": PAGE_SIZE,
        "most_facets": MOST_FACETS,
        "kept": kept,
        "forms": [form for word in rules.single_words(terms[-1:]) for form in rules.forms(word)],
        "text": rules.as_tsquery(terms) if terms else None,
        "begun": rules.as_tsquery(begun),
    }


def _digits(wish: Wish) -> int:
    """Return how many digits of a code tell the categories below the chosen one apart."""
    return len(significant(wish.category)) + 1 if wish.category else 2


def _carried(words: Sequence[str]) -> dict[str, int]:
    """Return in how many listings that the council may buy each word stands, at most MOST_COUNTED.

    Why: what is known to others only is of no use to whoever asks.
    """
    if not words:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED.format(count=_COUNT), {"words": list(words), "most": MOST_COUNTED})
        return dict(cursor.fetchall())


def _repaired(carried: Mapping[str, int]) -> dict[str, str]:
    """Return what each word that the council does not have was probably meant to be."""
    meant = {}
    for word, count in carried.items():
        if count * FAR_MORE <= MOST_COUNTED and rules.is_repairable(word):
            better = _nearest(word, count)
            if better:
                meant[word] = better
    return meant


def _nearest(word: str, carried: int) -> str | None:
    """Return the word one letter away that the council has most, or else the one most alike."""
    least = max(1, carried * FAR_MORE)
    with connection.cursor() as cursor:
        words = list(rules.one_edit_away(word))
        cursor.execute(_ONE_AWAY.format(count=_COUNT), {"words": words, "most": MOST_COUNTED})
        known = {each: count for each, count in cursor.fetchall() if count >= least}
        better = rules.best_repair(word, known)
        if better or carried:
            return better
        facts: dict[str, str | float] = {
            "word": word,
            "near": NEAR_ENOUGH,
            "lot": MOST_ALIKE,
            "most": 1,
        }
        cursor.execute(_NEAR.format(count=_COUNT), facts)
        row = cursor.fetchone()
    return row[0] if row else None


def _retyped(text: str, meant: dict[str, str]) -> str:
    return " ".join(meant.get(rules.plain(word), word) for word in text.split())


def _results(wish: Wish, found: Found, *, repaired: str = "") -> SearchResults:
    reachable = min(found.total, MOST_CANDIDATES)
    return SearchResults(
        listings=found.listings,
        total=found.total,
        capped=found.total > MOST_CANDIDATES,
        page=wish.page,
        pages=max(1, -(-reachable // PAGE_SIZE)),
        categories=_category_facets(wish, found),
        suppliers=tuple(Facet(*each) for each in found.suppliers),
        repaired=repaired,
        local_supplier_ids=found.local_supplier_ids,
    )


def _category_facets(wish: Wish, found: Found) -> tuple[Facet, ...]:
    facets = []
    for stem, count in found.categories:
        entry = vocabulary().get(stem.ljust(8, "0"))
        if entry and entry.code != wish.category:
            facets.append(Facet(entry.code, entry.name, count))
    return _largest(facets)[:MOST_FACETS]


def _largest(facets: list[Facet]) -> tuple[Facet, ...]:
    return tuple(sorted(facets, key=lambda each: (-each.count, each.label)))


def category_trail(code: str) -> list[Facet]:
    """Return a category and those above it, widest first; the counts are not known here."""
    trail: list[Facet] = []
    known = vocabulary()
    stem = significant(code)
    for length in range(2, len(stem) + 1):
        entry = known.get(stem[:length].ljust(8, "0"))
        if entry and (not trail or trail[-1].value != entry.code):
            trail.append(Facet(entry.code, entry.name, 0))
    return trail
