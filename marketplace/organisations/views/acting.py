"""Pages about who one is here: choosing an organisation, the second step, the demonstration."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.organisations import sessions
from marketplace.organisations.demonstration import may_demonstrate
from marketplace.organisations.selectors.demonstration import demonstrators, people_to_try
from marketplace.organisations.selectors.people import invitations_to, memberships_of
from marketplace.organisations.services.people import accept_invitation
from marketplace.web.access import access


@access("signed-in")
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Choose for whom to act."""
    user_id = UUID(str(request.user.pk))
    mine, offered = list(memberships_of(user_id)), list(invitations_to(user_id))
    if request.method == "POST":
        wanted = request.POST.get("membership", "")
        chosen = next((each for each in (*mine, *offered) if str(each.pk) == wanted), None)
        if chosen is None:
            raise Http404
        if chosen in offered:
            accept_invitation(user_id=user_id, membership_id=chosen.pk, at=timezone.now())
        sessions.act_as(request, chosen)
        return redirect(_next(request))
    page = {"memberships": mine, "invitations": offered, "next": _next(request)}
    return render(request, "organisations/switch.html", page)


@access("signed-in")
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a second step: to set one up, or to show the one there is."""
    owed = request.needs_second_factor or sessions.owes_second_factor(request)  # type: ignore[attr-defined]
    if not owed:
        return redirect(_next(request))
    page = {
        "has_factor": is_mfa_enabled(request.user, sessions.FACTORS),
        "can_use_passkeys": _has_a_name(request),
        "next": _next(request),
    }
    return render(request, "organisations/second_factor.html", page)


@access("public")
@require_http_methods(["GET", "POST"])
def demo(request: HttpRequest) -> HttpResponse:
    """Let a visitor of the demonstration be somebody, on this machine alone."""
    if not may_demonstrate(request):
        raise Http404
    if request.method == "POST":
        return _demonstrate(request)
    return render(request, "organisations/demo.html", {"organisations": people_to_try()})


def _demonstrate(request: HttpRequest) -> HttpResponse:
    found = demonstrators(request.POST.get("organisation", ""), request.POST.get("membership", ""))
    if found is None:
        raise Http404
    logout(request)
    login(request, found.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[sessions.DEMONSTRATION] = True
    sessions.mark_seen(request, timezone.now())
    sessions.act_as(request, found)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _has_a_name(request: HttpRequest) -> bool:
    """Tell whether this site is reached by a name.

    Why: a passkey belongs to a domain name, so browsers make none for an address of digits.
    """
    try:
        ip_address(urlsplit(f"//{request.get_host()}").hostname or "")
    except ValueError:
        return True
    return False


def _next(request: HttpRequest) -> str:
    """Return where to go afterwards: only ever a page of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)
