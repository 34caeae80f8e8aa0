"""Middleware of page manners: refusals and bare errors become pages, and pages are not kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from marketplace.core.texts import unseen, without_unseen
from marketplace.web import problems, security, uploads, views
from marketplace.web.access import AccessNotDeclared, declared, is_third_party
from marketplace.web.methods import USUAL, methods_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Numbers that Django and its packages answer with nothing, or with one line, as the body.
BARE = frozenset({405, 413, 429})
# Mistakes that are none of what was typed: it was typed too often.
RETRY_AFTER_SECONDS = "900"  # the longest that any limit of signing in looks back for one person
TOO_OFTEN = frozenset({"too_many_login_attempts", "rate_limited"})


class RefusalPages:
    """Answer a refusal that a view let pass, and errors without a page, with a page.

    Stands innermost, so that the pages have the session, the person and the language.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Give a bare error a page."""
        response = self.get_response(request)
        if response.status_code not in BARE or not _is_bare(response):
            return response
        page = views.of_status(request, response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response:
                page[name] = response[name]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal into an error page or a problem document."""
        refusal = problems.refusal_of(exception)
        return None if refusal is None else views.refused(request, refusal)

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        """Give a page of others that shows a form with mistakes the number that ours have."""
        shown = (response.context_data or {}).values()
        wrong = [each for each in shown if isinstance(each, forms.BaseForm) and each.errors]
        if wrong and request.method == "POST" and response.status_code == 200:
            response.status_code = 429 if any(map(_is_too_often, wrong)) else 422
            if response.status_code == 429:
                response["Retry-After"] = RETRY_AFTER_SECONDS
        return response


class Manners:
    """Set the headers that every answer has, and forbid to keep what a signed-in person saw."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers."""
        response = self.get_response(request)
        for name, value in security.HEADERS.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers and _is_personal(request):
            add_never_cache_headers(response)
            response.headers["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("Cookie",))
        return response


class AccessDeclared:
    """Refuse to run a view that does not say who may open it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Raise AccessNotDeclared for a view of ours that does not say who may open it."""
        if declared(view) is None and not is_third_party(view):
            named = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
            raise AccessNotDeclared(f"{named.__module__}.{named.__qualname__} has no @access.")


class ReadableAddresses:
    """Answer that there is nothing at an address with a character that no text of ours may have.

    Why: no code and no name has one, and the database cannot even be asked for some of them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Answer with 404 where the path has such a character."""
        return views.of_status(request, 404) if unseen(request.path_info) else None


class SeenTexts:
    """Take from what people send by a form, and from names of files, what nobody can see.

    Why: such characters come along when something is copied from a letter, so a person cannot be
    asked to remove them; a program is told (marketplace.web.api). Pages of others are left alone:
    they take passwords, in which every character counts.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Clean what was sent, where there is something to clean."""
        if is_third_party(view) or problems.wants_documents(request):
            return
        for name in ("GET", "POST"):
            sent: QueryDict = getattr(request, name)
            if any(unseen(text) for _name, texts in sent.lists() for text in texts):
                setattr(request, name, _seen(sent))
        for _field, files in request.FILES.lists():
            for file in files:
                file.name = without_unseen(file.name or "") or "file"


class WholeForms:
    """Answer that it took too long when a form stops coming, before anybody reads half of it.

    Why: what reads it next would take the half for a forged form, or stumble over it. A program's
    body is read by whoever knows its kinds, and answers for itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Read the form, where there is one."""
        if request.path.startswith(problems.API_PREFIX):
            return None
        try:
            request.POST  # noqa: B018  # reading it is the deed
        except UnreadablePostError:
            return views.of_status(request, 408)
        return None


class PageMethods:
    """Answer that a page does not know a method, where the method is none that a form has.

    Why here: the check for forged forms would refuse it first, as if the form were at fault.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Answer with 405 and the methods that the page knows."""
        known = ("OPTIONS", *USUAL)
        if request.method in known or request.path.startswith(problems.API_PREFIX):
            return None
        page = views.of_status(request, 405)
        page["Allow"] = ", ".join(methods_of(view))
        return page


class UploadLimit:
    """Refuse a body that is too large before any of it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Compare what the request says of its length with the limit."""
        if uploads.is_too_long(request):
            return views.too_large(request)
        return self.get_response(request)


def _seen(sent: QueryDict) -> QueryDict:
    cleaned = sent.copy()
    for name, texts in sent.lists():
        cleaned.setlist(name, [without_unseen(str(text)) for text in texts])
    return cleaned


def _is_too_often(form: forms.BaseForm) -> bool:
    mistakes = (mistake for each in form.errors.as_data().values() for mistake in each)
    return any(mistake.code in TOO_OFTEN for mistake in mistakes)


def _is_bare(response: HttpResponseBase) -> bool:
    if response.streaming or not isinstance(response, HttpResponse):
        return False
    return len(response.content) < 200 and "json" not in response.get("Content-Type", "")


def _is_personal(request: HttpRequest) -> bool:
    """Tell whether the answer may show what only this person may see."""
    if request.headers.get("Authorization"):
        return True
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)
