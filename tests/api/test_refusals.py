"""What a service can refuse with is what the operation that calls it describes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from types import FunctionType

import pytest

from marketplace.core.errors import Busy, Missing, Refusal
from marketplace.web.api import Operation
from marketplace.web.openapi import Description
from tests.access.world import addresses

METHODS = ("get", "post", "put", "patch", "delete")
# Said of every operation: what is not there is 404, and what somebody else holds is 409.
EVERYWHERE = {Missing, Busy}
RAISES = re.compile(r"Raises:(.*?)(?:\n\s*(?:Shapes|Units|Why|Source):|\Z)", re.DOTALL)
NAME = re.compile(r"\b[A-Z][A-Za-z]+\b")


def operations() -> Iterator[tuple[str, FunctionType, Description]]:
    for address in addresses():
        view = getattr(address.view, "view_class", None) or getattr(address.view, "cls", None)
        if view is None or not issubclass(view, Operation):
            continue
        for method in METHODS:
            handler = getattr(view, method, None)
            if handler is not None and hasattr(handler, "description"):
                name = f"{view.__name__}.{method}"
                yield name, inspect.unwrap(handler), handler.description


def services_of(handler: FunctionType, seen: frozenset[str] = frozenset()) -> set[FunctionType]:
    """The services that a handler calls, itself or through functions beside it."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(handler)))):
        name = node.id if isinstance(node, ast.Name) else ""
        called = handler.__globals__.get(name)
        if not isinstance(called, FunctionType) or name in seen:
            continue
        called = inspect.unwrap(called)
        if ".services" in called.__module__:
            found.add(called)
        elif ".api" in called.__module__ and not called.__module__.startswith("marketplace.web"):
            found |= services_of(called, seen | {name})
    return found


def kinds(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def raised_by(service: FunctionType) -> set[type[Refusal]]:
    """The refusals that a service's docstring names."""
    said = RAISES.search(inspect.getdoc(service) or "")
    found = set()
    for name in NAME.findall(said[1] if said else ""):
        here = service.__globals__.get(name)
        if isinstance(here, type) and issubclass(here, Refusal):
            found.add(here)
            continue
        package = service.__module__.rsplit(".services", 1)[0]
        named = [kind for kind in kinds(Refusal) if kind.__name__ == name]
        near = [kind for kind in named if kind.__module__.startswith(package)]
        found |= set((near or named)[:1])
    return found


ALL = sorted(operations(), key=lambda each: each[0])


@pytest.mark.parametrize(("handler", "described"), [each[1:] for each in ALL],
                         ids=[each[0] for each in ALL])  # fmt: skip
def test_an_operation_describes_what_its_services_refuse(handler, described):
    able = set().union(*(raised_by(service) for service in services_of(handler)))
    missing = able - EVERYWHERE - set(described.refusals)
    assert {kind.__name__ for kind in missing} == set()


def test_the_search_finds_services_and_refusals():
    """Negative control: what finds nothing would let everything pass."""
    found = {name: services_of(handler) for name, handler, _described in ALL}
    assert {service.__name__ for service in found["RequisitionSubmission.post"]} == {
        "submit_requisition"
    }
    (service,) = found["RequisitionSubmission.post"]
    assert {"NeededInThePast", "OverBudget"} <= {kind.__name__ for kind in raised_by(service)}
    assert sum(map(bool, found.values())) > 8
