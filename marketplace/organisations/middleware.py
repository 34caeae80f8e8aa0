"""Who is acting, found out once a request, and forgotten when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import Error, connection
from django.http import (  # noqa: TID251  # middleware is an edge
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from marketplace.core.actors import OrganisationKind
from marketplace.core.tenancy import act_for, clear
from marketplace.organisations import sessions
from marketplace.organisations.demonstration import may_demonstrate
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import actor_of, memberships_of
from marketplace.web.access import PUBLIC, declared
from marketplace.web.problems import wants_documents

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What somebody may open who still has to choose for whom to act, or to show a second factor.
BEFORE_CHOOSING = frozenset({"switch"})
BEFORE_FACTOR = frozenset({"second-factor", "account_reauthenticate"})
# What somebody may open who has a second factor and has not shown it, of all that is about factors.
SHOWING_FACTOR = frozenset(
    {"mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
)
ALWAYS = frozenset({"account_logout", "set_language"})


class ActingMiddleware:
    """Sets `request.actor`, and names on the connection for whom it acts.

    The session remembers the membership; whether that is still so is asked anew at every request,
    so that somebody who was deactivated is out at the next one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request on behalf of whoever is acting, and of nobody afterwards."""
        request.actor = None  # type: ignore[attr-defined]
        request.needs_second_factor = False  # type: ignore[attr-defined]
        request.has_acted = False  # type: ignore[attr-defined]
        streaming = False
        try:
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                _begin(request)
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = _Stream(request, response.streaming_content)  # type: ignore[arg-type]
                streaming = True
            return response
        finally:
            if not streaming:
                leave(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: Any,  # noqa: ANN401  # Django's signature
        _kwargs: Any,  # noqa: ANN401
    ) -> HttpResponse | None:
        """Send a person who acts for nobody to choose, before a page that needs an actor."""
        if request.actor or request.needs_second_factor or not _is_signed_in(request):  # type: ignore[attr-defined]
            return None
        if _may_pass(request, view, BEFORE_CHOOSING) or _is_about_oneself(request):
            return None
        return _to("switch", request)


class SecondFactorMiddleware:
    """Keeps council staff out of every page until their session has shown a second factor.

    Source: Cyber Essentials v3.3 (multi-factor authentication for every user of a cloud service);
    OWASP ASVS 5.0 V6.3.3.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: Any,  # noqa: ANN401  # Django's signature
        _kwargs: Any,  # noqa: ANN401
    ) -> HttpResponse | None:
        """Send somebody who has not shown a second factor to the page that asks for one.

        An API request is let through to be refused there: it has no actor.
        """
        name = _url_name(request)
        if _is_about_factors(name) and sessions.owes_second_factor(request):
            return None if name in SHOWING_FACTOR else _to("second-factor", request)
        if not request.needs_second_factor:  # type: ignore[attr-defined]
            return None
        if _may_pass(request, view, BEFORE_FACTOR) or name.startswith("mfa_"):
            return None
        return _to("second-factor", request)


def leave(request: HttpRequest) -> None:
    """Make the connection nobody's again; close it if it cannot be told."""
    if not getattr(request, "has_acted", False) or connection.connection is None:
        return
    if connection.needs_rollback:
        # The rollback that must follow undoes what was set within the transaction.
        return
    try:
        clear()
    except Error:
        connection.close()
    request.has_acted = False  # type: ignore[attr-defined]


class _Stream:
    """The parts of a streamed answer; the connection acts until the last, or until it is closed."""

    def __init__(self, request: HttpRequest, chunks: Iterable[bytes]) -> None:
        self._request = request
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        finally:
            leave(self._request)

    def close(self) -> None:
        """Forget for whom the connection acted, also when nobody read to the end."""
        leave(self._request)


def _begin(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        return
    at = timezone.now()  # noqa: TID251  # an edge
    if sessions.is_over(request, at):
        logout(request)
        over = _("You were signed out because your session was over. Sign in again.")
        messages.info(request, over)
        return
    if sessions.is_demonstration(request) and not may_demonstrate(request):
        logout(request)
        return
    sessions.mark_seen(request, at)
    _act(request)


def _act(request: HttpRequest) -> None:
    """Set the actor, if it is clear who that is and they have shown what they must."""
    remembered = request.session.get(sessions.MEMBERSHIP)
    user_id = UUID(str(request.user.pk))
    request.has_acted = True  # type: ignore[attr-defined]
    act_for(request.session.get(sessions.ORGANISATION), user_id)
    memberships = list(memberships_of(user_id))
    chosen = _chosen(memberships, remembered)
    if chosen is None and remembered:
        _lost(request, memberships)
        return
    if _needs_second_factor(request, memberships):
        request.needs_second_factor = True  # type: ignore[attr-defined]
        act_for(None, user_id)
        return
    if chosen is None:
        return
    if not remembered:
        sessions.act_as(request, chosen)
        act_for(chosen.organisation_id, user_id)
    request.actor = actor_of(chosen, memberships_count=len(memberships))  # type: ignore[attr-defined]


def _chosen(memberships: list[Membership], remembered: str | None) -> Membership | None:
    if remembered:
        return next((each for each in memberships if str(each.pk) == remembered), None)
    return memberships[0] if len(memberships) == 1 else None


def _lost(request: HttpRequest, memberships: list[Membership]) -> None:
    """Deal with a membership that is no more: choose another, or leave when there is none."""
    if memberships:
        sessions.act_as_nobody(request)
        act_for(None, request.user.pk)
    else:
        logout(request)
        clear()


def _needs_second_factor(request: HttpRequest, memberships: list[Membership]) -> bool:
    staff = any(each.organisation.kind == OrganisationKind.COUNCIL for each in memberships)
    if not staff or sessions.is_demonstration(request):
        return False
    return not sessions.passed_second_factor(request)


def _is_signed_in(request: HttpRequest) -> bool:
    return bool(request.has_acted and request.user.is_authenticated)  # type: ignore[attr-defined]


def _may_pass(
    request: HttpRequest, view: Callable[..., HttpResponseBase], names: frozenset[str]
) -> bool:
    """Tell whether a view shows nothing that is anybody's, or is among the named ones."""
    if wants_documents(request) or declared(view) == (PUBLIC,):
        return True
    return _url_name(request) in names | ALWAYS


def _is_about_oneself(request: HttpRequest) -> bool:
    """Tell whether this is a page of sign-in itself, which is no organisation's."""
    return _url_name(request).startswith(("account_", "mfa_", "usersessions_"))


def _is_about_factors(name: str) -> bool:
    """Tell whether a page reads, changes or stands in for a second factor."""
    return name == "account_reauthenticate" or name.startswith("mfa_")


def _url_name(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match else ""


def _to(name: str, request: HttpRequest) -> HttpResponseRedirect:
    address = reverse(name)
    if request.method == "GET":
        address = f"{address}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseRedirect(address)
