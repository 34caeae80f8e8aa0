"""What every list page does: narrow by a form in the address, turn its pages, and show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.web.paging import page_by_key


def chosen_in(form: forms.Form) -> dict[str, Any]:
    """Return what was chosen to narrow a list: nothing, if the address asks for nothing sensible.

    Why: an address is copied and mended by hand, and a list that is too long does no harm.
    """
    if not form.is_bound or not form.is_valid():
        return {}
    return {name: value for name, value in form.cleaned_data.items() if value}


def show_list(
    request: HttpRequest,
    template: str,
    rows: QuerySet[Any] | Sequence[QuerySet[Any]],
    *,
    form: forms.Form,
    keys: Sequence[str],
    size: int = 20,
    **more: Any,  # noqa: ANN401  # what else the template shows
) -> HttpResponse:
    """Show one page of a list, with the form that narrows it.

    Shapes: `keys` and `size` as page_by_key has them; the template is handed `form`, `page`,
    `is_narrowed` and `more`.
    """
    page = page_by_key(rows, request.GET.get("after"), keys=keys, size=size)
    facts = {"form": form, "page": page, "is_narrowed": bool(chosen_in(form)), **more}
    return render(request, template, facts)
