"""Pages that need nobody to be signed in: what this is, help, and how accessible it is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from marketplace.core.actors import Role
from marketplace.web.access import access
from marketplace.web.actors import actor_or_none


@access("public")
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Say what this is and for whom; somebody who is signed in wants their own page instead."""
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "desk/start.html", {"demonstration_is_open": settings.DEMO})


@access("public")
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain each kind of work in a few steps."""
    acting = actor_or_none(request)
    return render(
        request,
        "desk/help.html",
        {"is_supplier": bool(acting and acting.holds(Role.SUPPLIER))},
    )


@access("public")
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Publish the accessibility statement.

    Source: The Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility
    Regulations 2018, regulation 8.
    """
    return render(request, "desk/accessibility.html")
