"""Pages on which auditors take everything of some days with them, and learn to check it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import Refusal
from marketplace.desk.bundles.forms import BundleDays
from marketplace.desk.bundles.keys import public_key
from marketplace.desk.bundles.selectors import BUNDLE_KEYS, READERS, bundles
from marketplace.desk.bundles.services import ask_bundle, cancel_bundle
from marketplace.desk.bundles.writing import VERIFIER, verifier
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.problems import show_on, status_of


@access(*READERS)
@require_http_methods(["GET", "POST"])
def audit_bundles(request: HttpRequest) -> HttpResponse:
    """List the bundles that were asked for, and ask for another."""
    auditor = actor(request)
    form, status = BundleDays(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask_bundle(auditor=auditor, days=form.days(), at=timezone.now())
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            return redirect("audit-bundle", asked.pk)
    if form.errors and status == 200:
        status = 422
    found = bundles(auditor.organisation_id)
    page = {
        "form": form,
        "page": page_by_key(found, request.GET.get("after"), keys=BUNDLE_KEYS, size=25),
        "public_key": public_key(),
    }
    return render(request, "desk/audit_bundles.html", page, status=status)


@access(*READERS)
@require_safe
def audit_bundle(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Show one bundle: how far it is, or where to fetch it and how to check it."""
    found = bundles(actor(request).organisation_id).one(bundle_id)
    return render(request, "desk/audit_bundle.html", {"bundle": found})


@access(*READERS)
@require_POST
def audit_bundle_cancel(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Have a bundle not made after all."""
    cancel_bundle(auditor=actor(request), bundle_id=bundle_id, at=timezone.now())
    messages.success(request, _("The bundle is cancelled."))
    return redirect("audit-bundles")


@access("public")
@require_safe
def audit_verifier(request: HttpRequest) -> HttpResponse:
    """Hand out the program that checks a bundle; whoever was given one may have it."""
    answer = HttpResponse(verifier(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{VERIFIER}"'
    return answer
