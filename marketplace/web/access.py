"""Who may open what: every view says it, and none can be reached that does not.

`@access("buyer", "approver")` names the roles that may open a view; two other words stand alone:
"public" for everybody, "signed-in" for every person with a session. The words can be read off the
view (`view.access`), so that a test can list every address with its audience.

What a person may do to one particular thing is not decided here: services decide it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Forbidden
from marketplace.web.actors import NoMembership, actor_or_none
from marketplace.web.roles import role_names

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"

# Views of other people's packages carry no @access. Each package is named here with who guards it.
THIRD_PARTY: Final[dict[str, str]] = {
    "allauth.": "sign-in itself is public; its other pages ask for a signed-in person themselves",
    "drf_spectacular.": "the API's description is public; settings name its permissions",
    "django.contrib.staticfiles.": "stylesheets and scripts are public",
    "django.views.static": "stylesheets and scripts are public",
    "django.views.defaults": "error pages are public",
    "django.views.i18n": "the choice of a language is public",
    "django.views.csrf": "an error page is public",
    "django_prometheus.": "served only to the addresses that the settings allow",
}

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class RoleMissing(Forbidden):
    """A member of an organisation opened what only other roles may open."""

    code = "access.role-missing"
    title = gettext_lazy("Your role does not let you open this.")
    advice = gettext_lazy(
        "Ask an administrator of your organisation for the role, or ask a person who holds it to"
        " do this for you."
    )


class AccessNotDeclared(RuntimeError):
    """A view can be reached and does not say by whom: a mistake in the program."""


def checked_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a declaration, plain.

    Raises: ValueError for a misspelt role, no word at all, or "public" beside others.
    """
    plain = tuple(str(word) for word in words)
    if plain in {(PUBLIC,), (SIGNED_IN,)}:
        return plain
    if not plain:
        raise ValueError("Say who may open the view.")
    for word in plain:
        Role(word)
    return plain


def access(*words: str) -> Callable[[V], V]:
    """Declare and keep who may open a function view; the outermost decorator of every view."""
    allowed = checked_words(words)

    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            if allowed == (PUBLIC,):
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            check_roles(allowed, actor_or_none(request))
            return view(request, *args, **kwargs)

        guarded.access = allowed  # type: ignore[attr-defined]
        return cast(V, guarded)

    return decorate


def check_roles(allowed: tuple[str, ...], acting: Actor | None) -> None:
    """Let a signed-in person pass, or refuse.

    Raises: NoMembership, RoleMissing.
    """
    if allowed in {(PUBLIC,), (SIGNED_IN,)}:
        return
    if acting is None:
        raise NoMembership
    if not acting.holds(*allowed):
        raise RoleMissing(
            _("You are acting for %(organisation)s. To open this you need the role: %(roles)s.")
            % {"organisation": acting.organisation_name, "roles": role_names(allowed)},
            roles=list(allowed),
        )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page, and back afterwards to a page that can be opened by its address."""
    login = resolve_url(settings.LOGIN_URL)
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path(), login)
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc == request.get_host():
        return redirect_to_login(came_from._replace(scheme="", netloc="").geturl(), login)
    return redirect_to_login("", login)


def declared(view: Callable[..., Any]) -> tuple[str, ...] | None:
    """Return who may open a view, as it says itself; None when it does not say."""
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is None:
        return getattr(view, "access", None)
    words = getattr(cls, "access", None)
    if words is None or not getattr(cls, "keeps_access", False):
        return None
    return checked_words((words,) if isinstance(words, str) else tuple(words))


def is_third_party(view: Callable[..., Any]) -> bool:
    """Tell whether a view comes from one of the packages in THIRD_PARTY."""
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    module = f"{(cls or view).__module__}."
    return any(module.startswith(f"{name.rstrip('.')}.") for name in THIRD_PARTY)
