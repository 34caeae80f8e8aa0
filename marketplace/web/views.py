"""Pages of this package: problems explained, errors, a council's colours, and health."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from marketplace.core.errors import Refusal
from marketplace.web import branding, health, problems, uploads
from marketplace.web.access import access

logger = logging.getLogger(__name__)

# Title and text of the page for a number that no refusal of ours stands behind.
PAGES = {
    400: (
        gettext_lazy("We cannot read this request"),
        gettext_lazy("Something in it is damaged. Go back and try again."),
    ),
    403: (
        gettext_lazy("You are not allowed to open this page"),
        gettext_lazy("Check that you are signed in as the right person, or ask for a role."),
    ),
    404: (
        gettext_lazy("Page not found"),
        gettext_lazy(
            "Check that the address is right and complete. What it named may belong to another"
            " organisation than the one that you act for."
        ),
    ),
    405: (
        gettext_lazy("This page cannot be opened like this"),
        gettext_lazy("It only takes what a form sends. Go back and use the button on the page."),
    ),
    408: (
        gettext_lazy("This took too long to arrive"),
        gettext_lazy("Nothing was changed. Check your connection, go back and send it again."),
    ),
    411: (
        gettext_lazy("We cannot tell how long this is"),
        gettext_lazy("Nothing was changed. Send it again from a page of ours, in a browser."),
    ),
    413: (
        gettext_lazy("The file is too large"),
        gettext_lazy("Choose a smaller file, or split it into several, and send it again."),
    ),
    414: (
        gettext_lazy("The address is too long"),
        gettext_lazy("Go back and ask for less at once, with fewer words or choices."),
    ),
    429: (
        gettext_lazy("Too many tries in a short time"),
        gettext_lazy("Wait a few minutes and try again."),
    ),
    431: (
        gettext_lazy("Your browser sends too much with each page"),
        gettext_lazy("Delete the cookies of this site in your browser, and try again."),
    ),
    501: (
        gettext_lazy("We cannot answer this kind of request"),
        gettext_lazy("Open the page again from its address or from a link."),
    ),
    503: (
        gettext_lazy("The service is not available at the moment"),
        gettext_lazy("Try again in a few minutes."),
    ),
}

# Said when not even the page that says so can be made.
LAST_WORDS = (
    b"<!DOCTYPE html><html lang=en><title>Sorry, there is a problem</title>"
    b"<h1>Sorry, there is a problem with the service</h1><p>Try again later.</p>"
)


@access("public")
@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain a problem that the API or a page answered with."""
    known = problems.known_problems()
    if code not in known:
        raise Http404(code)
    title, advice, status = known[code]
    return render(
        request,
        "web/problem.html",
        {"code": code, "problem_title": title, "advice": advice, "status": status},
    )


@access("public")
@require_safe
def problem_list(request: HttpRequest) -> HttpResponse:
    """List every problem that the product can answer with."""
    known = sorted((code, *words) for code, words in problems.known_problems().items())
    return render(request, "web/problems.html", {"known": known})


@access("public")
@require_safe
def theme(request: HttpRequest, colour: str) -> HttpResponse:
    """Serve the stylesheet of one colour; it never changes, so it may be kept for a year."""
    wanted = f"#{colour}"
    if not branding.is_colour(wanted):
        raise Http404(colour)
    return HttpResponse(
        branding.theme_css(wanted),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@access("public")
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@access("public")
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether what this process needs answers too."""
    checks = health.checks()
    good = all(check.ok or not check.needed for check in checks)
    return JsonResponse(
        {
            "status": "ok" if good else "unavailable",
            "checks": {check.name: "ok" if check.ok else "unavailable" for check in checks},
        },
        status=200 if good else 503,
        headers={"Cache-Control": "no-store"},
    )


def error_page(
    request: HttpRequest, status: int, title: str, detail: str, advice: str = ""
) -> HttpResponse:
    """Answer with a page that says what happened and what to do."""
    return render(
        request,
        "web/error.html",
        {"title": title, "detail": detail, "advice": advice, "status": status},
        status=status,
    )


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer a refusal that no view has shown on a form."""
    if problems.wants_documents(request):
        return problems.problem_answer(problems.problem_document(refusal, request))
    _title, advice, status = problems.known_problems().get(
        refusal.code, ("", "", problems.status_of(refusal))
    )
    return error_page(
        request, status, problems.title_of(refusal), problems.detail_of(refusal), advice
    )


def of_status(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Answer an HTTP number that no refusal of ours stands behind, as a page or as a document."""
    if problems.wants_documents(request):
        return problems.problem_answer(problems.http_document(status, request, detail))
    title, text = PAGES[status]
    return error_page(request, status, str(title), detail or str(text))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what cannot be read, or is too large to be (handler400)."""
    if isinstance(exception, MultiPartParserError) and "header size" in str(exception):
        return of_status(
            request,
            400,
            _("The name of the file is too long. Give it a shorter name, and send it again."),
        )
    return of_status(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what is not allowed (handler403)."""
    return of_status(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address at which there is nothing (handler404)."""
    return of_status(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours (the setting CSRF_FAILURE_VIEW)."""
    if problems.wants_documents(request):
        return problems.problem_answer(problems.http_document(403, request, reason))
    return error_page(
        request,
        403,
        _("We could not check where this form came from"),
        _("This happens when a page was open for a long time, or when cookies are turned off."),
        _("Go back, load the page again, and send the form once more. Nothing was changed."),
    )


csrf_failure.access = ("public",)  # type: ignore[attr-defined]


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect (handler500), without a database, a session or a person.

    It is called while what was raised is being handled; a database that is away is no defect.
    """
    away = problems.is_away(sys.exception())
    status, headers = (503, {"Retry-After": "30"}) if away else (500, {})
    if problems.wants_documents(request):
        return problems.problem_answer(problems.http_document(status, request), headers)
    try:
        body: Any = loader.get_template("web/500.html").render({})
    except Exception:  # whatever broke the page may break this one too, and something must be said
        logger.exception("The page for errors cannot be made.")
        body = LAST_WORDS
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store", **headers})


@access("public")
def api_not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer an address under /api/ at which there is nothing."""
    return of_status(request, 404)


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer a body that is larger than we take, without a session or a person."""
    detail = uploads.too_large_words()
    if problems.wants_documents(request):
        return problems.problem_answer(problems.http_document(413, request, detail))
    page = loader.get_template("web/too_large.html").render({"detail": detail})
    # What was not read must not be taken for the next request on this connection.
    return HttpResponse(page, status=413, headers={"Connection": "close"})
