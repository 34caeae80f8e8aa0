"""Which account plays which part, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.errors import FieldProblem
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.models import Account
from marketplace.ledger.parts import PART_WORDS
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.selectors.controls import accounts_by_role, version_of
from marketplace.ledger.services.controls import (
    AccountDoesNotFit,
    ControlAccountInUse,
    ControlAccountsChanged,
    ControlsNotAllowed,
    set_control_accounts,
)
from marketplace.ledger.states import AccountRole
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

SENT = {"creditors": "19010", "receipts": "19020", "vat_input": "19030", "bank": "19040"}
EXAMPLE = {role.lower(): SENT.get(role.lower()) for role in AccountRole}


class ControlAccounts(Operation):
    """Which account plays which part in what is posted by itself."""

    access = READERS
    writers = KEEPERS
    scope = {"GET": "control-accounts:read", "PUT": "control-accounts:write"}

    class Parts(Input):
        """Codes of accounts by the part that each is to play; others stay as they are."""

        def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
            """Return a code for every part there is."""
            return {
                role.lower(): serializers.CharField(
                    max_length=20, required=False, help_text=str(PART_WORDS[role])
                )
                for role in AccountRole
            }

    class Output(serializers.Serializer[Any]):
        """The code of the account that plays each part, null where nobody has chosen one."""

        def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
            """Return a code for every part there is."""
            return {
                role.lower(): serializers.CharField(
                    allow_null=True, help_text=str(PART_WORDS[role])
                )
                for role in AccountRole
            }

    @described("Read the control accounts", answers=Output, is_versioned=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Read which account plays which part."""
        return self._answer(accounts_by_role(actor(request).organisation_id))

    @described(
        "Choose control accounts",
        answers=Output,
        takes=Parts,
        is_versioned=True,
        is_change=True,
        refusals=(
            ControlsNotAllowed,
            ControlAccountsChanged,
            AccountDoesNotFit,
            ControlAccountInUse,
        ),
        example=EXAMPLE,
        sent=SENT,
    )
    @idempotent()
    def put(self, request: Request) -> Response:
        """Say which accounts play these parts. Finance officers and administrators can.

        An account of the balance sheet plays one part only, and none is changed while something
        stands on the account that plays it.
        """
        finance = actor(request)
        seen = version_of(accounts_by_role(finance.organisation_id))
        check_if_match(request, seen)
        chosen = _chosen(finance.organisation_id, self.taken(self.Parts))
        return self._answer(
            set_control_accounts(finance=finance, accounts=chosen, at=timezone.now(), version=seen)
        )

    def _answer(self, accounts: dict[AccountRole, Account]) -> Response:
        codes: dict[str, str | None] = {role.lower(): None for role in AccountRole}
        codes |= {role.lower(): each.code for role, each in accounts.items()}
        return Response(self.Output(codes).data, headers={"ETag": etag(version_of(accounts))})


def _chosen(council_id: UUID, sent: dict[str, str]) -> dict[AccountRole, UUID]:
    """Return accounts by key, for those that were sent by code.

    Raises: AccountDoesNotFit with one error for each code that is not here.
    """
    _centres, accounts = keys_by_code(council_id)
    wrong = [
        FieldProblem(part, _("There is no such code here."))
        for part, code in sent.items()
        if code not in accounts
    ]
    if wrong:
        raise AccountDoesNotFit(errors=wrong)
    return {AccountRole(part.upper()): accounts[code] for part, code in sent.items()}
