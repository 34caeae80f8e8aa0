"""Cost centres and accounts, for programs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.errors import FieldProblem
from marketplace.ledger.api.lists import ID, REFUSALS, ListQuery, answer, one_of, put
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.selectors.coding import (
    accounts_kept,
    cost_centres_kept,
    people_who_may_hold,
)
from marketplace.ledger.services.code_lists import CodesNotRight
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.states import AccountKind
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

CENTRES = {"GET": "cost-centres:read", "PUT": "cost-centres:write"}
ACCOUNT_SCOPES = {"GET": "accounts:read", "PUT": "accounts:write"}
CENTRE_EXAMPLE = {
    "id": ID,
    "code": "11010",
    "name": "Ashgrove Primary School",
    "name_welsh": "",
    "directorate": "Children and families",
    "holder": "yusuf.demir@castermere.example",
    "is_active": True,
    "version": 1,
}
CENTRE_SENT = {k: v for k, v in CENTRE_EXAMPLE.items() if k not in {"id", "code", "version"}}
ACCOUNT_EXAMPLE = {
    "id": ID,
    "code": "14041",
    "name": "Stationery and office supplies",
    "name_welsh": "",
    "kind": "expense",
    "categories": ["3019", "2299"],
    "is_active": True,
    "version": 1,
}
ACCOUNT_SENT = {k: v for k, v in ACCOUNT_EXAMPLE.items() if k not in {"id", "code", "version"}}


class CostCentreShape(serializers.Serializer[Any]):
    """One cost centre."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    name_welsh = serializers.CharField()
    directorate = serializers.CharField()
    holder = serializers.CharField(
        source="holder.user.email",
        default=None,
        allow_null=True,
        help_text="Who answers for it: their address; null where nobody does.",
    )
    is_active = serializers.BooleanField(help_text="Whether it is offered for new things.")
    version = serializers.IntegerField()


class CostCentreInput(Input):
    """What a cost centre is to say."""

    name = serializers.CharField(max_length=200)
    name_welsh = serializers.CharField(max_length=200, allow_blank=True, default="")
    directorate = serializers.CharField(max_length=200, allow_blank=True, default="")
    holder = serializers.EmailField(
        allow_null=True, default=None, help_text="The address of an approver of the council."
    )
    is_active = serializers.BooleanField(default=True)


class AccountShape(serializers.Serializer[Any]):
    """One account."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    name_welsh = serializers.CharField()
    kind = serializers.ChoiceField([each.value for each in AccountKind])
    categories = serializers.ListField(
        child=serializers.CharField(),
        help_text="The beginnings of the CPV codes that are bought on it.",
    )
    is_active = serializers.BooleanField(help_text="Whether it is offered for new things.")
    version = serializers.IntegerField()


class AccountInput(Input):
    """What an account is to say."""

    name = serializers.CharField(max_length=200)
    name_welsh = serializers.CharField(max_length=200, allow_blank=True, default="")
    kind = serializers.ChoiceField(
        [each.value for each in AccountKind], default=AccountKind.EXPENSE.value
    )
    categories = serializers.ListField(
        child=serializers.RegexField(r"^[0-9]{2,8}\Z", max_length=8),
        max_length=200,
        default=list,
    )
    is_active = serializers.BooleanField(default=True)


class CostCentreList(Operation):
    """The parts of the council that have money of their own."""

    access = READERS
    scope = CENTRES

    @described(
        "List cost centres",
        answers=CostCentreShape,
        asks=ListQuery,
        is_list=True,
        example=CENTRE_EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List cost centres by their code."""
        rows = cost_centres_kept(actor(request).organisation_id, **self.asked(ListQuery))
        return self.page(rows, CostCentreShape, keys=("code", "id"))


class CostCentreOne(Operation):
    """One cost centre, by the council's own code."""

    access = READERS
    writers = KEEPERS
    scope = CENTRES

    @described(
        "Read a cost centre", answers=CostCentreShape, is_versioned=True, example=CENTRE_EXAMPLE
    )
    def get(self, request: Request, code: str) -> Response:
        """Read a cost centre."""
        rows = cost_centres_kept(actor(request).organisation_id)
        return answer(one_of(rows, code), CostCentreShape)

    @described(
        "Add or change a cost centre",
        answers=CostCentreShape,
        takes=CostCentreInput,
        is_versioned=True,
        may_match=True,
        refusals=REFUSALS,
        example=CENTRE_EXAMPLE,
        sent=CENTRE_SENT,
    )
    @idempotent()
    def put(self, request: Request, code: str) -> Response:
        """Make a cost centre say this. One that is there needs If-Match; a new one does not.

        Finance officers and administrators can. Retire it with `is_active` false.
        """
        council_id = actor(request).organisation_id
        rows = cost_centres_kept(council_id)
        facts = self.taken(CostCentreInput)
        email = facts.pop("holder")
        facts["holder_id"] = None
        if email:
            holder = people_who_may_hold(council_id).filter(user__email=email.lower()).first()
            if holder is None:
                detail = _("No approver of your council has this address.")
                raise CodesNotRight(detail, errors=[FieldProblem("holder", detail)])
            facts["holder_id"] = holder.pk
        key = put(request, COST_CENTRES, rows, code, facts)
        return answer(rows.one(key), CostCentreShape)


class AccountList(Operation):
    """What money is spent on."""

    access = READERS
    scope = ACCOUNT_SCOPES

    @described(
        "List accounts", answers=AccountShape, asks=ListQuery, is_list=True, example=ACCOUNT_EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """List accounts by their code."""
        rows = accounts_kept(actor(request).organisation_id, **self.asked(ListQuery))
        return self.page(rows, AccountShape, keys=("code", "id"))


class AccountOne(Operation):
    """One account, by the council's own code."""

    access = READERS
    writers = KEEPERS
    scope = ACCOUNT_SCOPES

    @described("Read an account", answers=AccountShape, is_versioned=True, example=ACCOUNT_EXAMPLE)
    def get(self, request: Request, code: str) -> Response:
        """Read an account."""
        return answer(one_of(accounts_kept(actor(request).organisation_id), code), AccountShape)

    @described(
        "Add or change an account",
        answers=AccountShape,
        takes=AccountInput,
        is_versioned=True,
        may_match=True,
        refusals=REFUSALS,
        example=ACCOUNT_EXAMPLE,
        sent=ACCOUNT_SENT,
    )
    @idempotent()
    def put(self, request: Request, code: str) -> Response:
        """Make an account say this. One that is there needs If-Match; a new one does not.

        Finance officers and administrators can. Retire it with `is_active` false.
        """
        rows = accounts_kept(actor(request).organisation_id)
        key = put(request, ACCOUNTS, rows, code, self.taken(AccountInput))
        return answer(rows.one(key), AccountShape)
