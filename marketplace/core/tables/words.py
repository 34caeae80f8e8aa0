"""The words for why a whole file is no table: what happened, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.tables.separated import Unreadable

_KINDS = {
    "binary-excel": gettext_lazy("a binary Excel workbook (.xlsb)"),
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
_SAVE_AS = gettext_lazy(
    "Open it in your spreadsheet and save it as an Excel workbook (.xlsx) or as “CSV UTF-8”."
)
# What no spreadsheet opens as a list, and what to do then.
_NO_LISTS = {
    **dict.fromkeys(
        ("picture", "bitmap", "pdf", "word"),
        gettext_lazy("Send the list itself, as your spreadsheet or other program saves it."),
    ),
    **dict.fromkeys(("zip", "gzip"), gettext_lazy("Unpack it and send the list that is in it.")),
    "json": gettext_lazy("Have your program write the list as a table instead."),
}

_WORDS = {
    "empty": gettext_lazy("The file is empty. Check that you chose the right one."),
    "broken-workbook": gettext_lazy(
        "This Excel file is damaged, or not what its name says. Open it in Excel, save it anew and"
        " send it again; or save it as “CSV UTF-8”."
    ),
    "cut-off-workbook": gettext_lazy(
        "This Excel workbook is damaged, or was cut off on its way to us: its end is missing. Open"
        " it in Excel to see that it is whole, and send it again. If that does not help, save it"
        " anew, or as “CSV UTF-8”."
    ),
    "locked-workbook": gettext_lazy(
        "This Excel file is locked by a password. Save it without one and send it again."
    ),
    "hidden-sheets": gettext_lazy(
        "Every sheet of this workbook is hidden. Show the one with the list, save the workbook and"
        " send it again."
    ),
    "no-sheets": gettext_lazy(
        "We found no sheet in this workbook. Open it in Excel, save it anew and send it again."
    ),
    "nul": gettext_lazy("This is not a text file. Save it as “CSV UTF-8”."),
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


def why_not_a_table(problem: Unreadable) -> str:
    """Return why a file cannot be read, and what to do, in a few sentences."""
    facts = problem.facts
    if problem.code != "other-kind":
        return str(_WORDS[problem.code]) % facts
    kind = str(facts["kind"])
    advice = _NO_LISTS.get(kind) or _SAVE_AS
    if kind == "utf-16":
        return _("The text is UTF-16. We need UTF-8.") + f" {advice}"
    what = _("This is %(kind)s. We need a CSV file or an Excel workbook (.xlsx).")
    return what % {"kind": _KINDS[kind]} + f" {advice}"
