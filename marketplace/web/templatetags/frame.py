"""Our page's frame (Jinja2) around pages written in Django's own template language."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from marketplace.web.controls import has_errors

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: template.Context, name: str, **facts: Any) -> SafeString:  # noqa: ANN401
    """Render a part of our pages' frame: web/top.html, web/bottom.html …"""
    # Jinja2's own answer is a plain string, although it has escaped what it was given.
    return mark_safe(render_to_string(name, facts, request=context["request"]))  # noqa: S308


@register.simple_tag(takes_context=True)
def page_is_wrong(context: template.Context) -> bool:
    """Tell whether the page must be titled "Error:"."""
    form = context.get("form")
    return bool(form and has_errors(form))
