"""The totals of VAT that are all right at once, since HMRC allows more than one way of rounding."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

_PENNY: Final = Decimal("0.01")
_TENTH: Final = Decimal("0.001")


class Rounding(StrEnum):
    """How a supplier came to its VAT; the first that gives the amount is named."""

    DOCUMENT = "DOCUMENT"  # once a rate, half up: what EN 16931 asks (BR-CO-17)
    DOCUMENT_DOWN = "DOCUMENT_DOWN"  # once a rate, pennies in part left off
    LINES = "LINES"  # line by line, half up
    LINES_TENTH_DOWN = "LINES_TENTH_DOWN"  # line by line to a tenth of a penny, the rest left off


def legitimate_vat(nets: Iterable[Decimal], rate_percent: Decimal) -> dict[Rounding, Decimal]:
    """Return what the VAT on some net amounts may come to, by the way of rounding.

    Shapes: `nets` are the lines that bear the rate, with the document's allowances (negative) and
    charges. Units: percent; the results in whole pennies. Half up is away from nought, and down is
    towards it, so that a credit comes to what the invoice did.
    Source: HMRC VATREC12010 (an invoice's total VAT may be rounded down to a whole penny) and
    VATREC12020 (line by line: down to 0.1p, or to the nearest 1p).

    >>> ways = legitimate_vat([Decimal("0.33")] * 3, Decimal(20))
    >>> [str(ways[way]) for way in Rounding]
    ['0.20', '0.19', '0.21', '0.19']
    """
    exact = [net * rate_percent / 100 for net in nets]
    whole = sum(exact, Decimal(0))
    by_line = sum((vat.quantize(_PENNY, ROUND_HALF_UP) for vat in exact), Decimal(0))
    by_tenths = sum((vat.quantize(_TENTH, ROUND_DOWN) for vat in exact), Decimal(0))
    return {
        Rounding.DOCUMENT: whole.quantize(_PENNY, ROUND_HALF_UP),
        Rounding.DOCUMENT_DOWN: whole.quantize(_PENNY, ROUND_DOWN),
        Rounding.LINES: by_line.quantize(_PENNY),
        Rounding.LINES_TENTH_DOWN: by_tenths.quantize(_PENNY, ROUND_DOWN),
    }
