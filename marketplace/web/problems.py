"""The one place where a refusal gets a number, and becomes a form error or a problem document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail
from rest_framework.views import exception_handler

from marketplace.core.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
)
from marketplace.core.models import busy, is_held

MEDIA_TYPE: Final = "application/problem+json"
NUMBERS: Final[dict[type[Refusal], int]] = {
    Invalid: 422,
    Forbidden: 403,
    Missing: 404,
    Conflict: 409,
}
API_PREFIX: Final = "/api/"
GONE: Final = frozenset({"57P01", "57P02", "57P03", "53300"})  # stopping, starting, or full


@dataclass(frozen=True, slots=True)
class HttpProblem:
    """A problem of the conversation rather than of the matter: how something was asked."""

    code: str
    status: int
    title: Any
    advice: Any


# By HTTP number; 404, 403 and 409 are here for what no refusal of ours says.
HTTP_PROBLEMS: Final[dict[int, HttpProblem]] = {
    problem.status: problem
    for problem in (
        HttpProblem(
            "request.malformed",
            400,
            gettext_lazy("We cannot read this request."),
            gettext_lazy("Check that the body is complete and is valid JSON, and send it again."),
        ),
        HttpProblem(
            "request.not-signed-in",
            401,
            gettext_lazy("You need to sign in."),
            gettext_lazy("Send a token in the header “Authorization: Bearer …”, or sign in."),
        ),
        HttpProblem(
            "request.forbidden",
            403,
            gettext_lazy("You are not allowed to do this."),
            gettext_lazy("Check that you are signed in as the right person, or ask for a role."),
        ),
        HttpProblem(
            "request.not-found",
            404,
            gettext_lazy("There is nothing at this address."),
            gettext_lazy("Check the address. What it named may have been removed."),
        ),
        HttpProblem(
            "request.method-not-allowed",
            405,
            gettext_lazy("This address does not answer this method."),
            gettext_lazy("The header “Allow” of the answer names the methods that it does."),
        ),
        HttpProblem(
            "request.not-acceptable",
            406,
            gettext_lazy("We cannot answer in the format that was asked for."),
            gettext_lazy("Ask for application/json."),
        ),
        HttpProblem(
            "request.too-slow",
            408,
            gettext_lazy("This took too long to arrive."),
            gettext_lazy("Nothing was changed. Check your connection, and send it again."),
        ),
        HttpProblem(
            "request.length-required",
            411,
            gettext_lazy("This request does not say how long its body is."),
            gettext_lazy(
                "Nothing was changed. Send the body in one piece, with its length in the header"
                " “Content-Length”, rather than in chunks."
            ),
        ),
        HttpProblem(
            "request.changed-meanwhile",
            412,
            gettext_lazy("Somebody else has changed this since you read it."),
            gettext_lazy("Read it again, look at what is different, and repeat your change."),
        ),
        HttpProblem(
            "request.too-large",
            413,
            gettext_lazy("This is too large."),
            gettext_lazy("Send a smaller file, or split it into several."),
        ),
        HttpProblem(
            "request.address-too-long",
            414,
            gettext_lazy("The address is too long."),
            gettext_lazy("Shorten it to less than 4,000 characters: ask for less at once."),
        ),
        HttpProblem(
            "request.media-type",
            415,
            gettext_lazy("We cannot read this kind of content."),
            gettext_lazy("Send application/json, and say so in the header “Content-Type”."),
        ),
        HttpProblem(
            "request.invalid",
            422,
            gettext_lazy("Something in the request is not right."),
            gettext_lazy("Look at “errors”: each names a place in what was sent, and says why."),
        ),
        HttpProblem(
            "request.no-version",
            428,
            gettext_lazy("Say which version you are changing."),
            gettext_lazy("Send the ETag that you were given in the header “If-Match”."),
        ),
        HttpProblem(
            "request.too-many",
            429,
            gettext_lazy("Too many requests in a short time."),
            gettext_lazy("Wait as long as the header “Retry-After” says, and try again."),
        ),
        HttpProblem(
            "request.headers-too-large",
            431,
            gettext_lazy("The headers of the request are too large."),
            gettext_lazy("Send fewer or shorter headers; in a browser, delete old cookies."),
        ),
        HttpProblem(
            "server.error",
            500,
            gettext_lazy("Something went wrong on our side."),
            gettext_lazy("Nothing was changed. Try again later; tell us if it goes on."),
        ),
        HttpProblem(
            "request.not-implemented",
            501,
            gettext_lazy("We do not know this method, or this way to send a body."),
            gettext_lazy(
                "Use a method like GET or POST, and leave out the header “Transfer-Encoding”."
            ),
        ),
        HttpProblem(
            "server.unavailable",
            503,
            gettext_lazy("The service cannot answer at the moment."),
            gettext_lazy("Try again in a few minutes."),
        ),
    )
}


def status_of(refusal: Refusal) -> int:
    """Return the HTTP number of a refusal."""
    for kind in type(refusal).__mro__:
        if kind in NUMBERS:
            return NUMBERS[kind]
    raise TypeError(f"{type(refusal).__name__} is none of the four kinds of refusal.")


def title_of(refusal: Refusal | type[Refusal]) -> str:
    """Return the title of a refusal in the reader's language; the kinds' own is only marked."""
    title = refusal.title
    return _(title) if isinstance(title, str) else str(title)


def detail_of(refusal: Refusal) -> str:
    """Return what a refusal says, which is its title where it was given nothing to say."""
    return title_of(refusal) if refusal.detail == str(refusal.title) else refusal.detail


def refusal_of(error: BaseException) -> Refusal | None:
    """Return what was raised as a refusal; None for a defect.

    Why: any statement may have to wait for somebody else, and the database then gives up after
    lock_timeout or ends one of two that wait for each other. Nothing is wrong with the request, so
    wherever it happens it is told as busy, here and not at each statement.
    """
    if isinstance(error, Refusal):
        return error
    return busy() if is_held(error) else None


def is_away(error: BaseException | None) -> bool:
    """Tell whether something failed because the database does not answer, however far behind.

    Why: that is no defect of ours, and whoever asks should try again rather than tell us.
    Source: PostgreSQL manual, appendix A: class 08, and what a server says that starts or stops.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, InterfaceError):
            return True
        if isinstance(error, OperationalError):
            state = getattr(error.__cause__, "sqlstate", None)
            return state is None or state in GONE or state.startswith("08")
        error = error.__cause__ or error.__context__
    return False


def show_on(form: forms.Form, refusal: Refusal) -> None:
    """Put what a refusal says beside the fields that it names, or at the top of the form."""
    form.errors  # noqa: B018  # runs the form's own checks first, if that has not happened
    if not hasattr(form, "cleaned_data"):
        form.cleaned_data = {}
    for problem in refusal.errors:
        name = problem.pointer.removeprefix("#").removeprefix("/")
        form.add_error(name if name in form.fields else None, problem.detail)
    if not refusal.errors:
        form.add_error(None, detail_of(refusal))


def show_more(form: forms.Form, problems: Iterable[FieldProblem]) -> None:
    """Put what the deed would refuse beside what a form found wrong itself.

    Why: who mends one mistake and is then told of the next has been told too late.
    """
    for problem in problems:
        name = problem.pointer if problem.pointer in form.fields else None
        if name is None or name not in form.errors:
            form.add_error(name, problem.detail)


def path_of(code: str) -> str:
    """Return the address of the page that explains a problem; it is the problem's type."""
    return f"/problems/{code}/"


def problem_document(refusal: Refusal, request: HttpRequest | Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a refusal as RFC 9457 has it, facts as extension members."""
    document = _document(
        refusal.code, title_of(refusal), status_of(refusal), detail_of(refusal), request
    )
    if refusal.errors:
        document["errors"] = [
            {"pointer": _pointer(problem.pointer), "detail": problem.detail}
            for problem in refusal.errors
        ]
    return {**document, **refusal.facts}


def http_document(
    status: int,
    request: HttpRequest | Any,  # noqa: ANN401  # a DRF request is not an HttpRequest
    detail: str = "",
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Return the problem document for an HTTP number, where no refusal of ours was raised."""
    problem = HTTP_PROBLEMS.get(status, HTTP_PROBLEMS[500 if status >= 500 else 400])
    document = _document(
        problem.code, str(problem.title), status, detail or str(problem.advice), request
    )
    return document | ({"errors": errors} if errors else {})


def problem_answer(
    document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """Return a problem document as an answer."""
    return JsonResponse(
        dict(document),
        status=document["status"],
        content_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def wants_documents(request: HttpRequest) -> bool:
    """Tell whether a program is asking, rather than a person's browser."""
    return request.path.startswith(API_PREFIX)


def known_problems() -> dict[str, tuple[str, str, int]]:
    """Return title, advice and number of every problem that there is, by its code."""
    found = {p.code: (str(p.title), str(p.advice), p.status) for p in HTTP_PROBLEMS.values()}
    for kind in _kinds(Refusal):
        status = next((NUMBERS[base] for base in kind.__mro__ if base in NUMBERS), 422)
        found[kind.code] = (title_of(kind), _advice(kind, status), status)
    return found


def _kinds(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in base.__subclasses__():
        yield from _kinds(kind)
        # A subclass without a code of its own speaks with its parent's words.
        if "code" in vars(kind):
            yield kind


def _advice(kind: type[Refusal], status: int) -> str:
    """Return what to do, in the refusal's own words or in those of its kind."""
    own = getattr(kind, "advice", "")
    if own:
        return str(own)
    return {
        403: _("Ask a person who may do this, or an administrator of your organisation."),
        404: _(
            "Check the address. It may belong to another organisation than the one you act for."
        ),
        409: _("Look at it again: something has happened to it meanwhile. Then decide what to do."),
    }.get(status, _("Read what the answer says, change what it names, and send it again."))


def _document(code: str, title: str, status: int, detail: str, request: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "type": path_of(code),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }


def _pointer(pointer: str) -> str:
    plain = pointer.removeprefix("#").removeprefix("/")
    return f"#/{plain}"


def api_exception(error: Exception, context: Mapping[str, Any]) -> Any:  # noqa: ANN401  # DRF's own signature
    """Turn what was raised into a problem document; the setting EXCEPTION_HANDLER names this.

    Shapes: None for a defect, which Django then logs and answers with 500.
    """
    request = context["request"]
    if isinstance(error, UnreadablePostError):  # it stopped coming
        return problem_answer(http_document(408, request))
    refusal = refusal_of(error)
    if refusal is not None:
        return problem_answer(problem_document(refusal, request))
    answer = exception_handler(error, dict(context))  # knows DRF's own numbers
    if answer is None:
        return None
    headers = {
        name: value
        for name, value in answer.items()
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}
    }
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers.setdefault("WWW-Authenticate", "Bearer")
        return problem_answer(http_document(401, request, str(error.detail)), headers)
    if isinstance(error, exceptions.ValidationError):
        found = list(_pointed(error.detail, ""))
        return problem_answer(http_document(422, request, errors=found), headers)
    detail = "" if isinstance(error, Http404) else str(getattr(error, "detail", ""))
    return problem_answer(http_document(answer.status_code, request, detail), headers)


def _pointed(detail: Any, pointer: str) -> list[dict[str, str]]:  # noqa: ANN401  # DRF's nested detail
    """Return DRF's nested errors flat, each with a JSON Pointer to what is wrong."""
    if isinstance(detail, Mapping):
        found = []
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{_escaped(str(name))}"
            found += _pointed(inner, f"{pointer}{step}")
        return found
    if isinstance(detail, list):
        found = []
        for index, inner in enumerate(detail):
            here = pointer if isinstance(inner, ErrorDetail | str) else f"{pointer}/{index}"
            found += _pointed(inner, here)
        return found
    return [{"pointer": f"#{pointer or '/'}", "detail": str(detail)}]


def _escaped(name: str) -> str:
    """Write a name as a step of a JSON Pointer (RFC 6901, 3)."""
    return name.replace("~", "~0").replace("/", "~1")
