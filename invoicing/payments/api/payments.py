"""Single payments, from either side, and suppliers' accounts, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.payments.api.shapes import (
    ID,
    PAYEE_EXAMPLE,
    PAYMENT_EXAMPLE,
    PayeeShape,
    PaymentShape,
)
from invoicing.payments.selectors.accounts import payee_accounts, unconfirmed_accounts
from invoicing.payments.selectors.runs import (
    payments_of_council,
    payments_received,
    with_documents,
)
from invoicing.payments.services.accounts import (
    LONGEST_SAID,
    AccountNotLatest,
    AccountOfTheirs,
    ConfirmedBefore,
    HowNotSaid,
    confirm_account,
)
from invoicing.payments.services.checks import PaymentsNotAllowed
from invoicing.payments.services.settlement import (
    LONGEST_FAILURE,
    BankDayNotRight,
    FailureReasonNeeded,
    PaymentFailedBefore,
    PaymentNotSent,
    fail_payment,
)
from marketplace.core.actors import OrganisationKind
from marketplace.ledger.services.controls import ControlAccountMissing
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

READERS = ("payments", "finance", "auditor")
SCOPES = {"GET": "payments:read", "POST": "payments:write"}


class PaymentList(api.Operation):
    """Payments, from either side."""

    access = (*READERS, "supplier")
    scope = SCOPES

    @described("List payments", answers=PaymentShape, is_list=True, example=PAYMENT_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List payments, the latest first: a council's own, or those that councils sent a supplier.

        With the invoices that each is for, so that a program can tick them off.
        """
        reader = actor(request)
        is_supplier = reader.kind == OrganisationKind.SUPPLIER
        mine = payments_received if is_supplier else payments_of_council
        return self.page(with_documents(mine(reader.organisation_id)), PaymentShape, keys=("-id",))


class PaymentFailure(api.Operation):
    """A payment that came back."""

    access = "payments"
    scope = SCOPES

    class Input(api.Input):
        """When, and why."""

        failed_on = StrictDay(help_text="The day on which it came back.")
        reason = serializers.CharField(max_length=LONGEST_FAILURE, help_text="The bank’s reason.")

    @described(
        "Say that a payment came back",
        answers=PaymentShape,
        takes=Input,
        refusals=(
            PaymentsNotAllowed, FailureReasonNeeded, PaymentNotSent, PaymentFailedBefore,
            BankDayNotRight, ControlAccountMissing, NoOpenPeriod,
        ),
        example={**PAYMENT_EXAMPLE, "failed_at": "2026-11-27T09:00:00Z",
                 "failed_reason": "AC04, account closed"},
        sent={"failed_on": "2026-11-27", "reason": "AC04, account closed"},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Say that the bank gave a payment back: what it was for is owed again."""
        person = actor(request)
        rows = with_documents(payments_of_council(person.organisation_id))
        seen = rows.one(payment_id)
        fail_payment(
            payment_id=seen.pk, payments=person, at=timezone.now(), **self.taken(self.Input)
        )
        return Response(PaymentShape(rows.one(payment_id)).data)


class PayeeList(api.Operation):
    """Where suppliers want to be paid."""

    access = READERS
    scope = {"GET": "payees:read", "POST": "payees:write"}

    class Query(api.Input):
        """Which to list."""

        only_unconfirmed = serializers.BooleanField(
            required=False, help_text="Only those of which nobody here has made sure."
        )

    @described(
        "List suppliers’ accounts",
        answers=PayeeShape,
        asks=Query,
        is_list=True,
        example=PAYEE_EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List the account of each of the council's suppliers, the latest change first."""
        council_id = actor(request).organisation_id
        only = self.asked(self.Query).get("only_unconfirmed", False)
        rows = unconfirmed_accounts(council_id) if only else payee_accounts(council_id)
        return self.page(rows, PayeeShape, keys=("-id",))


class PayeeConfirmation(api.Operation):
    """Making sure of an account."""

    access = ("payments", "finance")
    scope = PayeeList.scope

    class Input(api.Input):
        """Whom somebody spoke to, and how."""

        spoke_to = serializers.CharField(
            max_length=LONGEST_SAID, help_text="The person at the supplier."
        )
        spoke_by = serializers.CharField(
            max_length=LONGEST_SAID, help_text="How, with a number that was known before."
        )

    class Output(serializers.Serializer[Any]):
        """Who made sure, and when."""

        account_id = serializers.UUIDField()
        confirmed_at = serializers.DateTimeField()
        confirmed_by_name = serializers.CharField()
        spoke_to = serializers.CharField()
        spoke_by = serializers.CharField()

    @described(
        "Make sure of a supplier’s account",
        answers=Output,
        takes=Input,
        status=201,
        refusals=(
            PaymentsNotAllowed, HowNotSaid, AccountOfTheirs, AccountNotLatest, ConfirmedBefore,
        ),
        example={
            "account_id": ID, "confirmed_at": "2026-11-23T10:00:00Z",
            "confirmed_by_name": "Amira Siddiqui", "spoke_to": "Sal Seller",
            "spoke_by": "01632 960001, from the contract",
        },
        sent={"spoke_to": "Sal Seller", "spoke_by": "01632 960001, from the contract"},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, supplier_account_id: UUID) -> Response:
        """Note that somebody made sure, by another way, that an account is the supplier's."""
        kept = confirm_account(
            account_id=supplier_account_id,
            person=actor(request),
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return Response(self.Output(kept).data, status=201)
