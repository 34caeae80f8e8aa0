"""The page of a council's own details."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.core.errors import Refusal
from marketplace.organisations import forms
from marketplace.organisations.models import Organisation
from marketplace.organisations.services.councils import (
    CHANGEABLE,
    change_council,
    council_problems,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_more, show_on, status_of


@access("administrator")
@require_http_methods(["GET", "POST"])
def council_settings(request: HttpRequest) -> HttpResponse:
    """Show and change what the council says about itself."""
    administrator = actor(request)
    council = get_object_or_404(Organisation, pk=administrator.organisation_id)
    initial = {name: getattr(council, name) for name in (*CHANGEABLE, "version")}
    form, status = forms.CouncilForm(posted(request), initial=initial), 200
    if request.method == "POST" and form.is_valid():
        details = {name: form.cleaned_data[name] for name in CHANGEABLE}
        try:
            change_council(
                administrator=administrator,
                version=form.cleaned_data["version"],
                details=details,
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Your council's details are saved."))
            return redirect("council-settings")
    elif request.method == "POST":
        read = form.cleaned_data
        show_more(form, council_problems({name: read[name] for name in CHANGEABLE if name in read}))
        status = 422
    page = {"form": form, "council": council}
    return render(request, "organisations/council.html", page, status=status)
