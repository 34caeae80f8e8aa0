"""How amounts, dates and instants are written for people."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from marketplace.core.money import Money

SYMBOLS = {"GBP": "£", "EUR": "€"}
MINUS = "\N{MINUS SIGN}"


def breakable(text: str) -> SafeString:
    """Return text that may be broken after an at sign or a dot, as an email address should be.

    >>> breakable("ann.lee@example.com")
    'ann.<wbr>lee@<wbr>example.<wbr>com'
    """
    parts = re.split(r"(?<=[@.])(?=\w)", text)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


def money(amount: Money | Decimal | int | None, currency: str = "GBP") -> str:
    """Write an amount as people read it.

    Shapes: None is written as nothing.
    >>> money(Decimal("1234.5"))
    '£1,234.50'
    """
    if amount is None:
        return ""
    if isinstance(amount, Money):
        return money(amount.amount, amount.currency)
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{MINUS if amount < 0 else ''}{symbol}{abs(amount):,.2f}"


def price(amount: Decimal | None, currency: str = "GBP") -> str:
    """Write a unit price with the places that it has, two at the least.

    >>> price(Decimal("0.012500"))
    '£0.0125'
    """
    if amount is None:
        return ""
    whole, _dot, parts = f"{abs(amount):,f}".partition(".")
    parts = parts.rstrip("0").ljust(2, "0")
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{MINUS if amount < 0 else ''}{symbol}{whole}.{parts}"


def number(value: Decimal | int | None) -> str:
    """Write a number or a quantity with commas and without idle noughts.

    >>> number(Decimal("1200.500"))
    '1,200.5'
    """
    if value is None:
        return ""
    text = f"{abs(value):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS if value < 0 else ''}{text}"


def day(value: date | datetime | None) -> str:
    """Write a day: 23 November 2026. An instant is written as the day that it falls on here."""
    if value is None:
        return ""
    return date_format(_here(value) if isinstance(value, datetime) else value, "j F Y")


def moment(value: datetime | None) -> str:
    """Write an instant, in local time: 23 November 2026, 4:20pm."""
    if value is None:
        return ""
    return _("%(day)s, %(time)s") % {"day": day(value), "time": clock(value)}


def clock(value: datetime) -> str:
    """Write the time of day as GOV.UK does: 4pm, 4:20pm, midday, midnight."""
    local = _here(value)
    if (local.hour, local.minute) == (0, 0):
        return _("midnight")
    if (local.hour, local.minute) == (12, 0):
        return _("midday")
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{_('am') if local.hour < 12 else _('pm')}"


# The first that fits: browsers call themselves by their forerunners' names too.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def browser(user_agent: str) -> str:
    """Write what a browser calls itself in words: Firefox on Windows."""
    name = next((word for mark, word in BROWSERS if mark in user_agent), "")
    system = next((word for mark, word in SYSTEMS if mark in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or _("Another program")


def iso(value: date | datetime) -> str:
    """Write a day or an instant for machines, for the `datetime` attribute of <time>."""
    return value.isoformat()


def _here(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
