"""The Jinja2 environment of every page.

Two environments in one: our own templates are strict, so that a misspelt name fails at once, and
the templates of govuk_frontend_jinja are lenient, since they test for parameters that nobody
passed. Each is compiled in its own.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import jinja2
from django.conf import settings
from django.contrib.messages import get_messages
from django.db.models import Model
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import json_script
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import nodes

from marketplace.web import controls, formats, navigation, tags

GOVUK = "govuk_frontend_jinja/"
# Macros that need the request (the CSRF token, the address of the page) without being passed it.
SEES_THE_PAGE = frozenset({"web/forms.html"})


class _Quick(jinja2.Environment):
    """Jinja2 with names that stay as they were when the environment was made."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the names that a template sees.

        Jinja2's own lays one mapping over another, which makes every import in every template
        dearer, and a page has some twenty.
        """
        return {**self.globals, **d} if d else self.globals


class Environment(_Quick):
    """Jinja2, strict for our templates and lenient for GOV.UK's."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # Jinja2's own signature
        loader = options.pop("loader", None)
        packaged = jinja2.PrefixLoader(
            {GOVUK.rstrip("/"): jinja2.PackageLoader("govuk_frontend_jinja")}
        )
        own = [loader] if loader is not None else []
        super().__init__(loader=jinja2.ChoiceLoader([*own, packaged]), **options)
        self.govuk = _Quick(loader=packaged, autoescape=True)

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # Jinja2's own name
    ) -> jinja2.Template:
        """Return a template, GOV.UK's from the lenient environment."""
        if isinstance(name, str) and name.startswith(GOVUK):
            return self.govuk.get_template(name, parent)
        return super().get_template(name, parent, globals)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.FromImport):
            if isinstance(node.template, nodes.Const) and node.template.value in SEES_THE_PAGE:
                node.with_context = True
        return tree


def environment(**options: Any) -> Environment:  # noqa: ANN401  # Django passes OPTIONS through
    """Make the environment for Django's Jinja2 backend."""
    options.update(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[*options.pop("extensions", []), "jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made = Environment(**options)
    # Set by the i18n extension; with newstyle off, "%" in a message is the author's to use.
    made.install_gettext_callables(translated, ngettext, newstyle=False)  # type: ignore[attr-defined]
    written = {
        "breakable": formats.breakable,
        "money": formats.money,
        "price": formats.price,
        "number": formats.number,
        "day": formats.day,
        "moment": formats.moment,
        "clock": formats.clock,
        "iso": formats.iso,
        "browser": formats.browser,
    }
    made.filters.update(written)
    made.globals.update(
        written,
        url=url,
        url_if_any=navigation.address_if_any,
        static=static,
        control=controls.control,
        error_list=controls.error_list,
        has_errors=controls.has_errors,
        menu=menu,
        with_query=with_query,
        messages_for=get_messages,
        json_script=json_script,
        language=get_language,
        demonstration=demonstration,
        label_of=label_of,
        tag_classes=tags.tag_classes,
        plain_verb=tags.plain_verb,
    )
    return made


def translated(message: str) -> str:
    """Return a message in the language of the page.

    Remembered, since a page says some hundred and each is looked for in every catalogue there is.
    """
    return _translated(get_language(), message)


@lru_cache(maxsize=20_000, typed=True)  # a message that is safe stays so, and another does not
def _translated(language: str | None, message: str) -> str:
    return gettext(message)


def label_of(row: Model, name: str) -> str:
    """Return what people call the value of a column that has choices.

    Django's own get_…_display() puts every choice into words to find the one.
    """
    value = getattr(row, name)
    field: Any = row._meta.get_field(name)
    return next((str(label) for each, label in field.flatchoices if each == value), str(value))


def url(name: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401  # as reverse() takes them
    """Return the address of a named page."""
    return reverse(name, args=args, kwargs=kwargs)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the service navigation for whoever asks."""
    return navigation.menu_for(getattr(request, "actor", None), request.path)


def with_query(request: HttpRequest, **changes: str | None) -> str:
    """Return this page's query string with some parameters set, or taken out where None."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def demonstration() -> bool:
    """Tell whether this is the demonstration, where nothing is real."""
    return bool(getattr(settings, "DEMO", False))
