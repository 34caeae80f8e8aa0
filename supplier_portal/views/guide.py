"""What a price list may say: its columns, units, VAT and categories, and a file to begin with."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalogue.imports.columns import COLUMNS, HEADINGS
from catalogue.listings.rules import LONGEST, REQUIRED
from catalogue.listings.selectors import categories_found
from catalogue.listings.wording import column_label
from marketplace.core.unit_labels import unit_label
from marketplace.core.units import UNIT_NAMES
from marketplace.core.vat import VatCategory, rate_percent
from marketplace.ordering.models.bought import VAT_LABELS
from marketplace.web.access import access
from marketplace.web.lists import chosen_in, show_list
from supplier_portal.forms import CategoryFilter

HEADINGS_SHOWN = 4
SAMPLE = {
    "part_number": "CH-100", "name": "Office chair", "description": "With arms", "brand": "Example",
    "category": "39112000", "unit": "each", "pack_size": "1", "unit_price": "79.50",
    "currency": "GBP", "vat": "standard", "minimum_quantity": "1", "lead_time_days": "5",
    "keywords": "seat",
}  # fmt: skip


@access("supplier")
@require_safe
def supplier_guide(request: HttpRequest) -> HttpResponse:
    """Show what goes into each column, with every unit and every VAT rate."""
    today = timezone.localdate()
    return render(
        request,
        "supplier_portal/guide.html",
        {
            "columns": [
                {
                    "label": column_label(name),
                    "is_needed": name in REQUIRED,
                    "what": _what(name),
                    "headings": ", ".join(HEADINGS[name][:HEADINGS_SHOWN]),
                }
                for name in COLUMNS
            ],
            "units": [(unit_label(code), code) for code in UNIT_NAMES],
            "vat": [
                (each.value, VAT_LABELS[each], rate_percent(each, today)) for each in VatCategory
            ],
        },
    )


@access("supplier")
@require_safe
def supplier_sample(request: HttpRequest) -> HttpResponse:
    """Hand out a price list of one row, to be filled in."""
    return _csv("price-list", [COLUMNS, [SAMPLE.get(name, "") for name in COLUMNS]])


@access("supplier")
@require_safe
def supplier_categories(request: HttpRequest) -> HttpResponse:
    """List the CPV codes, or those that have these words in them."""
    form = CategoryFilter(request.GET or None)
    words = chosen_in(form).get("words", "")
    return show_list(
        request,
        "supplier_portal/categories.html",
        categories_found(words),
        form=form,
        keys=("code",),
        size=50,
        words=words,
    )


@access("supplier")
@require_safe
def supplier_categories_csv(request: HttpRequest) -> HttpResponse:
    """Hand out every CPV code with its name."""
    rows = categories_found("").values_list("code", "name")
    return _csv("categories", [(_("Code"), _("Name")), *rows])


def _what(column: str) -> str:
    """Return in a sentence what goes into a column."""
    words = {
        "part_number": _("Your own number for the product, each once in the file."),
        "name": _("What it is, in a few words."),
        "description": _("More about it; it may have several lines."),
        "brand": _("Who makes it."),
        "manufacturer_part_number": _("The maker’s own number for it."),
        "gtin": _("The digits under the barcode: 8, 12, 13 or 14."),
        "category": _("A CPV code: eight digits. See the list of categories."),
        "unit": _("What one price buys, by its name or its code. See the list of units."),
        "pack_size": _("How many pieces are in one unit. 1 if empty."),
        "unit_price": _("Pounds for one unit without VAT, above nought, like 12.50."),
        "currency": _("Only GBP, if it is there at all."),
        "vat": _("The VAT rate. See the list of rates."),
        "minimum_quantity": _(
            "The smallest order, in units; whole where the unit is only sold whole. 1 if empty."
        ),
        "lead_time_days": _("Working days until delivery, a whole number."),
        "keywords": _("More words that people may search by."),
    }[column]
    if column in LONGEST:
        return _("%(what)s Up to %(most)s characters.") % {
            "what": words, "most": f"{LONGEST[column]:,}",
        }  # fmt: skip
    return words


def _csv(name: str, rows: Iterable[Iterable[str | Decimal]]) -> HttpResponse:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    # The mark in front tells spreadsheets that it is UTF-8.
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
