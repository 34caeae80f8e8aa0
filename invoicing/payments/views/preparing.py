"""Preparing a payment run: what is due, what is left out and why."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from invoicing.payments.forms import DueFilter, PreparationForm, chosen_day
from invoicing.payments.selectors.due import due_plan
from invoicing.payments.selectors.runs import last_payer, names_of
from invoicing.payments.services.preparing import Prepared, prepare_run
from invoicing.payments.views.shown import WHY_WORDS
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.problems import show_on, status_of


@access("payments")
@require_http_methods(["GET", "HEAD", "POST"])
def payment_run_prepare(request: HttpRequest) -> HttpResponse:
    """Show what is due by a day, and bring it together in a run."""
    preparer, status = actor(request), 200
    if request.method == "POST":
        status = 422
        form = PreparationForm(request.POST)
        if form.is_valid():
            try:
                done = _prepared(preparer, form)
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                _say(request, done)
                return redirect("payment-run", done.run.pk)
        asked = DueFilter({"due_by_on": request.POST.get("due_by_on", "")})
    else:
        asked, form = DueFilter(request.GET or None), None
    due_by_on = chosen_day(asked, timezone.localdate())
    return render(
        request,
        "invoicing/payment_run_prepare.html",
        {
            "asked": DueFilter(initial={"due_by_on": due_by_on}) if asked.is_valid() else asked,
            "form": form or PreparationForm(initial=_usual(preparer, due_by_on)),
            "due_by_on": due_by_on,
            **_plan(preparer, due_by_on),
        },
        status=status,
    )


def _prepared(preparer: Actor, form: PreparationForm) -> Prepared:
    return prepare_run(
        preparer=preparer,
        payer=form.payer,
        pay_on=form.cleaned_data["pay_on"],
        due_by_on=form.cleaned_data["due_by_on"],
        at=timezone.now(),
    )


def _say(request: HttpRequest, done: Prepared) -> None:
    left_out = len(done.left_out)
    said = _("%(number)s is prepared, and waits for a second person.") % {"number": done.run.number}
    if left_out:
        said += " " + ngettext(
            "%(count)d supplier was left out.", "%(count)d suppliers were left out.", left_out
        ) % {"count": left_out}
    messages.success(request, said)


def _usual(preparer: Actor, due_by_on: date) -> dict[str, Any]:
    """Return the council's own account as it was last, so that nobody types it every week."""
    last = last_payer(preparer.organisation_id)
    facts = {"due_by_on": due_by_on}
    if last is None:
        return facts
    return {
        **facts,
        "payer_name": last.payer_name,
        "payer_sort_code": last.payer_sort_code,
        "payer_account_number": last.payer_account_number,
    }


def _plan(preparer: Actor, due_by_on: date) -> dict[str, Any]:
    plan = due_plan(preparer.organisation_id, due_by_on)
    dues = [*(each.due for each in plan.paid), *(each.due for each in plan.left_out)]
    names = names_of({each.supplier_id for each in dues})
    return {
        "plan": plan,
        "paid": [(names[each.due.supplier_id], each.due) for each in plan.paid],
        "left_out": [
            (names[each.due.supplier_id], each.due, WHY_WORDS[each.why]) for each in plan.left_out
        ],
    }
