"""What somebody who searches wants, read from what they typed.

The language is the one that people know from search engines: words are all wanted, "quoted words"
stand together, -word is not wanted, and "or" between two words wants either. Whatever else is
typed means nothing and can do no harm.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

PAGE_SIZE = 20
MOST_CANDIDATES = 2000
MOST_WORDS = 12
LONGEST_TEXT = 200
SHORTEST_REPAIRED = 4
LONGEST_REPAIRED = 20
LETTERS = "abcdefghijklmnopqrstuvwxyz"

_PIECES = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_NOT_WORD = re.compile(r"[^0-9a-z]+")


class Sort(StrEnum):
    """In which order results are shown."""

    BEST = "best"
    PRICE = "price"
    PRICE_DOWN = "price-down"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a council's person looks for.

    Shapes: everything may be empty; `category` is a CPV code of eight digits; `page` counts from 1.
    Units: prices in pounds without VAT for one unit.
    """

    text: str = ""
    category: str = ""
    supplier_id: UUID | None = None
    local_only: bool = False
    sme_only: bool = False
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    sort: Sort = Sort.BEST
    page: int = 1


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is wanted, or not: a word, words that stand together, or one of several.

    Shapes: `words` stand together; `others` are terms of which any will do instead.
    """

    words: tuple[str, ...]
    excluded: bool = False
    begins: bool = False
    others: tuple[Term, ...] = ()


def plain(text: str) -> str:
    """Return a text in small letters without accents.

    Why: listings are indexed the same way, so that "purée" and "puree" find one another.

    >>> plain("Purée")
    'puree'
    """
    text = unicodedata.normalize("NFKD", text[:LONGEST_TEXT].replace("\0", " "))
    marks = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in marks if not unicodedata.combining(letter))


def read_terms(text: str) -> tuple[Term, ...]:
    """Return what a text asks for, at most MOST_WORDS terms.

    Why: see the module.

    >>> [term.words for term in read_terms('blue "copier paper" -recycled')]
    [('blue',), ('copier', 'paper'), ('recycled',)]
    """
    terms: list[Term] = []
    either = False
    for minus, quoted, word in _PIECES.findall(plain(text)):
        if word == "or" and terms:
            either = True
            continue
        excluded = bool(minus) or (word.startswith("-") and len(word) > 1)
        words = tuple(quoted.split()) if quoted else (word.lstrip("-"),)
        words = tuple(each for each in words if _NOT_WORD.sub("", each))
        if not words:
            continue
        term = Term(words, excluded)
        if either and not excluded and not terms[-1].excluded:
            terms[-1] = replace(terms[-1], others=(*terms[-1].others, term))
        else:
            terms.append(term)
        either = False
    if all(term.excluded for term in terms):
        return ()  # "everything but" is no question: nearly all there is would be the answer
    return tuple(terms[:MOST_WORDS])


def single_words(terms: Collection[Term]) -> list[str]:
    """Return the words of plain letters that a misspelling could be in, in their order.

    Why: quoted words are meant as they stand, and a number is never "nearly" another.
    """
    found = []
    for term in terms:
        for each in (term, *term.others):
            if len(each.words) == 1 and not each.excluded and each.words[0].isalpha():
                found.append(each.words[0])
    return found


def with_words(terms: Collection[Term], meant: Mapping[str, str]) -> tuple[Term, ...]:
    """Return the terms with some words put in place of others.

    Why: a repaired question is asked again as a whole.
    """

    def mended(term: Term) -> Term:
        words = term.words
        if len(words) == 1 and not term.excluded and words[0] in meant:
            words = (meant[words[0]],)
        return replace(term, words=words, others=tuple(map(mended, term.others)))

    return tuple(map(mended, terms))


def completing(terms: tuple[Term, ...], known: Collection[str]) -> tuple[Term, ...]:
    """Return the terms, the last one meant as a beginning if it is not a word that is known.

    Why: "stapl" is on its way to "stapler", while "pen" means pens and not pencils.
    """
    if not terms:
        return terms
    last = terms[-1]
    word = last.words[-1]
    if len(last.words) > 1 or last.excluded or last.others or len(word) < 2 or word in known:
        return terms
    return (*terms[:-1], replace(last, begins=True))


def as_tsquery(terms: Collection[Term]) -> str:
    """Return the terms in the language of PostgreSQL's to_tsquery.

    Why: every word is quoted, so nothing that is typed can be taken for an operator.
    Source: PostgreSQL manual, 12.3.2, "Parsing Queries".

    >>> as_tsquery(read_terms("blue -ab-12"))
    "('blue') & !('ab-12' | 'ab12' | ('ab' <-> '12'))"
    """
    return " & ".join(filter(None, map(_one, terms)))


def _one(term: Term) -> str:
    alternatives = [_together(each) for each in (term, *term.others)]
    text = " | ".join(alternatives)
    return f"!({text})" if term.excluded else f"({text})"


def _together(term: Term) -> str:
    star = ":*" if term.begins else ""
    if len(term.words) > 1:
        return "(" + " <-> ".join(f"'{_quoted(word)}'" for word in term.words) + ")"
    word = term.words[0]
    parts = [part for part in _NOT_WORD.split(word) if part]
    # A beginning of several parts would be taken for the beginning of each: "b-12" for "b…".
    ways = [f"'{_quoted(word)}'" + (star if len(parts) < 2 else "")]
    if len(parts) > 1 or parts[0] != word:
        ways.append(f"'{''.join(parts)}'{star}")
    if len(parts) > 1:
        ways.append("(" + " <-> ".join(f"'{part}'" for part in parts) + star + ")")
    return " | ".join(ways)


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "''")


def forms(word: str) -> tuple[str, ...]:
    """Return a word and its plurals.

    Why: a catalogue of "pens" knows what a pen is, and does not mean pencils by it.

    >>> forms("pen")
    ('pen', 'pens', 'penes')
    """
    return (word, f"{word}s", f"{word}es")


def one_edit_away(word: str) -> set[str]:
    """Return every word that differs by one letter left out, put in, changed or swapped.

    Source: Norvig, "How to Write a Spelling Corrector": such words are most misspellings.

    >>> "chair" in one_edit_away("chiar"), "stapler" in one_edit_away("staplr")
    (True, True)
    """
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    left_out = {a + b[1:] for a, b in splits if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    changed = {a + letter + b[1:] for a, b in splits if b for letter in LETTERS}
    put_in = {a + letter + b for a, b in splits for letter in LETTERS}
    return (left_out | swapped | changed | put_in) - {word}


def best_repair(word: str, found: Mapping[str, int]) -> str | None:
    """Return the word that was probably meant, of those found with how often each is used.

    Why: people mistype the first letter seldom, and mean a common word more often than a rare one.
    """
    if not found:
        return None
    return max(found, key=lambda each: (found[each] * (4 if each[0] == word[0] else 1), each))


def is_repairable(word: str) -> bool:
    """Tell whether a word is long enough to be told from another by one letter.

    Why: every word of three letters is one letter from many others.
    """
    return word.isascii() and word.isalpha() and SHORTEST_REPAIRED <= len(word) <= LONGEST_REPAIRED
