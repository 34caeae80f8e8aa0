"""The menu at the top of every page: packages put their own entries in it.

A package calls `register` from its AppConfig.ready, so that this one need not know who stands
above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from marketplace.core.actors import Actor, Role


@dataclass(frozen=True, slots=True)
class Count:
    """How much waits behind an entry of the menu, and what so many of it are called."""

    number: Callable[[Actor], int]
    words: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: the name of a url, what people read, and who gets to see it."""

    url_name: str
    label: Any
    roles: frozenset[Role]
    order: int
    count: Count | None = None
    also: tuple[str, ...] = ()


_ITEMS: dict[str, Item] = {}


def register(
    url_name: str,
    label: object,
    roles: tuple[Role | str, ...],
    order: int = 50,
    count: Count | None = None,
    also: tuple[str, ...] = (),
) -> None:
    """Put an entry in the menu of everybody who holds one of `roles`.

    Shapes: `label` is lazily translated; the menu is sorted by `order`, then by label. `count` is
    asked on every page of theirs, so it must be one quick statement. `also` names the addresses of
    pages that one comes to by this entry, although they do not begin with its own.
    """
    held_by = frozenset(Role(role) for role in roles)
    _ITEMS[url_name] = Item(url_name, label, held_by, order, count, also)


def address_if_any(url_name: str) -> str:
    """Return the address of a named page, or nothing where no package answers to the name.

    Why: the frame of every page, error pages too, names pages of packages above this one; a test
    of the whole product asks that each is there.
    """
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def registered() -> list[Item]:
    """Return every entry of every menu."""
    return list(_ITEMS.values())


def menu_for(actor: Actor | None, path: str = "") -> list[dict[str, Any]]:
    """Return the menu for a person, as GOV.UK's service navigation takes it.

    Shapes: nobody signed in has an empty menu; the entry whose address, or one of those that it
    leads to, is the longest beginning of `path` is marked as the present one.
    """
    if actor is None:
        return []
    mine = [item for item in _ITEMS.values() if item.roles & actor.roles]
    mine.sort(key=lambda item: (item.order, str(item.label)))
    entries = [
        {"text": str(item.label), "href": href, **_counted(item, actor)}
        for item in mine
        if (href := address_if_any(item.url_name))
    ]
    leads = {
        beginning: address_if_any(item.url_name)
        for item in mine
        for name in (item.url_name, *item.also)
        if (beginning := address_if_any(name)) and path.startswith(beginning)
    }
    here = leads[max(leads, key=len)] if leads else ""
    return [
        {**entry, "current": path == here, "active": path != here}
        if entry["href"] == here
        else entry
        for entry in entries
    ]


def _counted(item: Item, actor: Actor) -> dict[str, str]:
    """Return an entry's words with its count: seen as "Basket 3", heard as "Basket, 3 lines"."""
    if item.count is None:
        return {}
    try:
        number = item.count.number(actor)
    except DatabaseError:  # the page that says so has a menu too
        return {}
    if not number:
        return {}
    return {
        "html": format_html(
            '{}<span class="govuk-visually-hidden">, </span>'
            '<span class="site-menu__count">{}</span>'
            '<span class="govuk-visually-hidden"> {}</span>',
            item.label,
            number,
            item.count.words(number),
        )
    }
