"""Ordering by part number: a list that is pasted from a spreadsheet."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.ordering.forms import PastedCodes
from marketplace.ordering.services.pasting import PartProblem, WantedPart, fill_basket
from marketplace.organisations.selectors.suppliers import suppliers_of
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.problems import show_on, status_of

MOST_ROWS = 500
_TAIL = re.compile(r"^(?P<part>.*\S)[\s,;|]+(?P<quantity>[0-9][0-9.,]*)$")


@access("requester", "buyer")
@require_http_methods(["GET", "HEAD", "POST"])
def basket_paste(request: HttpRequest) -> HttpResponse:
    """Take a list of part numbers, and say of each row that is not right what is wrong with it."""
    acting = actor(request)
    suppliers = [
        (str(link.supplier_id), link.supplier.name) for link in suppliers_of(acting.organisation_id)
    ]
    form = PastedCodes(request.POST or None, suppliers=suppliers)
    status, problems = 200, list[PartProblem]()
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
                form = _left_over(request, problems, suppliers)
    shown = [[each.row, each.part_number or "–", each.detail] for each in problems]
    return render(
        request, "ordering/basket_paste.html", {"form": form, "problems": shown}, status=status
    )


def _fill(acting: Actor, form: PastedCodes) -> tuple[int, list[PartProblem]]:
    wanted, problems = read_rows(form.cleaned_data["codes"])
    filled = fill_basket(
        requester=acting,
        wanted=wanted,
        supplier_id=form.cleaned_data["supplier"] or None,
        at=timezone.now(),
    )
    return filled.count, sorted([*problems, *filled.problems], key=lambda each: each.row)


def _left_over(
    request: HttpRequest, problems: list[PartProblem], suppliers: list[tuple[str, str]]
) -> PastedCodes:
    """Return the form with only the rows that are still to be mended."""
    rows = request.POST["codes"].splitlines()
    left = "\n".join(rows[each.row - 1] for each in problems)
    form = PastedCodes(
        {"codes": left, "supplier": request.POST.get("supplier", "")}, suppliers=suppliers
    )
    form.add_error(
        "codes",
        ngettext(
            "%(count)d row is not in your basket. The table below says why.",
            "%(count)d rows are not in your basket. The table below says why.",
            len(problems),
        )
        % {"count": len(problems)},
    )
    return form


def read_rows(text: str) -> tuple[list[WantedPart], list[PartProblem]]:
    """Return the rows of a pasted list, and what is wrong with those that make no sense.

    Shapes: a row is a part number, then perhaps a quantity, with tabs, spaces or commas between
    them; the quantity is 1 when it is left out; empty rows are passed over.
    """
    wanted, problems = list[WantedPart](), list[PartProblem]()
    for row, line in enumerate(text.splitlines(), start=1):
        typed = line.strip(" \t,;|")
        if not typed:
            continue
        part, quantity = _split(typed)
        if len(wanted) >= MOST_ROWS:
            detail = _("Only %(most)d rows can be taken at once.") % {"most": MOST_ROWS}
            problems.append(PartProblem(row, part, detail))
        elif quantity is None:
            problems.append(PartProblem(row, part, _("The quantity is not a number.")))
        else:
            wanted.append(WantedPart(row, part, quantity))
    return wanted, problems


def _split(typed: str) -> tuple[str, Decimal | None]:
    """Return the part number and the quantity of a row; None for a quantity that is none."""
    cells = [cell.strip() for cell in re.split(r"[\t;|]", typed) if cell.strip()]
    if len(cells) > 1:
        return cells[0][:64], _number(cells[1])
    found = _TAIL.match(typed)
    if found:
        return found["part"].strip(" ,;")[:64], _number(found["quantity"])
    return typed[:64], Decimal(1)


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", "").replace(" ", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
