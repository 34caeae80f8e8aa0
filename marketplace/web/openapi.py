"""How an operation describes itself, so that what is published and what is done cannot differ.

`@described` stands above each method of an Operation and names the same serializers that the
method uses, the refusals that it can answer with, and nothing else; the rest (problem documents,
Idempotency-Key, If-Match, scopes, pages) is the same everywhere and is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from marketplace.core.errors import Busy, Refusal
from marketplace.web.problems import HTTP_PROBLEMS, MEDIA_TYPE, NUMBERS, path_of, title_of

F = TypeVar("F", bound=Callable[..., Any])
SerializerClass = type[serializers.Serializer[Any]]

# What every operation can answer, besides what it names itself.
ALWAYS = (401, 403)


class Problem(serializers.Serializer[Any]):
    """A problem document. Source: RFC 9457."""

    class Place(serializers.Serializer[Any]):
        """One thing wrong with one value."""

        pointer = serializers.CharField(help_text="A JSON Pointer into what was sent.")
        detail = serializers.CharField(help_text="What is wrong there, and what to do.")

    type = serializers.CharField(help_text="The address of a page that explains the problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(help_text="The address that was asked.")
    errors = Place(many=True, required=False)  # type: ignore[assignment]  # the RFC names it so


@dataclass(frozen=True, slots=True)
class Description:
    """What an operation takes and answers."""

    summary: str
    answers: SerializerClass | None = None
    takes: SerializerClass | None = None
    asks: SerializerClass | None = None
    status: int = 200
    is_list: bool = False
    is_versioned: bool = False
    is_change: bool = False
    may_match: bool = False
    media_type: str = ""
    refusals: tuple[type[Refusal], ...] = ()
    example: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)


def described(summary: str, **facts: Any) -> Callable[[F], F]:  # noqa: ANN401  # Description's fields
    """Describe a method of an Operation.

    Shapes: `answers`, `takes` and `asks` are the serializers of answer, body and query string;
    `is_list` says that the answer is a page of `answers`; `is_versioned` that it has an ETag;
    `is_change` that it needs If-Match, `may_match` that it heeds one; `media_type`
    that the answer is bytes of that kind; `example` is an answer, `sent` a body. `@described`
    stands above `@idempotent`.
    """
    description = Description(summary, **facts)

    def decorate(method: F) -> F:
        method.description = description  # type: ignore[attr-defined]
        return method

    return decorate


class OperationSchema(AutoSchema):
    """Makes an OpenAPI operation of a described method."""

    def _described(self) -> Description:
        method = getattr(self.view, self.method.lower())
        found = getattr(method, "description", None)
        return found if isinstance(found, Description) else Description(self.method)

    def get_summary(self) -> str:
        """Return the summary."""
        return self._described().summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Return who may call it, and what its docstring says."""
        said = super().get_description() or ""
        scope = self._scope()
        writers: tuple[str, ...] | None = self.view.writers  # type: ignore[attr-defined]
        words: str | tuple[str, ...] = self.view.access  # type: ignore[attr-defined]
        if writers is not None and self.method != "GET":
            words = writers
        roles = words if isinstance(words, str) else ", ".join(words)
        lines = [said, f"Who may: {roles}.", f"Scope of the token: `{scope}`." if scope else ""]
        return "\n\n".join(line for line in lines if line)

    def _scope(self) -> str:
        scope = getattr(self.view, "scope", None)
        if isinstance(scope, dict):
            scope = scope.get(self.method)
        return str(scope or "")

    def get_operation_id(self) -> str:
        """Return class and method in one word: RequisitionList.get is requisitionListGet."""
        name = type(self.view).__name__
        return f"{name[:1].lower()}{name[1:]}{self.method.capitalize()}"

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:  # noqa: ANN401
        """Return the name with that of its operation, since each has an Input and an Output."""
        return type(serializer).__qualname__.replace(".", "").replace("<locals>", "")

    def get_request_serializer(self) -> Any:  # noqa: ANN401  # drf-spectacular's own signature
        """Return what the body is, None for none."""
        return self._described().takes

    def get_response_serializers(self) -> Any:  # noqa: ANN401  # drf-spectacular's own signature
        """Return every answer: the good one, and each number of a problem."""
        found = self._described()
        answer = found.answers
        if answer is not None and found.is_list:
            answer = _page_of(answer)
        responses: dict[Any, Any] = {}
        if found.media_type:
            responses[found.status, found.media_type] = OpenApiResponse(
                OpenApiTypes.BINARY, description=str(found.summary)
            )
        else:
            responses[found.status] = OpenApiResponse(answer, description=str(found.summary))
        for status, reasons in sorted(self._problems(found).items()):
            responses[status, MEDIA_TYPE] = OpenApiResponse(Problem, description=" ".join(reasons))
        return responses

    def _problems(self, found: Description) -> dict[int, list[str]]:
        """Return the titles of what can go wrong, by number."""
        numbers = list(ALWAYS)
        if "{" in self.path:
            numbers.append(404)
        if found.takes or found.asks or found.is_list or self.method == "POST":
            numbers += [400, 422]
        if found.takes or self.method == "POST":
            numbers += [413, 415]
        if found.is_change or found.may_match:
            numbers.append(412)
        if found.is_change or (found.may_match and self.method == "PUT"):
            # What a PUT makes needs no version; what it finds there does.
            numbers.append(428)
        said = {number: [str(HTTP_PROBLEMS[number].title)] for number in numbers}
        if self.method != "GET":
            said[_number_of(Busy)] = [f"{Busy.title} (`{path_of(Busy.code)}`)"]
        for kind in found.refusals:
            number = _number_of(kind)
            said.setdefault(number, []).append(f"{title_of(kind)} (`{path_of(kind.code)}`)")
        return said

    def get_override_parameters(self) -> list[Any]:
        """Return the query string and the headers."""
        found = self._described()
        parameters: list[Any] = [found.asks] if found.asks else []
        if found.is_list:
            parameters += _PAGING
        if getattr(getattr(self.view, self.method.lower()), "is_idempotent", False):
            parameters.append(_IDEMPOTENCY_KEY)
        if found.is_change or found.may_match:
            parameters.append(_if_match(required=found.is_change))
        if found.is_versioned:
            parameters.append(_ETAG)
        return parameters

    def get_examples(self) -> list[OpenApiExample]:
        """Return what is sent and answered in one example each."""
        found = self._described()
        made = []
        if found.sent:
            made.append(OpenApiExample("Sent", value=found.sent, request_only=True))
        if found.example:
            answered = (
                {"results": [found.example], "next": None} if found.is_list else found.example
            )
            made.append(
                OpenApiExample(
                    "Answered",
                    value=answered,
                    response_only=True,
                    status_codes=[str(found.status)],
                )
            )
        return made

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return how somebody says who they are: a token, or the session of a page."""
        for name, scheme in _SCHEMES.items():
            self.registry.register_on_missing(
                ResolvedComponent(  # type: ignore[no-untyped-call]
                    name=name,
                    type=ResolvedComponent.SECURITY_SCHEMA,
                    object=name,
                    schema=scheme,
                )
            )
        return [{name: []} for name in _SCHEMES]

    def get_tags(self) -> list[str]:
        """Return the first word of the address after the version."""
        words = [word for word in self.path.split("/") if word and not word.startswith("{")]
        return words[2:3] or words[-1:]


def _if_match(*, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        "If-Match",
        str,
        location=OpenApiParameter.HEADER,
        required=required,
        description="The ETag of what you read, so that nobody's change is lost.",
    )


def _number_of(kind: type[Refusal]) -> int:
    return next(NUMBERS[base] for base in kind.__mro__ if base in NUMBERS)


@cache
def _page_of(row: SerializerClass) -> SerializerClass:
    """Return the shape of a page of rows."""
    name = f"{row.__qualname__}Page".replace(".", "")
    return type(
        name,
        (serializers.Serializer,),
        {
            "__doc__": "A page of a list.",
            "results": row(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The address of the next page, null on the last."
            ),
        },
    )


_PAGING: Iterable[OpenApiParameter] = (
    OpenApiParameter("after", str, description="Where the page begins; taken from “next”."),
    OpenApiParameter(
        "size", {"type": "integer", "minimum": 1, "maximum": 100}, description="Rows a page."
    ),
)
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    location=OpenApiParameter.HEADER,
    description="A UUID of your own. The same request with the same key has one effect.",
)
_ETAG = OpenApiParameter(
    "ETag",
    str,
    location=OpenApiParameter.HEADER,
    response=[200, 201],
    description="The version, to be sent back in If-Match.",
)
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
}
