"""Programs that call the API on the demonstration, each with a token of a real person's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from marketplace.core.tenancy import act_for, clear, stewardship
from marketplace.organisations.models import Membership
from tests.access.world import token_for

# The demonstration's people, by what the programs of theirs do.
PEOPLE = {
    "requester": "amira.siddiqui@castermere.example",
    "buyer": "nadia.rahman@castermere.example",
    "approver": "yusuf.demir@castermere.example",
    "supplier": "winston.garside@quillmoor.example",
    "auditor": "samuel.abara@outside-audit.example",
}


@dataclass
class Program:
    """Something that calls the API with somebody's token."""

    membership: Membership
    bearer: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def headers(self) -> dict[str, str]:
        """What every request of its carries."""
        return {"Authorization": f"Bearer {self.bearer}"}

    def get(self, path: str, **query: Any) -> Any:
        """Ask."""
        return self.client.get(path, query, headers=self.headers)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """Send a body: bytes and texts as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
        return self.client.generic(
            method, path, raw, content_type=content_type, headers={**self.headers, **headers}
        )

    def acts(self) -> None:
        """Have the test's own connection act for whoever the program works for."""
        act_for(self.membership.organisation_id, self.membership.user_id)


def program_of(word: str, *scopes: str) -> Program:
    """Return a program of one of PEOPLE; with every scope there is, unless some are named."""
    with stewardship():
        membership = (
            Membership.objects.filter(is_active=True, user__email=PEOPLE[word])
            .select_related("user", "organisation")
            .order_by("organisation__slug")
            .first()
        )
        bearer = token_for(membership, scopes or None)
    clear()
    return Program(membership, bearer)


def document(answer: Any, status: int) -> dict[str, Any]:
    """Return a problem document, held against RFC 9457."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content[:200]
    found = json.loads(answer.content)
    assert found.keys() >= {"type", "title", "status", "detail", "instance"}
    assert found["status"] == status
    assert found["type"].startswith("/problems/")
    return found
