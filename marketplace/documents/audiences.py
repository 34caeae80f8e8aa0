"""Who may read a document: whoever may read what it belongs to.

A document knows its two sides and not what it is a paper of. Each package that keeps documents
registers a check from its AppConfig.ready, so that this one need not know who stands above it.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from marketplace.core.actors import Actor

MayRead = Callable[[Actor, UUID], bool]

_CHECKS: dict[str, MayRead] = {}


def register(kind: str, may_read: MayRead) -> None:
    """Let whoever passes `may_read` open a document by its key; one check a kind of paper."""
    _CHECKS[kind] = may_read


def is_vouched_for(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document belongs to something that `reader` may read."""
    return any(may_read(reader, document_id) for may_read in _CHECKS.values())
