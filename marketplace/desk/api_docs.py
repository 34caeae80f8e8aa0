"""The API described: as a document for programs, and as a page for people.

Both are public: an address that is described is not thereby open. The page is made from the
document, so that the two cannot differ, and needs no script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse  # noqa: TID251  # a page
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from marketplace.web.access import access

JSON = "application/json"
# What makes the document keeps its state on the classes of the views: one thread at a time.
MAKING = Lock()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a body or an answer; `name` is dotted where it lies deeper."""

    name: str
    kind: str
    is_needed: bool
    help_text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    is_needed: bool
    help_text: str


@dataclass(frozen=True, slots=True)
class Documented:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: list[str]
    parameters: list[Parameter]
    taken: list[Member]
    sent: str
    answered: str
    answers: list[tuple[str, str]]


@access("public")
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the document: JSON for whoever asks for that, YAML for everybody else."""
    asked = request.GET.get("format") or request.headers.get("Accept", "")
    renderer = OpenApiJsonRenderer if "json" in asked else OpenApiYamlRenderer
    with MAKING:
        content, tag = _rendered(get_language() or "", renderer)
    name = f"council-marketplace-api.{renderer.format}"
    answer = HttpResponse(
        content,
        content_type=renderer.media_type,
        headers={"ETag": tag, "Content-Disposition": f'inline; filename="{name}"'},
    )
    patch_vary_headers(answer, ("Accept",))
    return get_conditional_response(request, etag=tag, response=answer) or answer


@access("public")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show every operation of the API, what it takes and what it answers."""
    with MAKING:
        groups = _groups(get_language() or "")
    return render(request, "desk/api.html", {"groups": groups})


@lru_cache(maxsize=4)
def _document(language: str) -> dict[str, Any]:
    """Return the document, once for each language."""
    made: dict[str, Any] = SchemaGenerator().get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return made


@lru_cache(maxsize=8)
def _rendered(
    language: str, renderer: type[OpenApiJsonRenderer | OpenApiYamlRenderer]
) -> tuple[bytes, str]:
    """Return the document as bytes, and their entity tag."""
    content: bytes = renderer().render(_document(language), renderer_context={})
    return content, f'"{sha256(content).hexdigest()[:32]}"'


@lru_cache(maxsize=4)
def _groups(language: str) -> list[tuple[str, list[Documented]]]:
    """Return the operations by the thing that they are about, once for each language."""
    document = _document(language)
    groups: dict[str, list[Documented]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = (operation.get("tags") or ["api"])[0]
            groups.setdefault(name, []).append(_documented(document, path, method, operation))
    return sorted(groups.items())


def _documented(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Documented:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    good: Mapping[str, Any] = next(
        (a for code, a in operation["responses"].items() if code.startswith("2")), {}
    )
    return Documented(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        paragraphs=[part for part in operation.get("description", "").split("\n\n") if part],
        parameters=[
            Parameter(
                each["name"], each["in"], each.get("required", False), each.get("description", "")
            )
            for each in operation.get("parameters", [])
        ],
        taken=list(_members(document, body.get("schema", {}))),
        sent=_example(body),
        answered=_example(good.get("content", {}).get(JSON, {})),
        answers=[(code, answer["description"]) for code, answer in operation["responses"].items()],
    )


def _members(
    document: Mapping[str, Any], schema: Mapping[str, Any], before: str = ""
) -> Iterator[Member]:
    """Yield the members of a shape, and after a list of things what each of them has."""
    shape = _resolved(document, schema)
    for name, part in shape.get("properties", {}).items():
        inner = _resolved(document, part)
        yield Member(
            f"{before}{name}",
            _kind(inner),
            name in shape.get("required", []),
            part.get("description", ""),
        )
        items = _resolved(document, inner.get("items", {}))
        if "properties" in items:
            yield from _members(document, items, f"{before}{name}[].")


def _kind(part: Mapping[str, Any]) -> str:
    kind = part.get("type", "")
    names = [each for each in kind if each != "null"] if isinstance(kind, list) else [kind]
    words = " ".join(names)
    if part.get("format"):
        words = f"{words} ({part['format']})"
    if "enum" in part:
        words = ", ".join(str(each) for each in part["enum"] if each is not None)
    return words


def _resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference points to, or the part itself."""
    for each in part.get("allOf", []):
        return _resolved(document, each)
    name = part.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else part
    return found


def _example(content: Mapping[str, Any]) -> str:
    examples = list(content.get("examples", {}).values())
    return json.dumps(examples[0]["value"], indent=2, ensure_ascii=False) if examples else ""
