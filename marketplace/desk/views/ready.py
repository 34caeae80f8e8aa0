"""What a council still needs before it can buy: its own page, and a block on the first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.core.actors import Actor, Role
from marketplace.desk.readiness import Step, readiness
from marketplace.web.access import access, declared
from marketplace.web.actors import actor
from marketplace.web.roles import role_names

READERS = ("administrator", "finance")


@access(*READERS)
@require_safe
def getting_ready(request: HttpRequest) -> HttpResponse:
    """Show everything that buying needs, what of it is there, and who may do the rest."""
    acting = actor(request)
    steps = readiness(acting.organisation_id, timezone.now())
    return render(
        request,
        "desk/getting_ready.html",
        {"steps": shown(steps, acting), "missing": sum(not step.is_done for step in steps)},
    )


def still_missing(acting: Actor, at: datetime) -> list[dict[str, Any]] | None:
    """Return the steps that are not done yet, None for whom it is no work or when all are done."""
    if not acting.holds(*READERS):
        return None
    missing = [step for step in readiness(acting.organisation_id, at) if not step.is_done]
    return shown(missing, acting) or None


def shown(steps: Sequence[Step], acting: Actor) -> list[dict[str, Any]]:
    """Return steps with the address where each is done, and who may open it, as that page says."""
    return [{"step": step, **_place(step, acting)} for step in steps]


def _place(step: Step, acting: Actor) -> dict[str, Any]:
    begin = reverse(step.page)
    # A page may be for suppliers too, whose own people are not the council's.
    roles = [role for role in declared(resolve(begin).func) or () if role != Role.SUPPLIER]
    address = reverse(step.list_page) if step.count else begin
    return {"address": address if acting.holds(*roles) else "", "who": role_names(roles)}
