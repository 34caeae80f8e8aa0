"""What the operations on every list of codes have in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.errors import Missing
from marketplace.core.models import TenantQuerySet
from marketplace.ledger.services.code_lists import (
    CodeChanged,
    CodeList,
    CodesNotRight,
    CodesNotYours,
    CodeTaken,
    put_code,
)
from marketplace.web.actors import actor
from marketplace.web.api import Input
from marketplace.web.etags import check_if_match, etag, honour_if_match

REFUSALS = (CodesNotYours, CodesNotRight, CodeTaken, CodeChanged)
ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21"


class ListQuery(Input):
    """Which to list."""

    words = serializers.CharField(
        max_length=100, required=False, default="", help_text="In the code or the names."
    )
    is_active = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Those in use, or those that are retired; all, if not given.",
    )


def one_of(rows: TenantQuerySet[Any], code: str) -> Any:  # noqa: ANN401  # a row of any list
    """Return the row with this code.

    Raises: Missing.
    """
    row = rows.filter(code=code).first()
    if row is None:
        raise Missing
    return row


def answer(
    row: Any,  # noqa: ANN401  # a row of any list
    output: type[serializers.Serializer[Any]],
    status: int = 200,
) -> Response:
    """Return one code, with its ETag."""
    return Response(output(row).data, status=status, headers={"ETag": etag(row.version)})


def put(
    request: Request,
    codes: CodeList,
    rows: TenantQuerySet[Any],
    code: str,
    facts: dict[str, Any],
) -> UUID:
    """Make a code say this; return its key.

    Shapes: a code that is there needs If-Match, as every change; one that is new needs none.
    Raises: VersionNotNamed, VersionChanged, and whatever put_code raises.
    """
    row = rows.filter(code=code).first()
    if row is None:
        honour_if_match(request, 0)
    else:
        check_if_match(request, row.version)
    made = put_code(
        codes=codes,
        keeper=actor(request),
        code=code,
        version=row.version if row else 0,
        facts=facts,
        at=timezone.now(),
    )
    key: UUID = made.pk
    return key
