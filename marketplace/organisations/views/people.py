"""Pages about the people of an organisation, for those who look after them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Actor
from marketplace.core.errors import FieldProblem, Refusal
from marketplace.organisations import forms
from marketplace.organisations.selectors.people import invited, member, members_matching
from marketplace.organisations.services.people import (
    change_person,
    deactivate_person,
    invite_person,
    invite_person_again,
    reactivate_person,
)
from marketplace.organisations.services.trust import trust_problems
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import show_more, show_on, status_of


@access("administrator", "supplier")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List who belongs to the organisation."""
    form = forms.PeopleSearchForm(request.GET)
    words = chosen_in(form).get("words", "")
    return show_list(
        request,
        "organisations/people.html",
        members_matching(actor(request).organisation_id, words),
        form=form,
        keys=("user__name", "id"),
        size=50,
        invited=[] if words else invited(actor(request).organisation_id),
    )


@access("administrator", "supplier")
@require_http_methods(["GET", "POST"])
def person_invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody."""
    keeper = actor(request)
    form, status = forms.InvitationForm(posted(request), kind=keeper.kind), 200
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            invite_person(
                keeper=keeper,
                name=facts["name"],
                email=facts["email"],
                roles=facts["roles"],
                approval_limit_amount=facts.get("approval_limit_amount"),
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            said = _("We are sending an invitation to %(email)s.") % {"email": facts["email"]}
            messages.success(request, said)
            return redirect("people")
    elif request.method == "POST":
        show_more(form, _trust_problems(form, keeper, is_new=True))
        status = 422
    return render(request, "organisations/person_invite.html", {"form": form}, status=status)


def _trust_problems(
    form: forms.TrustForm, keeper: Actor, *, is_new: bool = False
) -> list[FieldProblem]:
    """Return what would be refused of what a form could read."""
    read = form.cleaned_data
    limit = read.get("approval_limit_amount")
    return trust_problems(keeper.kind, read.get("roles", []), limit, is_new=is_new)


@access("administrator", "supplier")
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Show a person and change what they are trusted with."""
    keeper = actor(request)
    shown = member(keeper.organisation_id, membership_id)
    initial = {
        "roles": shown.roles,
        "approval_limit_amount": shown.approval_limit_amount,
        "version": shown.version,
    }
    form = forms.TrustForm(posted(request), kind=keeper.kind, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            change_person(
                keeper=keeper,
                membership_id=membership_id,
                version=facts["version"] or 0,
                roles=facts["roles"],
                approval_limit_amount=facts.get("approval_limit_amount"),
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(name)s was changed.") % {"name": shown.known_as})
            return redirect("people")
    elif request.method == "POST":
        show_more(form, _trust_problems(form, keeper))
        status = 422
    page = {"form": form, "person": shown, "events": timeline(shown)}
    return render(request, "organisations/person.html", page, status=status)


@access("administrator", "supplier")
@require_http_methods(["GET", "POST"])
def person_deactivate(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Ask once more, then let a person in no longer."""
    keeper = actor(request)
    shown = member(keeper.organisation_id, membership_id)
    form, status = forms.SeenForm(posted(request), initial={"version": shown.version}), 200
    if request.method == "POST" and form.is_valid():
        try:
            deactivate_person(
                keeper=keeper,
                membership_id=membership_id,
                version=form.cleaned_data["version"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(
                request,
                _("%(name)s can no longer sign in for your organisation.")
                % {"name": shown.known_as},
            )
            return redirect("people")
    elif request.method == "POST":
        status = 422
    page = {"form": form, "person": shown}
    return render(request, "organisations/person_deactivate.html", page, status=status)


@access("administrator", "supplier")
@require_POST
def person_reactivate(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Let a person in again."""
    keeper = actor(request)
    shown = member(keeper.organisation_id, membership_id)
    reactivate_person(
        keeper=keeper, membership_id=membership_id, version=shown.version, at=timezone.now()
    )
    messages.success(request, _("%(name)s may sign in again.") % {"name": shown.known_as})
    return redirect("person", membership_id)


@access("administrator", "supplier")
@require_POST
def person_invite_again(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Send an invited person another link."""
    again = invite_person_again(
        keeper=actor(request), membership_id=membership_id, at=timezone.now()
    )
    messages.success(
        request,
        _("We are sending another invitation to %(email)s.") % {"email": again.user.email},
    )
    return redirect("person", membership_id)
