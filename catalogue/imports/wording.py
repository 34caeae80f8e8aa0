"""The words for why a whole file cannot be read: what happened, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.imports.columns import HEADINGS
from catalogue.imports.reading import Unreadable
from catalogue.listings.wording import column_label

_KINDS = {
    "excel": gettext_lazy("an Excel workbook"),
    "old-excel": gettext_lazy("an old Excel or Word file"),
    "opendocument": gettext_lazy("an OpenDocument file"),
    "word": gettext_lazy("a Word document"),
    "zip": gettext_lazy("a zip archive"),
    "gzip": gettext_lazy("a compressed file"),
    "pdf": gettext_lazy("a PDF"),
    "picture": gettext_lazy("a picture"),
    "bitmap": gettext_lazy("a picture"),
    "html": gettext_lazy("a web page"),
    "xml": gettext_lazy("an XML file"),
    "json": gettext_lazy("a JSON file"),
}
_SAVE_AS = gettext_lazy("Open it in your spreadsheet and save it as “CSV UTF-8”.")

_WORDS = {
    "empty": gettext_lazy("The file is empty. Check that you chose the right one."),
    "nul": gettext_lazy("This is not a text file. Save your price list as “CSV UTF-8”."),
    "too-large": gettext_lazy("The file is too large. Split it into smaller ones."),
    "too-many-rows": gettext_lazy(
        "The file has more than %(most)s rows. Split it into smaller ones."
    ),
    "too-many-columns": gettext_lazy(
        "The heading row has %(found)s columns. The most is %(most)s. Take out those not needed."
    ),
    "unknown-encoding": gettext_lazy(
        "We do not know the way of writing text called “%(encoding)s”. Use utf-8 or cp1252."
    ),
    "broken-quotes": gettext_lazy(
        "A quotation mark on or near row %(row)s is missing or too many, so we cannot tell where"
        " the cells end. Mend it, or save the file again as “CSV UTF-8”."
    ),
    "endless-cell": gettext_lazy(
        "A cell on or near row %(row)s is longer than %(most)s characters. A quotation mark is"
        " probably missing there."
    ),
    "no-rows": gettext_lazy("The file has headings and no rows under them."),
    "not-utf-8": gettext_lazy(
        "The text is not UTF-8: byte %(position)s, on line %(line)s near “%(around)s”, is"
        " %(byte)s. Save the file as “CSV UTF-8”. If “%(meant)s” is what should stand there, you"
        " can also send it again and say that it is Windows-1252."
    ),
    "not-cp1252": gettext_lazy(
        "The text is not Windows-1252: byte %(position)s, on line %(line)s, is %(byte)s."
        " Save the file as “CSV UTF-8”."
    ),
}


def why_unreadable(problem: Unreadable) -> str:
    """Return why a file cannot be read, and what to do, in a few sentences."""
    facts = problem.facts
    if problem.code == "header":
        return " ".join(_heading_problems(facts))
    if problem.code == "no-header":
        return _no_headings(facts)
    if problem.code == "other-kind":
        if facts["kind"] == "utf-16":
            return _("The text is UTF-16. We need UTF-8.") + f" {_SAVE_AS}"
        kind = str(_KINDS[str(facts["kind"])])
        return _("This is %(kind)s. We need a CSV file.") % {"kind": kind} + f" {_SAVE_AS}"
    return str(_WORDS[problem.code]) % facts


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
    for column, headings in twice.items():
        found.append(
            _("%(headings)s all mean %(name)s, and we cannot tell which to use. Keep one.")
            % {"headings": ", ".join(headings), "name": column_label(column)}
        )
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
