"""What of a document decides whose it is, and which of its figures can be kept. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from invoicing.formats.model import Invoice, Line
from invoicing.judging.numbers import plain
from marketplace.core.money import Money

NOUGHT: Final = Decimal("0.00")
DAYS_TO_PAY: Final = 30
LONGEST_NUMBER: Final = 200
_AMOUNT: Final = (14, 2)
_QUANTITY: Final = (20, 6)
_PRICE: Final = (20, 8)
_RATE: Final = (6, 3)


# Control signs, and what breaks lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Zl", "Zp"})


class NotOneLine(ValueError):
    """A number has a line break or a sign that does not show, which no list can carry."""


class TooLarge(ValueError):
    """A figure has more digits than any that is kept."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an invoice, its lines and its VAT say, as they are kept.

    Shapes: `lines` and `taxes` are columns by their names, in the document's order.
    """

    invoice: dict[str, Any]
    lines: tuple[dict[str, Any], ...]
    taxes: tuple[dict[str, Any], ...]


def missing_figures(said: Invoice) -> list[str]:
    """Return the terms that are missing without which no invoice can be kept.

    Why: without a number, a day and its totals nobody can say which invoice it is, nor what it
    asks. Source: EN 16931-1 BT-1, 2, 109, 112, 115, which are all mandatory.
    """
    totals = said.totals
    wanted = (
        ("BT-1", bool(said.number.strip())),
        ("BT-2", said.issued_on is not None),
        ("BT-109", totals.net_amount is not None),
        ("BT-112", totals.gross_amount is not None),
        ("BT-115", totals.payable_amount is not None),
    )
    return [term for term, is_there in wanted if not is_there]


def figures_of(said: Invoice) -> Figures:
    """Return what a document says as it is kept: rounded to the places that are kept, no further.

    Why: an amount of more than two places breaks the standard and is found by the judges; whoever
    reads it still has to see a figure. What a line leaves out is kept as nought, and is blocked.
    Raises: TooLarge; NotOneLine.
    """
    totals = said.totals
    facts = {
        "number": _number(said.number),
        "issued_on": said.issued_on,
        "due_on": said.payment_due_on,
        "currency": said.currency if len(said.currency) == 3 else "",
        "net_amount": _kept(totals.net_amount, _AMOUNT),
        "vat_amount": _kept(_vat(said), _AMOUNT),
        "gross_amount": _kept(totals.gross_amount, _AMOUNT),
        "payable_amount": _kept(totals.payable_amount, _AMOUNT),
        "charges_amount": _kept(_charges(said), _AMOUNT),
        "profile": said.profile[:200],
        "seller_name": said.seller.name[:300],
        "seller_vat_number": said.seller.vat_number[:40],
        "buyer_name": said.buyer.name[:300],
        "order_reference": said.order.strip()[:200],
        "credited_reference": (said.preceding[0].number if said.preceding else "")[:200],
    }
    lines = tuple(_line(place, line) for place, line in enumerate(said.lines, start=1))
    return Figures(facts, lines, tuple(_taxes(said)))


def _number(number: str) -> str:
    if len(number.strip()) > LONGEST_NUMBER:
        raise TooLarge(number[:60])
    if any(unicodedata.category(each) in _UNSEEN for each in number.strip()):
        raise NotOneLine(number.strip()[:60])
    return number.strip()


def _charges(said: Invoice) -> Decimal:
    """Return everything that a document adds beyond its lines, whatever it takes off beside that.

    Why: what is taken off at one rate of VAT does not make up for what is added at another. An
    allowance below nought is a charge by another name.
    """
    signed = [(each.amount or NOUGHT) * (1 if each.is_charge else -1) for each in said.adjustments]
    return sum((each for each in signed if each > 0), NOUGHT)


def _vat(said: Invoice) -> Decimal:
    stated = said.tax_total
    if stated.amount is not None:
        return stated.amount
    rows = [row.tax_amount for row in stated.rows if row.tax_amount is not None]
    if rows:
        return sum(rows, NOUGHT)
    return (said.totals.gross_amount or NOUGHT) - (said.totals.net_amount or NOUGHT)


def _line(place: int, line: Line) -> dict[str, Any]:
    return {
        "place": place,
        "number": line.number[:100],
        "name": line.item.name[:500],
        "part_number": line.item.sellers_id[:100],
        "gtin": line.item.standard_id.value[:100],
        "order_line_reference": line.order_line[:100],
        "unit": line.unit[:20],
        "quantity": _kept(line.quantity, _QUANTITY),
        "unit_price": _kept(unit_price(line), _PRICE),
        "net_amount": _kept(line.net_amount, _AMOUNT),
        "vat_category": line.item.category.code[:6],
        "vat_rate_percent": _kept(line.item.category.rate_percent, _RATE),
    }


def lines_asked(figures: Figures) -> list[tuple[str, ...]]:
    """Return what each line asks for, as text: what it names, how much of it, at which price.

    Why: two documents that ask for the same are one invoice, whoever's program wrote them.
    """
    return [
        (
            each["order_line_reference"].lstrip("0"),
            plain_letters(each["part_number"]),
            each["unit"],
            *(
                f"{each[name].normalize():f}"
                for name in ("quantity", "unit_price", "net_amount", "vat_rate_percent")
            ),
        )
        for each in figures.lines
    ]


def unit_price(line: Line) -> Decimal:
    """Return the price of one unit: the price that is stated, for as many as it is stated for.

    Source: EN 16931-1 BT-146, BT-149; a base quantity of nought is broken, and is taken for one.
    """
    price = line.price.amount or NOUGHT
    return price / line.price.base_quantity if line.price.base_quantity else price


def _taxes(said: Invoice) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(said.tax_total.rows, start=1):
        rate = row.category.rate_percent
        yield {
            "place": place,
            "category": row.category.code[:6],
            "rate_percent": None if rate is None else _kept(rate, _RATE),
            "taxable_amount": _kept(row.taxable_amount, _AMOUNT),
            "tax_amount": _kept(row.tax_amount, _AMOUNT),
        }


def _kept(figure: Decimal | None, column: tuple[int, int]) -> Decimal:
    """Return a figure in the places of its column. Raises: TooLarge."""
    digits, places = column
    if figure is None:
        return NOUGHT
    if abs(figure) >= Decimal(10) ** (digits - places) - 1:
        raise TooLarge(f"{figure:f}"[:60])
    if places == 2:
        return Money.rounded(figure).amount
    return figure.quantize(Decimal(1).scaleb(-places))


def pay_by(received_on: date, due_on: date | None) -> date:
    """Return the last day to pay: thirty days after it came, or the day that was agreed if later.

    Source: Procurement Act 2023 s.68(2) and (3).
    """
    latest = received_on + timedelta(days=DAYS_TO_PAY)
    return max(latest, due_on) if due_on else latest


def order_numbers(said: str, prefix: str) -> list[str]:
    """Return the numbers that an order may have which an invoice names so, the likeliest first.

    Why: "po 26 000123", "PO26000123" and "PO-26-000123" are one order to whoever wrote it, and
    programs leave out noughts; a number is looked up as it is kept, so that it is found at once.

    >>> order_numbers(" po/26/123 ", "PO")
    ['po/26/123', 'PO/26/123', 'PO-26-000123']
    """
    written = said.strip()
    if not written:
        return []
    found = [written, written.upper()]
    start = re.escape(plain_letters(prefix))
    bare = plain_letters(written)
    split = re.fullmatch(rf"{start}([0-9]{{2}})0*([0-9]{{1,6}})", bare)
    if split is not None and prefix:
        found.append(f"{prefix}-{split[1]}-{split[2].zfill(6)}")
    return list(dict.fromkeys(found))


def plain_letters(text: str) -> str:
    """Return a text's letters and digits in capitals. Why: people put what they like between."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def vat_numbers(number: str) -> list[str]:
    """Return a VAT number in the ways in which one may be kept, none for none.

    Why: "GB 999 0001 73" and "999000173" are one number.
    """
    bare = plain(number).removeprefix("GB")
    return [bare, f"GB{bare}"] if bare else []


def is_same_vat_number(one: str, other: str) -> bool:
    """Tell whether two VAT numbers are one. Why: as vat_numbers has it."""
    return bool(vat_numbers(one)) and vat_numbers(one) == vat_numbers(other)


def same_name(name: str, names: Sequence[str]) -> bool:
    """Tell whether a name is one of several, whatever its capitals, blanks and form of company.

    Why: "Chairs Limited" and "CHAIRS LTD." are one company to whoever wrote it.
    """
    return plain_name(name) in {plain_name(each) for each in names if each.strip()}


def plain_name(name: str) -> str:
    """Return a name as it is compared. Why: as same_name has it."""
    words = " ".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    return re.sub(r"\b(limited|ltd|plc|llp)\b", "", words).strip()
