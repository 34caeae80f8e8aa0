"""Operations about oneself."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.organisations.scopes import scopes_for
from marketplace.web.actors import actor
from marketplace.web.api import Operation
from marketplace.web.openapi import described


class Me(Operation):
    """Who the API takes the caller for: the way to try a token."""

    access = "signed-in"

    class Output(serializers.Serializer[dict[str, object]]):
        """The person, the organisation, and what they may do."""

        name = serializers.CharField()
        email = serializers.EmailField()
        organisation_id = serializers.UUIDField()
        organisation = serializers.CharField()
        kind = serializers.CharField()
        roles = serializers.ListField(child=serializers.CharField())
        scopes = serializers.ListField(child=serializers.CharField())
        expires_at = serializers.DateTimeField(allow_null=True)

    @described(
        "Say who is calling",
        answers=Output,
        example={
            "name": "Nadia Rahman",
            "email": "nadia.rahman@castermere.example",
            "organisation_id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21",
            "organisation": "Castermere City Council",
            "kind": "COUNCIL",
            "roles": ["buyer"],
            "scopes": ["orders:read"],
            "expires_at": None,
        },
    )
    def get(self, request: Request) -> Response:
        """Say who is calling, and with which scopes."""
        who = actor(request)
        token: Any = request.auth
        facts = {
            "name": who.name,
            "email": who.email,
            "organisation_id": who.organisation_id,
            "organisation": who.organisation_name,
            "kind": who.kind.value,
            "roles": sorted(role.value for role in who.roles),
            "scopes": token.scopes if token is not None else scopes_for(who.roles),
            "expires_at": token.expires_at if token is not None else None,
        }
        return Response(self.Output(facts).data)
