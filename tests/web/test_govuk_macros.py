"""The Python macros draw what GOV.UK Frontend's own templates draw: its fixtures are the oracle.

Why: npm's stylesheet and PyPI's macros are two packages, and a pair that does not fit (6.6.0 with
4.1.0 does not) looks almost right.
"""

import json
import re
from pathlib import Path

import pytest
from lxml import html

from marketplace.web.templating import environment

COMPONENTS = (
    Path(__file__).resolve().parents[2] / "node_modules/govuk-frontend/dist/govuk/components"
)
FIXTURES = {path.parent.name: path for path in sorted(COMPONENTS.glob("*/fixtures.json"))}


@pytest.fixture(scope="module")
def jinja():
    return environment()


def cases(component: str) -> list[dict]:
    return json.loads(FIXTURES[component].read_text(encoding="utf-8"))["fixtures"]


def macro_name(component: str) -> str:
    return "govuk" + "".join(part.capitalize() for part in component.split("-"))


def normal(text: str) -> list:
    """The tree of a piece of HTML, without the spaces that no browser shows."""
    return [flat(part) for part in html.fragments_fromstring(text.strip() or "<p></p>")]


def flat(node) -> tuple | str:
    if isinstance(node, str):
        return squeezed(node)
    attributes = {
        name: " ".join(value.split()) if name == "class" else value
        for name, value in node.attrib.items()
    }
    inner = [squeezed(node.text)]
    for child in node:
        inner += [flat(child), squeezed(child.tail)]
    return (str(node.tag), tuple(sorted(attributes.items())), tuple(i for i in inner if i))


def squeezed(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


def rendered(jinja, component: str, options: dict) -> str:
    name = macro_name(component)
    source = f'{{% from "govuk_frontend_jinja/components/{component}/macro.html" import {name} %}}'
    return jinja.from_string(source + f"{{{{ {name}(params) }}}}").render(params=options)


@pytest.mark.parametrize("component", sorted(FIXTURES))
def test_component_is_drawn_as_upstream_draws_it(jinja, component):
    for case in cases(component):
        ours = rendered(jinja, component, case["options"])
        assert normal(ours) == normal(case["html"]), case["name"]


def test_every_case_of_this_release_is_here():
    version = json.loads((COMPONENTS.parents[2] / "package.json").read_text())["version"]
    assert (version, sum(len(cases(component)) for component in FIXTURES)) == ("6.3.0", 657)


def test_the_comparison_sees_a_difference():
    """Negative control."""
    assert normal('<p class="a b">x</p>') == normal('<p  class="a  b"> x </p>')
    assert normal('<p class="a">x</p>') != normal('<p class="b">x</p>')
    assert normal("<p>x</p>") != normal("<p>y</p>")
