"""What the documents that take from budgets are called, asked of whoever keeps them.

Requisitions and orders are kept above this package, so their packages say here how to find their
numbers. A document of a kind that nobody registered has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

Numbers = Callable[[UUID, Collection[UUID]], Mapping[UUID, str]]

_sources: dict[str, Numbers] = {}


def register(document_type: str, numbers: Numbers) -> None:
    """Ask `numbers` from now on what a council's documents of a kind are called, by key."""
    _sources[document_type] = numbers


def numbers_of(council_id: UUID, documents: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """Return the numbers of documents, each a kind and a key: one question for each kind."""
    wanted: defaultdict[str, set[UUID]] = defaultdict(set)
    for document_type, document_id in documents:
        wanted[document_type].add(document_id)
    found: dict[UUID, str] = {}
    for document_type, keys in wanted.items():
        if document_type in _sources:
            found |= _sources[document_type](council_id, keys)
    return found
