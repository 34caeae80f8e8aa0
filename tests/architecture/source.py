"""The product's own source, read as syntax trees, for the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("marketplace", "catalogue", "tendering", "invoicing", "supplier_portal")


@dataclass(frozen=True)
class Module:
    """One file of ours."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path from the project's root, as in a message."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def role(self) -> str:
        """What kind of file it is: the first folder or file name that says so."""
        parts = [*self.path.relative_to(ROOT).parts[:-1], self.path.stem]
        return next((p for p in parts if p in ROLES), "")

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Every function and method in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))


ROLES = ("models", "states", "rules", "selectors", "services", "tasks", "forms", "views", "api")


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, without migrations."""
    return _below(*PACKAGES)


@cache
def modules_of_tests() -> tuple[Module, ...]:
    """Every module of the tests, and of what is run for the documents."""
    return _below("tests", "docs")


def _below(*folders: str) -> tuple[Module, ...]:
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                text = path.read_text()
                found.append(Module(path, text, ast.parse(text)))
    return tuple(found)


def in_role(*roles: str) -> list[Module]:
    """The modules that are of one of these kinds."""
    return [module for module in modules() if module.role in roles]


def called(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The last name of everything that is called below a node, with the call."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            if isinstance(each.func, ast.Attribute):
                yield each.func.attr, each
            elif isinstance(each.func, ast.Name):
                yield each.func.id, each


def decorators(function: ast.FunctionDef) -> set[str]:
    """The last names of a function's decorators."""
    names = set()
    for node in function.decorator_list:
        inner = node.func if isinstance(node, ast.Call) else node
        names.add(inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", ""))
    return names
