"""Writing the audit trail: one call a service, in its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, models

from marketplace.audit.canonical import canonical
from marketplace.core.actors import Actor
from marketplace.core.ids import uuid7
from marketplace.core.models import busy_if_held

_APPEND = "SELECT audit_append(%s)"


def record(
    verb: str,
    subject: models.Model,
    *,
    actor: Actor | None,
    at: datetime,
    organisation_id: UUID,
    counterparty_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str = "",
) -> None:
    """Append an event to an organisation's chain.

    Call it last before `wake`: it holds the end of the chain until the transaction ends, so what
    comes before it does not wait for others.
    Shapes: `verb` is noun.participle; `before` and `after` hold only what changed; a
    `counterparty_id` is the other side of a dealing, who may read the event too.
    Raises: Busy when somebody else has held the end of the chain for longer than lock_timeout.
    """
    facts = {
        "id": uuid7(),
        "chain": organisation_id,
        "at": at,
        "verb": verb,
        "subject_type": subject._meta.label_lower,
        "subject_id": subject.pk,
        "subject_reference": str(getattr(subject, "reference", "") or ""),
        "actor_id": actor.user_id if actor else None,
        "actor_name": actor.name if actor else "",
        "counterparty_id": counterparty_id,
        "before": before or {},
        "after": after or {},
        "note": note,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
    }
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_APPEND, [canonical(facts)])
