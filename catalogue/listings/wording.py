"""The words for what is wrong with a value: what happened, and what to do.

The rules give codes, so that they stay free of languages; the words are found when somebody reads
them, in that person's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.unit_labels import unit_label

COLUMN_LABELS = {
    "part_number": gettext_lazy("Part number"),
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "brand": gettext_lazy("Brand"),
    "manufacturer_part_number": gettext_lazy("Manufacturer part number"),
    "gtin": gettext_lazy("Barcode number (GTIN)"),
    "category": gettext_lazy("Category (CPV code)"),
    "unit": gettext_lazy("Unit"),
    "pack_size": gettext_lazy("Pack size"),
    "unit_price": gettext_lazy("Unit price"),
    "currency": gettext_lazy("Currency"),
    "vat": gettext_lazy("VAT"),
    "minimum_quantity": gettext_lazy("Minimum quantity"),
    "lead_time_days": gettext_lazy("Delivery time in days"),
    "keywords": gettext_lazy("Keywords"),
}

# Code: what is wrong, and what to do. "%(suggestion)s" is used only where there is one.
_WORDS = {
    "empty": (
        gettext_lazy("This cell is empty."),
        gettext_lazy("Fill it in: every row needs it."),
    ),
    "no-product": (
        gettext_lazy("This row has no part number, and hardly anything else."),
        gettext_lazy("If it is a sum or a note, take it out."),
    ),
    "note": (
        gettext_lazy("This row has nothing in it but this."),
        gettext_lazy("If it is a note or a heading, take it out. If it is a product, fill it in."),
    ),
    "total": (
        gettext_lazy("This looks like a total, not a product."),
        gettext_lazy("Take this row out."),
    ),
    "too-long": (
        gettext_lazy("This has %(found)s characters. The most is %(most)s."),
        gettext_lazy("Make it shorter."),
    ),
    "garbled": (
        gettext_lazy("Some letters here were damaged when the file was saved."),
        gettext_lazy("Save the file again as “CSV UTF-8”."),
    ),
    "unseen": (
        gettext_lazy("There is a character here that nobody can see (%(character)s)."),
        gettext_lazy("Type the text again in this cell."),
    ),
    "scientific": (
        gettext_lazy("The spreadsheet has shortened this number, so digits are lost."),
        gettext_lazy("Format the column as text, and type the whole number again."),
    ),
    "sheet-error": (
        gettext_lazy("This is a spreadsheet error, not a value."),
        gettext_lazy("Mend the formula, or type the value."),
    ),
    "formula": (
        gettext_lazy("This is a formula. We need a number."),
        gettext_lazy("Copy the column and paste it as values."),
    ),
    "formula-unvalued": (
        gettext_lazy("This is a formula, and the file does not hold what it comes to."),
        gettext_lazy("Open the file in Excel and save it, or paste the column as values."),
    ),
    "negative": (
        gettext_lazy("This number is below nought."),
        gettext_lazy("Give a number above nought."),
    ),
    "nought": (
        gettext_lazy("This is nought."),
        gettext_lazy("Give a number above nought, or leave the row out."),
    ),
    "too-big": (
        gettext_lazy("This number is too big. The most is %(most)s."),
        gettext_lazy("Check the number."),
    ),
    "too-fine": (
        gettext_lazy("This has more than %(places)s places after the point."),
        gettext_lazy("Round it."),
    ),
    "decimal-comma": (
        gettext_lazy("The comma here could mean thousands or pence."),
        gettext_lazy("Use a point for pence."),
    ),
    "not-a-number": (
        gettext_lazy("This is not a number."),
        gettext_lazy("Give only the number, such as 12.50."),
    ),
    "not-whole": (
        gettext_lazy("This is not a whole number."),
        gettext_lazy("Give a whole number, such as 10."),
    ),
    "sold-whole": (
        gettext_lazy("This unit is only sold whole, so nobody could order this quantity."),
        gettext_lazy("Give a whole number, such as 1."),
    ),
    "not-days": (
        gettext_lazy("This is not a number of days."),
        gettext_lazy("Give one whole number of working days, such as 5."),
    ),
    "other-currency": (
        gettext_lazy("This is not in pounds."),
        gettext_lazy("Give the price in pounds sterling."),
    ),
    "not-cpv": (
        gettext_lazy("This is not a CPV code. A CPV code has eight digits."),
        gettext_lazy("Find the code in the list of categories."),
    ),
    "leading-nought": (
        gettext_lazy("The spreadsheet has dropped the nought at the front of this CPV code."),
        gettext_lazy("Format the column as text, and type the code again."),
    ),
    "unknown-cpv": (
        gettext_lazy("There is no such CPV code."),
        gettext_lazy("Find the code in the list of categories."),
    ),
    "cpv-check-digit": (
        gettext_lazy("The last digit does not fit this CPV code, so a digit may be wrong."),
        gettext_lazy("Check the code. If it is right, leave the last digit off."),
    ),
    "unknown-unit": (
        gettext_lazy("We do not know this unit."),
        gettext_lazy("Use a unit from the list, such as each, box or kg."),
    ),
    "unknown-vat": (
        gettext_lazy("We do not know this VAT rate."),
        gettext_lazy("Use standard, reduced, zero or exempt."),
    ),
    "not-gtin": (
        gettext_lazy("A barcode number has only digits."),
        gettext_lazy("Type the digits under the barcode, or leave the cell empty."),
    ),
    "gtin-length": (
        gettext_lazy("This has %(found)s digits. A barcode number has 8, 12, 13 or 14."),
        gettext_lazy("Type the digits under the barcode, or leave the cell empty."),
    ),
    "gtin-check-digit": (
        gettext_lazy("The last digit does not fit this barcode number. It should be %(right)s."),
        gettext_lazy("Check the digits under the barcode, or leave the cell empty."),
    ),
    "field-count": (
        gettext_lazy("This row has %(found)s cells. The heading row has %(expected)s."),
        gettext_lazy("Look for a comma or a quotation mark that is missing or too many."),
    ),
    "twice": (
        gettext_lazy("This part number is also on row %(first)s."),
        gettext_lazy("Give each product its own part number, or take one row out."),
    ),
}

# What is wrong with a value that somebody typed into a box of a page, which has no rows.
_IN_A_BOX = {
    "empty": gettext_lazy("%(label)s is empty. Fill it in."),
    "too-long": gettext_lazy("%(label)s must have %(most)s characters or fewer."),
    "garbled": gettext_lazy("%(label)s has damaged letters in it. Type it again."),
    "unseen": gettext_lazy(
        "%(label)s has a character in it that nobody can see (%(character)s). Type it again."
    ),
    "scientific": gettext_lazy("%(label)s is shortened, so digits are lost. Type all of them."),
    "sheet-error": gettext_lazy("%(label)s is an error of a spreadsheet. Type the value."),
    "formula": gettext_lazy("%(label)s must be a number, not a formula."),
    "formula-unvalued": gettext_lazy("%(label)s must be a value, not a formula."),
    "negative": gettext_lazy("%(label)s must not be below nought."),
    "nought": gettext_lazy("%(label)s must be above nought."),
    "too-big": gettext_lazy("%(label)s must be %(most)s or less."),
    "too-fine": gettext_lazy("%(label)s must have no more than %(places)s places after the point."),
    "decimal-comma": gettext_lazy(
        "%(label)s has a comma that could mean thousands or pence. Use a point for pence."
    ),
    "not-a-number": gettext_lazy("%(label)s must be a number, such as 12.50."),
    "not-whole": gettext_lazy("%(label)s must be a whole number, such as 10."),
    "sold-whole": gettext_lazy(
        "%(label)s must be a whole number, such as 1: this unit is only sold whole."
    ),
    "not-days": gettext_lazy("%(label)s must be one whole number, such as 5."),
    "other-currency": gettext_lazy("%(label)s must be in pounds sterling."),
    "not-cpv": gettext_lazy("%(label)s must be a CPV code of eight digits."),
    "leading-nought": gettext_lazy("%(label)s must have eight digits, with the nought in front."),
    "unknown-cpv": gettext_lazy("%(label)s must be a CPV code from the list of categories."),
    "cpv-check-digit": gettext_lazy(
        "%(label)s has a last digit that does not fit. Check it, or leave the last digit off."
    ),
    "unknown-unit": gettext_lazy("%(label)s must be one from the list, such as each, box or kg."),
    "unknown-vat": gettext_lazy("%(label)s must be standard, reduced, zero or exempt."),
    "not-gtin": gettext_lazy("%(label)s must have only digits. You can leave it empty."),
    "gtin-length": gettext_lazy("%(label)s must have 8, 12, 13 or 14 digits."),
    "gtin-check-digit": gettext_lazy("%(label)s must end in %(right)s. Check its digits."),
}


def in_a_box(column: str, code: str, facts: Mapping[str, Any]) -> str:
    """Return what is wrong with a value that was typed on its own, and what was probably meant."""
    most = facts.get("most")
    shown = {**facts, "label": column_label(column), "most": most and format(most, ",")}
    return _asked(code, facts, str(_IN_A_BOX[code]) % shown)


def column_label(column: str) -> str:
    """Return a column's name for people; "" for a row as a whole."""
    return str(COLUMN_LABELS.get(column, column))


def reason(code: str, facts: Mapping[str, Any]) -> str:
    """Return what is wrong, in a sentence."""
    return str(_WORDS[code][0]) % facts


def suggestion(code: str, facts: Mapping[str, Any]) -> str:
    """Return what to do about it, with the value that was probably meant if there is one."""
    return _asked(code, facts, str(_WORDS[code][1]) % facts)


def _asked(code: str, facts: Mapping[str, Any], advice: str) -> str:
    """Return advice, after the question whether something else was meant if that is likely."""
    meant = str(facts.get("suggestion") or "")
    if not meant:
        return advice
    if code == "unknown-unit":
        meant = f"{unit_label(meant)} ({meant})"
    return _("Did you mean %(meant)s? %(advice)s") % {"meant": meant, "advice": advice}


_VAT = {
    "standard": gettext_lazy("%(rate)s% VAT is added"),
    "reduced": gettext_lazy("%(rate)s% VAT is added (reduced rate)"),
    "zero": gettext_lazy("no VAT is added (zero rate)"),
    "exempt": gettext_lazy("no VAT is added (exempt)"),
}


def vat_words(vat_category: str, rate_percent: Decimal) -> str:
    """Return what VAT does to a price, in a few words."""
    return str(_VAT[vat_category]).replace("%(rate)s", format(rate_percent.normalize(), "f"))
