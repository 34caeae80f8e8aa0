"""Standing in: lending one's approvals to a colleague for some days."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.approvals.forms import StandIn
from marketplace.approvals.selectors.cases import delegations_given, delegations_held
from marketplace.approvals.selectors.plans import approvers_of
from marketplace.approvals.services.delegations import delegate_approvals, end_delegation
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

SHOWN = 20


@access("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def stand_ins(request: HttpRequest) -> HttpResponse:
    """Show who stands in for whom, and let somebody be asked to."""
    acting, at = actor(request), timezone.now()
    form, status = StandIn(posted(request), colleagues=_colleagues(acting)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = delegate_approvals(delegator=acting, at=at, **_said(form))
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request,
                    _("%(name)s stands in for you.") % {"name": made.delegate.user.name},
                )
                return redirect("stand-ins")
    today = timezone.localdate(at)
    return render(
        request,
        "approvals/stand_ins.html",
        {
            "form": form,
            "given": list(delegations_given(acting.organisation_id, acting.membership_id)[:SHOWN]),
            "held": list(delegations_held(acting.organisation_id, acting.membership_id, today)),
            "today": today,
            "limit": acting.approval_limit_amount,
        },
        status=status,
    )


def _colleagues(acting: Actor) -> list[tuple[str, str]]:
    everybody = approvers_of(acting.organisation_id)
    return [
        (str(each.membership_id), each.name)
        for each in everybody
        if each.membership_id != acting.membership_id
    ]


def _said(form: StandIn) -> dict[str, Any]:
    said = dict(form.cleaned_data)
    return {"delegate_id": UUID(said.pop("delegate")), **said}


@access("approver")
@require_POST
def stand_in_end(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    """Take back what was lent."""
    end_delegation(delegation_id=delegation_id, delegator=actor(request), at=timezone.now())
    messages.success(request, _("They no longer stand in for you."))
    return redirect("stand-ins")
