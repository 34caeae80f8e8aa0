"""Every word that a person reads goes through gettext: Welsh is coming."""

from __future__ import annotations

import ast
import builtins
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.util import pathmatch
from jinja2 import Environment, nodes

from tests.architecture.source import ROOT, in_role, modules

TEMPLATES = sorted(
    path
    for package in ("marketplace", "catalogue", "tendering", "invoicing", "supplier_portal")
    for path in (ROOT / package).rglob("jinja2/**/*.html")
)
WORDS = re.compile(r"[^\W\d_]{2,}")
# Attributes whose value a person hears or sees.
SPOKEN = re.compile(r'\b(?:alt|title|aria-label|placeholder|summary)="([^"]*)"')
# Keys of the options of GOV.UK macros whose value a person reads.
READ_KEYS = {"text", "html", "titleText", "label", "legend", "hint", "summaryText", "caption"}
EXPRESSION = "\0"
# What is not read as words: comments, programs, drawings and code to be copied.
UNREAD = re.compile(r"<!--.*?-->|<!DOCTYPE[^>]*>|<(script|style|svg|code|pre)\b.*?</\1>", re.DOTALL)


def _bare_text(source: str) -> list[str]:
    """The words of a template that stand outside every expression, tag and comment."""
    environment = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    text = "".join(
        value if kind == "data" else EXPRESSION if kind.endswith("_begin") else ""
        for _line, kind, value in environment.lex(source)
    )
    text = UNREAD.sub("", text)
    spoken = [value for value in SPOKEN.findall(text) if EXPRESSION not in value]
    plain = re.sub(r"<[^>]*>", " ", text)
    plain = re.sub(r"&\w+;", " ", plain)
    return [w for part in (plain, *spoken) for w in WORDS.findall(part)]


def _bare_options(source: str) -> list[str]:
    """The literal words that are handed to a macro under a key that a person reads."""
    tree = Environment(extensions=["jinja2.ext.do"]).parse(source)
    return [
        pair.value.value
        for pair in tree.find_all(nodes.Pair)
        if isinstance(pair.key, nodes.Const)
        and pair.key.value in READ_KEYS
        and isinstance(pair.value, nodes.Const)
        and isinstance(pair.value.value, str)
        and WORDS.search(pair.value.value)
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_template_has_no_untranslated_words(path):
    source = path.read_text()
    assert _bare_text(source) == []
    assert _bare_options(source) == []


def test_the_check_finds_untranslated_words():
    source = '<p aria-label="Close it">Hello {{ _("you") }}</p>{{ m({"text": "Save"}) }}'
    assert _bare_text(source) == ["Hello", "Close", "it"]
    assert _bare_options(source) == ["Save"]


def test_refusals_speak_through_gettext():
    """A refusal's sentence is an expression that calls gettext, never a bare literal."""
    bare = []
    for module in in_role("services", "selectors", "forms", "views", "api"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                kind = getattr(node.exc.func, "id", "")
                if kind.startswith("_") or kind in dir(builtins):
                    continue  # a mistake in the program, which no user is told
                first = node.exc.args[0]
                if isinstance(first, ast.JoinedStr) or (
                    isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                    and " " in first.value
                ):
                    bare.append(f"{module.name}:{node.lineno}")
    assert bare == []


def test_make_messages_knows_every_name_of_gettext():
    """A function that is called by a name the extractor does not know is never translated."""
    known = set(DEFAULT_KEYWORDS) | set(
        re.findall(r"--keyword (\w+)", (ROOT / "Makefile").read_text())
    )
    names = {
        f"{module.name}: {each.asname or each.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if "gettext" in each.name and (each.asname or each.name) not in known
    }
    assert names == set()


def test_make_messages_knows_which_words_are_of_one_and_of_many():
    plural = re.findall(r"--keyword (ngettext\w*):1,2", (ROOT / "Makefile").read_text())
    assert sorted(plural) == ["ngettext", "ngettext_lazy"]


SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAPPINGS = SETTINGS["tool"]["babel"]["mappings"]
# Every template, whatever its kind and whoever reads it.
ALL_TEMPLATES = sorted(
    path.relative_to(ROOT)
    for package in ("marketplace", "catalogue", "tendering", "invoicing", "supplier_portal")
    for folder in ("jinja2", "templates")
    for path in (ROOT / package).rglob(f"{folder}/**/*")
    if path.is_file()
)


def _method(path) -> str | None:
    return next(
        (each["method"] for each in MAPPINGS if pathmatch(each["pattern"], path.as_posix())), None
    )


def test_there_are_templates_of_more_than_one_kind():
    assert {path.suffix for path in ALL_TEMPLATES} >= {".html", ".txt"}
    assert {_method(path) for path in ALL_TEMPLATES} >= {
        "jinja2",
        "marketplace.web.extraction:django_templates",
    }


@pytest.mark.parametrize("path", ALL_TEMPLATES, ids=lambda path: path.as_posix())
def test_make_messages_and_the_package_know_every_template(path):
    assert _method(path), "pyproject.toml, tool.babel.mappings"
    shipped = SETTINGS["tool"]["setuptools"]["package-data"]["*"]
    assert any(fnmatch(path.name, pattern) for pattern in shipped), "pyproject.toml, package-data"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "marketplace/web/templates/mfa/messages/totp_activated.txt",
            "The app on your phone is set up.",
        ),
        ("marketplace/web/templates/allauth/layouts/base.html", "Marketplace"),
    ],
)
def test_words_in_templates_of_django_are_found(path, words):
    method = _method(Path(path)) or ""
    found = [message for _line, message, *_rest in extract_from_file(method, ROOT / path)]
    assert words in found
