"""When the demonstration may let a visitor in without a password: on this machine alone."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest  # noqa: TID251  # it judges a request

# Whatever a proxy adds to a request that it passes on from somewhere else.
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_CLIENT_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_VIA",
)
LOOPBACK_NAMES = frozenset({"localhost"})


def is_loopback(host: str) -> bool:
    """Tell whether a host, without its port, is this machine itself."""
    plain = host.strip("[]")
    if plain.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(plain).is_loopback
    except ValueError:
        return False


def may_demonstrate(request: HttpRequest) -> bool:
    """Tell whether this request may sign in, or stay signed in, without a password.

    Why: three things must agree, since each alone can be had from outside: the setting, the
    address that the connection came from, and the host that was asked for (a name from outside
    that resolves to this machine is not loopback). A request that came through a proxy came from
    somewhere else.
    """
    if not settings.DEMO or _came_through_a_proxy(request):
        return False
    try:
        host = request.get_host()
    except DisallowedHost:
        return False
    name = host.rpartition(":")[0] if _has_port(host) else host
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and is_loopback(name)


def _came_through_a_proxy(request: HttpRequest) -> bool:
    """Tell whether anything about a request shows that it was passed on.

    Why: a proxy that was never told to name the client still speaks HTTP/1.0, which no browser
    does, and the browser's own Origin still names the site that it thinks it is on.
    """
    if any(name in request.META for name in FORWARDED):
        return True
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return True
    origin = request.META.get("HTTP_ORIGIN")
    return origin is not None and not is_loopback(urlsplit(origin).hostname or "")


def _has_port(host: str) -> bool:
    _name, colon, port = host.rpartition(":")
    return bool(colon) and port.isdigit() and not host.endswith("]")
