"""What a supplier says once for a whole file that has no column for it.

A shop's list of its goods often has no VAT column, since all of it is at one rate, and no category,
since all of it is paint. Asking for a column of equal cells would send its owner away.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.imports.columns import FOR_ALL
from catalogue.imports.report import worded
from catalogue.imports.rules import Problem
from catalogue.listings.cells import Bad
from catalogue.listings.rules import value_of
from marketplace.core.errors import Invalid


class NotForAll(Invalid):
    """What was said once for the whole file cannot be."""

    code = "catalogue.not-for-all"
    title = gettext_lazy("This cannot be said for every row of the file.")


def check_for_all(for_all: Mapping[str, str]) -> dict[str, str]:
    """Return what was said for a whole file, without what was left empty.

    Shapes: columns of FOR_ALL to texts, as a row of a price list would have them.
    Raises: NotForAll when a column may differ from row to row, or a value means nothing.
    """
    said = {column: text.strip() for column, text in for_all.items() if text.strip()}
    for column, text in said.items():
        if column not in FOR_ALL:
            raise NotForAll(_("Only the category, the unit and the VAT rate can be."))
        try:
            value_of(column, text)
        except Bad as bad:
            words = worded(Problem(0, column, text, bad.code, bad.facts))
            raise NotForAll(f"{words.reason} {words.suggestion}".strip(), field=column) from bad
    return said
