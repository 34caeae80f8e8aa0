"""What a token may be given for: read off the operations of the API themselves.

An operation names its scope and its audience. So the scopes that somebody's roles open need no
second list, which could differ from what the operations ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _

from marketplace.core.actors import Role
from marketplace.web.access import SIGNED_IN
from marketplace.web.api import words_of


@dataclass(frozen=True, slots=True)
class Opening:
    """One operation's scope, and the words that say who may call it."""

    scope: str
    audience: tuple[str, ...]


def scopes_for(roles: Collection[Role]) -> list[str]:
    """Return the scopes that open something to somebody with these roles, in order."""
    held = {role.value for role in roles}
    return sorted(
        {
            each.scope
            for each in _openings()
            if each.audience == (SIGNED_IN,) or held & set(each.audience)
        }
    )


def scope_in_words(scope: str) -> str:
    """Return what a scope lets a program do."""
    things, _colon, deed = scope.partition(":")
    plain = _(things.replace("-", " "))
    if deed == "read":
        return _("See %(things)s") % {"things": plain}
    if deed == "write":
        return _("Make and change %(things)s") % {"things": plain}
    return _("%(things)s: %(deed)s") % {"things": plain.capitalize(), "deed": _(deed)}


@lru_cache(maxsize=1)
def _openings() -> tuple[Opening, ...]:
    found: list[Opening] = []
    for operation in _operations(get_resolver().url_patterns):
        declared: str | Mapping[str, str] | None = getattr(operation, "scope", None)
        for method in operation().allowed_methods:
            scope = declared if isinstance(declared, str) else (declared or {}).get(method)
            if scope:
                found.append(Opening(scope, words_of(operation, method)))
    return tuple(found)


def _operations(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _operations(pattern.url_patterns)
        else:
            operation = getattr(pattern.callback, "cls", None)
            if operation is not None and getattr(operation, "keeps_access", False):
                yield operation
