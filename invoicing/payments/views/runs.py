"""Payment runs: the list, one of them, and every deed with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invoicing.models import PaymentRun
from invoicing.payments.forms import (
    ApprovalForm,
    FailureForm,
    GivingUpForm,
    RunFilter,
    SettlementForm,
)
from invoicing.payments.selectors.accounts import unconfirmed_accounts
from invoicing.payments.selectors.hands import (
    hands_in,
    made_sure_by_the_preparer,
    who_can_approve,
)
from invoicing.payments.selectors.runs import (
    accounts_changed_before,
    came_back_of,
    documents_of_payments,
    paid_late,
    payment,
    payment_runs,
    payments_in,
)
from invoicing.payments.services.checks import CHECKERS as CHECKING_ROLES
from invoicing.payments.services.exporting import export_run, hand_out_file
from invoicing.payments.services.runs import HAND_WORDS, approve_run, void_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.payments.views.shown import CHECKERS, READERS, digits
from invoicing.states import RunStatus
from marketplace.audit.selectors import timeline
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.ordering.bought.views.story import told
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

PAYMENTS_SHOWN = 50
LATE_SHOWN = 50


@access(*READERS)
@require_safe
def payment_runs_list(request: HttpRequest) -> HttpResponse:
    """List payment runs, and say which bank details nobody has made sure of."""
    reader, form = actor(request), RunFilter(request.GET or None)
    return show_list(
        request,
        "invoicing/payment_runs.html",
        payment_runs(reader.organisation_id, **chosen_in(form)),
        form=form,
        keys=("-id",),
        may_prepare=reader.holds("payments"),
        unconfirmed_count=unconfirmed_accounts(reader.organisation_id).count(),
    )


@access(*READERS)
@require_safe
def payment_run(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Show one run: whom it pays what, whose bank details changed, and what happened."""
    reader = actor(request)
    run = payment_runs(reader.organisation_id).one(payment_run_id)
    page = page_by_key(
        payments_in(run),
        request.GET.get("after"),
        keys=("end_to_end_id", "id"),
        size=PAYMENTS_SHOWN,
    )
    documents = documents_of_payments(reader.organisation_id, [each.pk for each in page.rows])
    return render(
        request,
        "invoicing/payment_run.html",
        {
            **_facts(reader, run),
            "page": page,
            "payments": [
                (
                    each,
                    digits(reader, each.payee_sort_code, each.payee_account_number),
                    documents[each.pk],
                )
                for each in page.rows
            ],
            "events": told(timeline(run, *payments_in(run).filter(failed_at__isnull=False))),
        },
    )


def _facts(reader: Actor, run: PaymentRun) -> dict[str, Any]:
    """Return what the run's page and the page of its approval both show."""
    changes = accounts_changed_before(run, timezone.now())
    late = paid_late(run)
    return {
        "run": run,
        "payer": digits(reader, run.payer_sort_code, run.payer_account_number),
        "actions": run_verbs(run, reader),
        "changes": [each for each in changes if each.before is not None],
        "first_accounts": [each for each in changes if each.before is None],
        "late": list(late[:LATE_SHOWN]),
        "late_count": late.count(),
        "came_back": came_back_of(run) if run.exported_at else Decimal(0),
        **_second_person(run, reader),
    }


def _second_person(run: PaymentRun, reader: Actor) -> dict[str, Any]:
    """Return, for a run that waits for approval, why `reader` cannot be the one, and who can."""
    if "approve" not in run.verbs():
        return {}
    hand = hands_in(run, [reader.user_id]).get(reader.user_id)
    return {
        "not_you": HAND_WORDS[hand] if hand and reader.holds(*CHECKERS) else "",
        "who_can": who_can_approve(run, CHECKING_ROLES),
        "sure_by_preparer": made_sure_by_the_preparer(run),
    }


def run_verbs(run: PaymentRun, reader: Actor) -> list[str]:
    """Return the verbs that `reader` can be offered now, with "download" and "fail" added."""
    offered = []
    possible = run.verbs()
    if "approve" in possible and reader.holds(*CHECKERS) and not hands_in(run, [reader.user_id]):
        offered.append("approve")
    if "void" in possible and reader.holds(*CHECKERS):
        offered.append("void")
    if reader.holds("payments"):
        offered += [verb for verb in ("export", "settle") if verb in possible]
        if run.status in {RunStatus.EXPORTED, RunStatus.SETTLED}:
            offered += ["download", "fail"]
    return offered


def _asked(
    request: HttpRequest,
    form: forms.Form,
    deed: Callable[[dict[str, Any], datetime], object],
    done: Callable[[], HttpResponse],
    page: tuple[str, dict[str, Any]],
) -> HttpResponse:
    """Show a form; when it was sent, do the deed, or show what is wrong with it."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                deed(form.cleaned_data, timezone.now())
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                return done()
    template, facts = page
    return render(request, template, {"form": form, **facts}, status=status)


def _to_run(request: HttpRequest, run: PaymentRun, words: str) -> HttpResponse:
    messages.success(request, words % {"number": run.number})
    return redirect("payment-run", run.pk)


@access(*CHECKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def payment_run_approve(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Show once more what is paid, and approve exactly that."""
    approver = actor(request)
    run = payment_runs(approver.organisation_id).one(payment_run_id)
    form = ApprovalForm(posted(request), initial={"frozen_sha256": run.frozen_sha256})
    largest = payments_in(run).order_by("-amount", "id")[:10]
    return _asked(
        request,
        form,
        lambda said, at: approve_run(run_id=run.pk, approver=approver, at=at, **said),
        lambda: _to_run(request, run, _("%(number)s is approved.")),
        (
            "invoicing/payment_run_approve.html",
            {
                **_facts(approver, run),
                "largest": [
                    (each, digits(approver, each.payee_sort_code, each.payee_account_number))
                    for each in largest
                ],
            },
        ),
    )


@access(*CHECKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def payment_run_give_up(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Give a run up, and say why."""
    person = actor(request)
    run = payment_runs(person.organisation_id).one(payment_run_id)
    return _asked(
        request,
        GivingUpForm(posted(request)),
        lambda said, at: void_run(run_id=run.pk, person=person, at=at, **said),
        lambda: _to_run(request, run, _("%(number)s is given up.")),
        ("invoicing/payment_run_give_up.html", {"run": run, "actions": run_verbs(run, person)}),
    )


@access("payments")
@require_POST
def payment_run_export(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Make the file for the bank."""
    run = export_run(run_id=payment_run_id, payments=actor(request), at=timezone.now())
    return _to_run(
        request, run, _("The file of %(number)s is made. Download it and give it to your bank.")
    )


@access("payments")
@require_POST
def payment_run_file(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Hand out the file for the bank as it was made; who took it stands in the audit trail."""
    kept = hand_out_file(run_id=payment_run_id, payments=actor(request), at=timezone.now())
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    safe_name = re.sub(r"[^A-Za-z0-9._-]", "-", kept.name)
    response["Content-Disposition"] = f'attachment; filename="{safe_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@access("payments")
@require_http_methods(["GET", "HEAD", "POST"])
def payment_run_settle(request: HttpRequest, payment_run_id: UUID) -> HttpResponse:
    """Say when the bank paid a run."""
    person = actor(request)
    run = payment_runs(person.organisation_id).one(payment_run_id)
    return _asked(
        request,
        SettlementForm(posted(request), initial={"settled_on": run.pay_on}),
        lambda said, at: settle_run(run_id=run.pk, payments=person, at=at, **said),
        lambda: _to_run(request, run, _("%(number)s is paid by the bank.")),
        ("invoicing/payment_run_settle.html", {"run": run, "actions": run_verbs(run, person)}),
    )


@access("payments")
@require_http_methods(["GET", "HEAD", "POST"])
def payment_fail(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Say that the bank gave one payment back."""
    person = actor(request)
    found = payment(person.organisation_id, payment_id)
    return _asked(
        request,
        FailureForm(posted(request), initial={"failed_on": timezone.localdate()}),
        lambda said, at: fail_payment(payment_id=found.pk, payments=person, at=at, **said),
        lambda: _to_run(request, found.run, _("A payment of %(number)s came back.")),
        (
            "invoicing/payment_fail.html",
            {
                "payment": found,
                "account": digits(person, found.payee_sort_code, found.payee_account_number),
                "possible": found.failed_at is None and found.sent_at is not None,
            },
        ),
    )
