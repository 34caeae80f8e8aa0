"""Payment runs, for programs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.payments.accounts import BankAccount
from invoicing.payments.api.shapes import (
    HASH,
    ID,
    PAYMENT_EXAMPLE,
    RUN_EXAMPLE,
    DueShape,
    LeftOutShape,
    PaymentShape,
    RunShape,
)
from invoicing.payments.files import PaymentFileFaulty
from invoicing.payments.rules import Due
from invoicing.payments.selectors.due import due_plan
from invoicing.payments.selectors.runs import payment_runs, payments_in, with_documents
from invoicing.payments.services.checks import (
    PayDayPassed,
    PayeeChanged,
    PaymentsNotAllowed,
    RunNotAsFixed,
)
from invoicing.payments.services.exporting import export_run, hand_out_file
from invoicing.payments.services.preparing import (
    NothingToPay,
    PayDayNotRight,
    PayerNotRight,
    prepare_run,
)
from invoicing.payments.services.runs import (
    LONGEST_REASON,
    RunApprovalNotAllowed,
    RunNotAsSeen,
    VoidReasonNeeded,
    approve_run,
    void_run,
)
from invoicing.payments.services.settlement import BankDayNotRight, settle_run
from invoicing.states import RunStatus
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.controls import ControlAccountMissing
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

READERS: Final = ("payments", "finance", "auditor")
CHECKERS: Final = ("payments", "finance")
SCOPES: Final = {"GET": "payment-runs:read", "POST": "payment-runs:write"}


class PaymentRunList(api.Operation):
    """Payment runs, and the preparing of one."""

    access = READERS
    writers = ("payments",)
    scope = SCOPES

    class Query(api.Input):
        """Which to list."""

        status = serializers.ChoiceField([each.value for each in RunStatus], required=False)

    class Input(api.Input):
        """What to pay, when, and from which account."""

        due_by_on = StrictDay(help_text="Invoices that are due by this day are paid.")
        pay_on = StrictDay(help_text="When the bank is to pay: no weekend, no bank holiday.")
        payer_name = serializers.CharField(max_length=140, help_text="On the council’s account.")
        payer_sort_code = serializers.CharField(max_length=20)
        payer_account_number = serializers.CharField(max_length=20)

    @described("List payment runs", answers=RunShape, asks=Query, is_list=True, example=RUN_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List payment runs, the latest first."""
        rows = payment_runs(actor(request).organisation_id, **self.asked(self.Query))
        return self.page(rows, RunShape, keys=("-id",))

    @described(
        "Prepare a payment run",
        answers=RunShape,
        takes=Input,
        status=201,
        refusals=(
            PaymentsNotAllowed,
            PayDayNotRight,
            PayerNotRight,
            NothingToPay,
            PaymentFileFaulty,
        ),
        example=RUN_EXAMPLE,
        sent={
            "due_by_on": "2026-11-30", "pay_on": "2026-11-26",
            "payer_name": "Castermere City Council", "payer_sort_code": "202015",
            "payer_account_number": "55555555",
        },
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request) -> Response:
        """Bring together everything that is approved and due, and fix it. Payments officers can.

        Read what is due first: it says who would be left out, and why.
        """
        said = self.taken(self.Input)
        payer = BankAccount(
            said["payer_name"], said["payer_sort_code"], said["payer_account_number"]
        )
        made = prepare_run(
            preparer=actor(request),
            payer=payer,
            pay_on=said["pay_on"],
            due_by_on=said["due_by_on"],
            at=timezone.now(),
        )
        return Response(RunShape(made.run).data, status=201)


class PaymentRunDue(api.Operation):
    """What a run would pay."""

    access = READERS
    scope = SCOPES

    class Query(api.Input):
        """Up to which day."""

        due_by_on = StrictDay(required=False, help_text="Today, if not given.")

    class Output(serializers.Serializer[Any]):
        """Who would be paid what, and who would be left out."""

        total_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
        paid = DueShape(many=True)
        left_out = LeftOutShape(many=True)

    @described(
        "See what a payment run would pay",
        answers=Output,
        asks=Query,
        example={
            "total_amount": "120.00",
            "paid": [{"supplier_id": ID, "amount": "120.00", "documents_count": 2}],
            "left_out": [
                {"supplier_id": ID, "amount": "7.00", "documents_count": 1, "why": "NO_ACCOUNT"}
            ],
        },
    )
    def get(self, request: Request) -> Response:
        """See what is approved and due by a day, and who would be left out, with the reason."""
        day = self.asked(self.Query).get("due_by_on") or timezone.localdate()
        plan = due_plan(actor(request).organisation_id, day)
        told = {
            "total_amount": plan.total_amount,
            "paid": [_told(each.due) for each in plan.paid],
            "left_out": [{**_told(each.due), "why": each.why} for each in plan.left_out],
        }
        return Response(self.Output(told).data)


def _told(due: Due) -> dict[str, Any]:
    return {
        "supplier_id": due.supplier_id,
        "amount": due.amount,
        "documents_count": len(due.documents),
    }


class PaymentRunOne(api.Operation):
    """One payment run."""

    access = READERS
    scope = SCOPES

    @described("Read a payment run", answers=RunShape, example=RUN_EXAMPLE)
    def get(self, request: Request, payment_run_id: UUID) -> Response:
        """Read a payment run. Its payments are a list of their own."""
        return _answer(request, payment_run_id)


class PaymentRunPayments(api.Operation):
    """The payments of a run."""

    access = READERS
    scope = SCOPES

    @described(
        "List the payments of a run", answers=PaymentShape, is_list=True, example=PAYMENT_EXAMPLE
    )
    def get(self, request: Request, payment_run_id: UUID) -> Response:
        """List whom a run pays what, and for which invoices."""
        run = payment_runs(actor(request).organisation_id).one(payment_run_id)
        rows = with_documents(payments_in(run))
        return self.page(rows, PaymentShape, keys=("end_to_end_id", "id"))


class PaymentRunApproval(api.Operation):
    """A second person's yes."""

    access = CHECKERS
    scope = SCOPES

    class Input(api.Input):
        """What was read."""

        frozen_sha256 = serializers.CharField(
            max_length=64, help_text="The hash of the run that you read."
        )

    @described(
        "Approve a payment run",
        answers=RunShape,
        takes=Input,
        refusals=(
            PaymentsNotAllowed, RunApprovalNotAllowed, RunNotAsSeen, RunNotAsFixed, PayeeChanged,
            PayDayPassed, IllegalMove,
        ),
        example={**RUN_EXAMPLE, "status": "APPROVED"},
        sent={"frozen_sha256": HASH},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, payment_run_id: UUID) -> Response:
        """Approve exactly what was fixed. Not for whoever had a hand in what is in it."""
        approver = actor(request)
        run = payment_runs(approver.organisation_id).one(payment_run_id)
        approve_run(
            run_id=run.pk,
            approver=approver,
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(request, payment_run_id)


class PaymentRunCancellation(api.Operation):
    """Giving a run up."""

    access = CHECKERS
    scope = SCOPES

    class Input(api.Input):
        """Why."""

        reason = serializers.CharField(max_length=LONGEST_REASON)

    @described(
        "Give a payment run up",
        answers=RunShape,
        takes=Input,
        refusals=(PaymentsNotAllowed, VoidReasonNeeded, IllegalMove),
        example={**RUN_EXAMPLE, "status": "VOID"},
        sent={"reason": "Wrong day."},
    )
    @idempotent()
    def post(self, request: Request, payment_run_id: UUID) -> Response:
        """Give a run up before the bank's file is made; its invoices can be paid by another."""
        person = actor(request)
        run = payment_runs(person.organisation_id).one(payment_run_id)
        void_run(
            run_id=run.pk,
            person=person,
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(request, payment_run_id)


class PaymentRunExport(api.Operation):
    """The making of the bank's file."""

    access = "payments"
    scope = SCOPES

    @described(
        "Make the bank’s file of a payment run",
        answers=RunShape,
        refusals=(
            PaymentsNotAllowed, PayDayPassed, RunNotAsFixed, PayeeChanged, PaymentFileFaulty,
            ControlAccountMissing, NoOpenPeriod, IllegalMove,
        ),
        example={**RUN_EXAMPLE, "status": "EXPORTED"},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, payment_run_id: UUID) -> Response:
        """Make the file, post each payment, and call its invoices paid. It is made once."""
        export_run(run_id=payment_run_id, payments=actor(request), at=timezone.now())
        return _answer(request, payment_run_id)


class PaymentRunFile(api.Operation):
    """The bank's file."""

    access = "payments"
    scope = SCOPES

    @described(
        "Download the bank’s file of a payment run",
        media_type="application/xml",
        refusals=(PaymentsNotAllowed,),
    )
    def get(self, request: Request, payment_run_id: UUID) -> HttpResponse:
        """Download the file as it was made: pain.001.001.09. Who took it is noted each time."""
        kept = hand_out_file(run_id=payment_run_id, payments=actor(request), at=timezone.now())
        response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
        response["Content-Disposition"] = f'attachment; filename="{kept.name}"'
        response["ETag"] = f'"{kept.sha256}"'
        response["Cache-Control"] = "private, no-store"
        return response


class PaymentRunSettlement(api.Operation):
    """What the bank did with a run."""

    access = "payments"
    scope = SCOPES

    class Input(api.Input):
        """When."""

        settled_on = StrictDay(help_text="The day on the bank statement.")

    @described(
        "Say that the bank paid a run",
        answers=RunShape,
        takes=Input,
        refusals=(
            PaymentsNotAllowed, BankDayNotRight, ControlAccountMissing, NoOpenPeriod, IllegalMove,
        ),
        example={**RUN_EXAMPLE, "status": "SETTLED", "settled_on": "2026-11-26"},
        sent={"settled_on": "2026-11-26"},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, payment_run_id: UUID) -> Response:
        """Say when the bank took a run off the account. Tell of what came back before."""
        payments = actor(request)
        run = payment_runs(payments.organisation_id).one(payment_run_id)
        settle_run(
            run_id=run.pk,
            payments=payments,
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(request, payment_run_id)


def _answer(request: Request, payment_run_id: UUID) -> Response:
    run = payment_runs(actor(request).organisation_id).one(payment_run_id)
    return Response(RunShape(run).data)
