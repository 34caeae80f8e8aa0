"""Ordering by part number: a list that is pasted from a spreadsheet."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.ordering.requisitions import rules
from marketplace.ordering.requisitions.forms import PastedCodes
from marketplace.ordering.requisitions.services.pasting import PartProblem, WantedPart, fill_basket
from marketplace.organisations.selectors.suppliers import suppliers_of
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

MOST_ROWS = 500
LONGEST_SHOWN = 100  # of a row, in the table of what is wrong


@access("requester", "buyer")
@require_http_methods(["GET", "HEAD", "POST"])
def basket_paste(request: HttpRequest) -> HttpResponse:
    """Take a list of part numbers, and say of each row that is not right what is wrong with it."""
    acting = actor(request)
    suppliers = [
        (str(link.supplier_id), link.supplier.name) for link in suppliers_of(acting.organisation_id)
    ]
    form = PastedCodes(posted(request), suppliers=suppliers)
    status, problems, typed = 200, list[PartProblem](), list[str]()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                count, problems = _fill(acting, form)
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                if count:
                    messages.success(
                        request,
                        ngettext(
                            "%(count)d row is in your basket.",
                            "%(count)d rows are in your basket.",
                            count,
                        )
                        % {"count": count},
                    )
                if not problems:
                    return redirect("basket")
                rows = form.cleaned_data["codes"].splitlines()
                typed = [rows[each.row - 1] for each in problems]
                form = _left_over(request, typed, suppliers)
    # Counted as they stand in the box now, which holds these rows alone.
    shown = [
        [place, row.strip()[:LONGEST_SHOWN], each.detail]
        for place, (row, each) in enumerate(zip(typed, problems, strict=True), start=1)
    ]
    return render(
        request, "ordering/basket_paste.html", {"form": form, "problems": shown}, status=status
    )


def _fill(acting: Actor, form: PastedCodes) -> tuple[int, list[PartProblem]]:
    wanted, problems = _read(form.cleaned_data["codes"])
    filled = fill_basket(
        requester=acting,
        wanted=wanted,
        supplier_id=form.cleaned_data["supplier"] or None,
        at=timezone.now(),
    )
    return filled.count, sorted([*problems, *filled.problems], key=lambda each: each.row)


def _read(text: str) -> tuple[list[WantedPart], list[PartProblem]]:
    """Return the rows that can be looked for, and what is wrong with the others."""
    wanted, problems = list[WantedPart](), list[PartProblem]()
    for each in rules.read_rows(text):
        if len(wanted) >= MOST_ROWS:
            detail = _(
                "Only %(most)d rows can be taken at once. Press the button again for this one."
            ) % {"most": MOST_ROWS}
            problems.append(PartProblem(each.row, each.part_number, detail))
        elif each.quantity is None:
            detail = _(
                "The quantity is not a number. Write the part number, then how many, like 12,"
                " 1,000 or 1.5. If this row is a heading, leave it out."
            )
            problems.append(PartProblem(each.row, each.part_number, detail))
        elif each.quantity <= 0:
            detail = _("The quantity must be more than 0. Change it, or leave this row out.")
            problems.append(PartProblem(each.row, each.part_number, detail))
        else:
            wanted.append(WantedPart(each.row, each.part_number, each.quantity))
    return wanted, problems


def _left_over(
    request: HttpRequest, typed: list[str], suppliers: list[tuple[str, str]]
) -> PastedCodes:
    """Return the form with only the rows that are still to be mended."""
    form = PastedCodes(
        {"codes": "\n".join(typed), "supplier": request.POST.get("supplier", "")},
        suppliers=suppliers,
    )
    form.add_error(
        "codes",
        ngettext(
            "%(count)d row is not in your basket. The table below says why.",
            "%(count)d rows are not in your basket. The table below says why.",
            len(typed),
        )
        % {"count": len(typed)},
    )
    return form
