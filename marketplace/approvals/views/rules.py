"""Who approves what: the page that says it, and the page that changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.approvals.cost_centres import cost_centres_held
from marketplace.approvals.forms import Draft, PolicyForm, TryOut
from marketplace.approvals.models import Policy
from marketplace.approvals.rules import Approver, TierStep
from marketplace.approvals.selectors.plans import approvers_of, policy_of
from marketplace.approvals.selectors.policies import (
    people_who_ask,
    policies_of,
    suggested_tiers,
    tier_steps,
    trial,
)
from marketplace.approvals.services.policies import PolicyChanged, set_policy
from marketplace.approvals.views.shown import plan_names, shown_rules, shown_versions
from marketplace.approvals.wording import pounds
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.problems import show_on, status_of

COUNCIL = tuple(role.value for role in Role if role is not Role.SUPPLIER)


@access(*COUNCIL)
@require_safe
def approval_rules(request: HttpRequest) -> HttpResponse:
    """Show who approves what, who would be asked about something, and what it was earlier."""
    reader = actor(request)
    council_id = reader.organisation_id
    policy = policy_of(council_id)
    tiers, allowed = _rules(policy)
    form = tried = None
    if policy is not None:
        form = _try_out(council_id, request.GET if "amount" in request.GET else None)
        tried = _tried(council_id, form, tiers, allowed)
    page = page_by_key(
        policies_of(council_id), request.GET.get("after"), keys=("-version",), size=10
    )
    return render(
        request,
        "approvals/rules.html",
        {
            "policy": policy,
            "rules": shown_rules(council_id, tiers, allowed) if policy else None,
            "form": form,
            "tried": tried,
            "page": page,
            "versions": shown_versions(council_id, page.rows),
            "may_change": reader.holds("administrator"),
        },
    )


@access("administrator")
@require_http_methods(["GET", "HEAD", "POST"])
def approval_rules_change(request: HttpRequest) -> HttpResponse:
    """Draft new rules, look at what they would do, and put them in force."""
    administrator = actor(request)
    policy = policy_of(administrator.organisation_id)
    if request.method != "POST":
        tiers, allowed = _rules(policy)
        draft = Draft.of(tiers or suggested_tiers(administrator.organisation_id), allowed)
        return _drafting(request, _unbound(administrator, draft, policy), policy)
    button = request.POST.get("do", "")
    draft = Draft.sent(request.POST)
    if button not in {"check", "try", "confirm"}:
        form = _unbound(administrator, draft.after(button), policy)
        form.initial["version"] = request.POST.get("version", "0")
        return _drafting(request, form, policy)
    form = PolicyForm(request.POST, draft=draft, people=_approvers(administrator))
    if not form.is_valid():
        return _drafting(request, form, policy, 422)
    if button == "confirm":
        return _confirmed(request, form, administrator, policy)
    return _checked(request, form, policy, tries=button == "try")


def _confirmed(
    request: HttpRequest, form: PolicyForm, administrator: Actor, policy: Policy | None
) -> HttpResponse:
    if not constant_time_compare(request.POST.get("mark", ""), form.mark()):
        form.add_error(None, _("These are not the rules that you checked. Look at them again"))
        return _checked(request, form, policy, status=409)
    try:
        done = set_policy(
            administrator=administrator,
            tiers=form.tiers(),
            over_budget_allowed_by=form.over_budget_allowed_by(),
            replaces=form.cleaned_data["version"],
            at=timezone.now(),
        )
    except PolicyChanged as refusal:
        show_on(form, refusal)
        return _checked(request, form, policy, status=status_of(refusal))
    except Refusal as refusal:
        show_on(form, refusal)
        return _drafting(request, form, policy, status_of(refusal))
    messages.success(
        request, _("Version %(version)d is in force from now on.") % {"version": done.version}
    )
    return redirect("approval-rules")


def _drafting(
    request: HttpRequest, form: PolicyForm, policy: Policy | None, status: int = 200
) -> HttpResponse:
    """Answer with the form in which rules are drafted."""
    page = {"form": form, "policy": policy, "rungs": form.draft.rungs}
    return render(request, "approvals/rules_change.html", page, status=status)


def _checked(
    request: HttpRequest,
    form: PolicyForm,
    policy: Policy | None,
    *,
    tries: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Answer with the rules in force beside those that were typed, and what they would do."""
    council_id = actor(request).organisation_id
    tiers, allowed, mark = form.tiers(), form.over_budget_allowed_by(), form.mark()
    old_tiers, old_allowed = _rules(policy)
    try_form = _try_out(council_id, request.POST if tries else None)
    tried = _tried(council_id, try_form, tiers, allowed)
    # What was looked at is what is shown now: whoever confirms it, has seen it.
    version = policy.version if policy else 0
    return render(
        request,
        "approvals/rules_check.html",
        {
            "form": form,
            "policy": policy,
            "before": shown_rules(council_id, old_tiers, old_allowed) if policy else None,
            "after": shown_rules(council_id, tiers, allowed),
            "try_form": try_form,
            "tried": tried,
            "kept": [("version", str(version)), ("mark", mark), *_kept(form, request.POST)],
        },
        status=422 if try_form.errors else status,
    )


def _kept(form: PolicyForm, data: QueryDict) -> list[tuple[str, str]]:
    """Return the draft as the hidden fields that carry it."""
    names = [name for name in form.fields if name != "version"]
    return [(name, value) for name in names for value in data.getlist(name)]


def _rules(policy: Policy | None) -> tuple[list[TierStep], list[UUID]]:
    if policy is None:
        return [], []
    return tier_steps(policy.tiers.all()), list(policy.over_budget_allowed_by)


def _unbound(administrator: Actor, draft: Draft, policy: Policy | None) -> PolicyForm:
    initial = {**draft.initial(), "version": policy.version if policy else 0}
    return PolicyForm(initial=initial, draft=draft, people=_approvers(administrator))


def _approvers(administrator: Actor) -> list[tuple[str, str]]:
    """Return whom rules can name, each with how much they may approve."""
    return [
        (str(each.membership_id), _with_limit(each))
        for each in approvers_of(administrator.organisation_id)
    ]


def _with_limit(approver: Approver) -> str:
    if approver.limit_amount is None:
        return _("%(name)s, no limit set") % {"name": approver.name}
    return _("%(name)s, up to %(limit)s") % {
        "name": approver.name,
        "limit": pounds(approver.limit_amount),
    }


def _try_out(council_id: UUID, data: Mapping[str, Any] | None) -> TryOut:
    centres = [(str(each.id), each.holder.label) for each in cost_centres_held(council_id)]
    people = [(str(each.user_id), each.user.name) for each in people_who_ask(council_id)]
    return TryOut(data, cost_centres=centres, people=people)


def _tried(
    council_id: UUID, form: TryOut, tiers: Sequence[TierStep], allowed: Sequence[UUID]
) -> dict[str, Any] | None:
    """Return who would be asked about what was tried, None when nothing was."""
    if not form.is_bound or not form.is_valid():
        return None
    said = form.cleaned_data
    centres = {str(each.id): each for each in cost_centres_held(council_id)}
    plan = trial(
        council_id,
        tiers,
        allowed,
        amount=said["amount"],
        cost_centre=centres.get(said["cost_centre"]),
        requester_user_id=UUID(said["requester"]),
        is_over_budget=said["is_over_budget"],
    )
    return {"plan": plan, "steps": plan_names(plan)}
