"""Finding listings: one question for the page and the API alike.

A search costs four statements, however large the catalogue is: the council's suppliers, the words
that are known, the candidates with their facets, and the twenty rows of the page. One that finds
nothing costs up to five more: a word that only stands in what others may buy is as good as
misspelt, or one supplier's spelling would be everybody's. Only the first
2,000 candidates are ranked; more than that is a reason to ask a narrower question, and is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.cpv import code_range, significant, vocabulary
from catalogue.listings.selectors import trading_suppliers
from catalogue.models import Lexeme, Listing
from catalogue.search import rules
from catalogue.search.rules import MOST_CANDIDATES, PAGE_SIZE, Sort, Term, Wish

MOST_FACETS = 12
MOST_COUNTED = 500  # of listings with a word: more than that is only "many"
MOST_ALIKE = 100
FAR_MORE = 20  # times as many listings as a rare word has that was probably misspelt by a supplier
NEAR_ENOUGH = 0.35  # of pg_trgm's similarity, for words that are more than one letter off

_ORDERS = {
    Sort.BEST: "rank DESC, name, listing_id",
    Sort.NAME: "name, listing_id",
    Sort.PRICE: "unit_price, listing_id",
    Sort.PRICE_DOWN: "unit_price DESC, listing_id DESC",
}
_CANDIDATES = """
    WITH found AS MATERIALIZED (SELECT * FROM catalogue_candidates(
        {query}, %(suppliers)s::uuid[], %(category_from)s, %(category_to)s, %(price_from)s,
        %(price_to)s, %(order)s, %(most)s)),
    shown AS (SELECT listing_id FROM found ORDER BY {order} OFFSET %(offset)s LIMIT %(size)s)
    SELECT (SELECT count(*) FROM found), ARRAY(SELECT listing_id FROM shown),
        ARRAY(SELECT supplier_id || ':' || count(*) FROM found GROUP BY supplier_id),
        ARRAY(SELECT left(category_id, %(digits)s) || ':' || count(*) FROM found GROUP BY
              left(category_id, %(digits)s))
"""
_COUNTED = """
    SELECT coalesce(supplier_id::text, ''), coalesce(left(category_id, %(digits)s), ''),
           sum(live_count)::int
    FROM catalogue_categorycount
    WHERE supplier_id = ANY (%(suppliers)s::uuid[])
      AND category_id BETWEEN %(category_from)s AND %(category_to)s AND live_count > 0
    GROUP BY GROUPING SETS ((supplier_id), (left(category_id, %(digits)s)))
"""
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
    one, or "". Facets have the largest first.
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
class _Scope:
    """Where to look: the suppliers that are left after the filters, and their names."""

    wish: Wish
    names: dict[UUID, str]
    chosen: list[UUID]
    local: frozenset[UUID]

    @property
    def facts(self) -> dict[str, Any]:
        first, last = code_range(self.wish.category) if self.wish.category else ("0", "99999999")
        return {
            "suppliers": self.chosen,
            "category_from": first,
            "category_to": last,
            "price_from": self.wish.price_from,
            "price_to": self.wish.price_to,
            "digits": self.digits,
        }

    @property
    def digits(self) -> int:
        """How many digits of a code tell the categories one step below the chosen one apart."""
        return len(significant(self.wish.category)) + 1 if self.wish.category else 2


@dataclass(frozen=True, slots=True)
class _Found:
    total: int
    ids: list[UUID]
    suppliers: dict[str, int]
    categories: dict[str, int]


def search_listings(council_id: UUID, wish: Wish) -> SearchResults:
    """Return what a council may buy that answers a wish.

    A text that finds nothing is tried again with its misspelt words repaired.
    """
    scope = _scope(council_id, wish)
    terms = rules.read_terms(wish.text)
    if not scope.chosen or (wish.text.strip() and not terms):
        return _results(scope, _Found(0, [], {}, {}))
    if not terms:
        return _results(scope, _browse(scope))
    asked = rules.completing(terms, _known_words(terms[-1:]))
    found = _candidates(scope, asked)
    if found.total:
        return _results(scope, found)
    carried = _carried(rules.single_words(terms))
    completed = rules.completing(terms, [word for word, count in carried.items() if count])
    if completed != asked:
        found = _candidates(scope, completed)
        if found.total:
            return _results(scope, found)
    mended = _repaired(carried)
    if mended:
        found = _candidates(scope, rules.with_words(terms, mended))
        if found.total:
            return _results(scope, found, repaired=_retyped(wish.text, mended))
    return _results(scope, found)


def _scope(council_id: UUID, wish: Wish) -> _Scope:
    names: dict[UUID, str] = {}
    chosen, local = [], set()
    links = trading_suppliers(council_id).values_list(
        "supplier_id", "supplier__name", "is_local", "supplier__profile__is_sme"
    )
    for supplier_id, name, is_local, is_sme in links:
        names[supplier_id] = name
        if is_local:
            local.add(supplier_id)
        if (
            (is_local or not wish.local_only)
            and (is_sme or not wish.sme_only)
            and wish.supplier_id in (None, supplier_id)
        ):
            chosen.append(supplier_id)
    return _Scope(wish, names, chosen, frozenset(local))


def _known_words(terms: Sequence[Term]) -> set[str]:
    """Return those of the words that some listing has, be it in the plural."""
    forms = {form: word for word in rules.single_words(terms) for form in rules.forms(word)}
    if not forms:
        return set()
    found = Lexeme.objects.filter(word__in=forms).values_list("word", flat=True)
    return {forms[form] for form in found}


def _candidates(
    scope: _Scope, terms: Sequence[Term] | None, *, most: int = MOST_CANDIDATES + 1
) -> _Found:
    """Ask the database for candidates: those that match the terms, or all there are."""
    wish = scope.wish
    sort = wish.sort if terms is not None or wish.sort != Sort.BEST else Sort.NAME
    facts = scope.facts | {
        "order": sort.value,
        "most": most,
        "offset": (wish.page - 1) * PAGE_SIZE,
        "size": PAGE_SIZE,
    }
    if not wish.category:
        facts |= {"category_from": None, "category_to": None}
    query = "NULL::tsquery"
    if terms is not None:
        query, facts["text"] = "to_tsquery('english', %(text)s)", rules.as_tsquery(terms)
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES.format(query=query, order=_ORDERS[sort]), facts)
        total, ids, suppliers, categories = cursor.fetchone()
    return _Found(total, ids, _counts(suppliers), _counts(categories))


def _counts(pairs: list[str]) -> dict[str, int]:
    return {key: int(count) for key, _colon, count in (pair.rpartition(":") for pair in pairs)}


def _browse(scope: _Scope) -> _Found:
    """Return a page of everything there is, with facets from the counts that are kept."""
    wish = scope.wish
    if wish.price_from is not None or wish.price_to is not None:
        return _candidates(scope, None)
    found = _candidates(scope, None, most=wish.page * PAGE_SIZE)
    suppliers, categories = dict[str, int](), dict[str, int]()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, scope.facts)
        for supplier_id, stem, count in cursor.fetchall():
            (suppliers if supplier_id else categories)[supplier_id or stem] = count
    total = sum(suppliers.values())
    return replace(found, total=total, suppliers=suppliers, categories=categories)


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


def _results(scope: _Scope, found: _Found, *, repaired: str = "") -> SearchResults:
    reachable = min(found.total, MOST_CANDIDATES)
    rows = {
        row.pk: row
        for row in Listing.objects.filter(pk__in=found.ids)
        .select_related("supplier")
        .defer("search")
    }
    return SearchResults(
        listings=tuple(rows[key] for key in found.ids if key in rows),
        total=found.total,
        capped=found.total > MOST_CANDIDATES,
        page=scope.wish.page,
        pages=max(1, -(-reachable // PAGE_SIZE)),
        categories=_category_facets(scope, found),
        suppliers=_supplier_facets(scope, found),
        repaired=repaired,
        local_supplier_ids=scope.local,
    )


def _category_facets(scope: _Scope, found: _Found) -> tuple[Facet, ...]:
    facets = []
    for stem, count in found.categories.items():
        entry = vocabulary().get(stem.ljust(8, "0"))
        if entry and entry.code != scope.wish.category:
            facets.append(Facet(entry.code, entry.name, count))
    return _largest(facets)


def _supplier_facets(scope: _Scope, found: _Found) -> tuple[Facet, ...]:
    return _largest(
        [
            Facet(key, scope.names[UUID(key)], count)
            for key, count in found.suppliers.items()
            if UUID(key) in scope.names
        ]
    )


def _largest(facets: list[Facet]) -> tuple[Facet, ...]:
    return tuple(sorted(facets, key=lambda each: (-each.count, each.label))[:MOST_FACETS])


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
