"""The words for why a whole file cannot be read: what happened, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.imports.columns import FOR_ALL, HEADINGS
from catalogue.listings.wording import column_label
from marketplace.core.tables.separated import Unreadable
from marketplace.core.tables.words import why_not_a_table


def why_unreadable(problem: Unreadable) -> str:
    """Return why a file cannot be read, and what to do, in a few sentences."""
    facts = problem.facts
    if problem.code == "header":
        return " ".join(_heading_problems(facts))
    if problem.code == "no-header":
        return _no_headings(facts)
    return why_not_a_table(problem)


def _no_headings(facts: dict[str, object]) -> str:
    found = facts["found"]
    assert isinstance(found, tuple)  # noqa: S101  # it is we who raised it
    return _(
        "We do not understand any heading in the first row (%(found)s). The first row must name"
        " the columns, such as: Part number, Name, Category, Unit, Unit price, VAT."
    ) % {"found": ", ".join(found[:6]) or _("it is empty")}


def _heading_problems(facts: dict[str, object]) -> list[str]:
    missing, twice = facts["missing"], facts["twice"]
    unknown, with_vat = facts["unknown"], facts["with_vat"]
    assert isinstance(missing, tuple)  # noqa: S101  # it is we who raised it
    assert isinstance(twice, dict)  # noqa: S101
    assert isinstance(unknown, tuple)  # noqa: S101
    assert isinstance(with_vat, tuple)  # noqa: S101
    found = []
    if missing:
        names = ", ".join(column_label(column) for column in missing)
        found.append(
            ngettext("This column is missing: %(names)s.", "These columns are missing: %(names)s.",
                     len(missing)) % {"names": names}
        )  # fmt: skip
        found.extend(
            _("For %(name)s we understand the headings %(headings)s, and others like them.")
            % {"name": column_label(column), "headings": ", ".join(HEADINGS[column][:5])}
            for column in missing
        )
        found.extend(
            _("If %(name)s is the same in every row, say it once beside the file instead.")
            % {"name": column_label(column)}
            for column in missing
            if column in FOR_ALL
        )
    for column, headings in twice.items():
        parts = {"headings": ", ".join(headings), "name": column_label(column)}
        if len(headings) == 2:  # for which English has a word
            parts.update(first=headings[0], second=headings[1])
            words = _(
                "%(first)s and %(second)s both mean %(name)s, and we cannot tell which to use."
                " Keep one."
            )
        else:
            words = _("%(headings)s all mean %(name)s, and we cannot tell which to use. Keep one.")
        found.append(words % parts)
    if with_vat:
        found.append(
            _("“%(heading)s” has VAT in it. We need the price without VAT.")
            % {"heading": with_vat[0]}
        )
    if unknown:
        found.append(
            _("We did not understand: %(headings)s.") % {"headings": ", ".join(unknown[:12])}
        )
    return found
