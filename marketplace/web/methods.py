"""Which methods a page knows, read off the view, so that another is answered before its form is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

# What a view answers that does not say it: Django's own do so.
USUAL: Final = ("GET", "HEAD", "POST")


def methods_of(view: Callable[..., Any]) -> tuple[str, ...]:
    """Return the methods that a page knows, as `require_http_methods` and its like name them.

    Shapes: of a class, those of a form that a browser can send; USUAL where a view does not say.
    """
    cls = getattr(view, "view_class", None)
    if cls is not None:
        return tuple(
            each for each in USUAL if hasattr(cls, "get" if each == "HEAD" else each.lower())
        )
    step: Any = view
    while step is not None:
        named = _named_by(step)
        if named:
            return tuple(named)
        step = getattr(step, "__wrapped__", None)
    return USUAL


def _named_by(step: Callable[..., Any]) -> list[str]:
    """Return the methods that one decorator of Django's lets pass; nothing of any other."""
    if not inspect.isfunction(step):
        return []
    return list(inspect.getclosurevars(step).nonlocals.get("request_method_list", ()))
