"""Events for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marketplace.audit.services import record
from marketplace.organisations.models import Organisation


def write(organisation: Organisation, at: datetime, number: int = 1, **facts: Any) -> None:
    """Append so many events about an organisation to its own chain, a second apart."""
    for index in range(number):
        record(
            "council.changed",
            organisation,
            actor=facts.get("actor"),
            at=at + timedelta(seconds=index),
            organisation_id=organisation.pk,
            counterparty_id=facts.get("counterparty_id"),
            before={"name": "Old"},
            after={"name": f"New {index}"},
            note=facts.get("note", ""),
        )
