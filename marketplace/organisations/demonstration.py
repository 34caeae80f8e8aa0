"""When the demonstration may let a visitor in without a password: on this machine alone."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest  # noqa: TID251  # it judges a request

# A proxy tells of itself under many names, and of those that it invents most begin with X-. A
# browser of its own accord, and our pages, send none but these.
OWN_NAMES = frozenset({"HTTP_X_CSRFTOKEN", "HTTP_X_REQUESTED_WITH"})
PASSED_ON = ("FORWARD", "CLIENT_IP", "CLIENTIP", "CONNECTING_IP", "REAL_IP", "CDN", "HTTP_X_")
PROXIES = frozenset({"HTTP_VIA"})
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
    if any(map(_is_of_a_proxy, request.META)):
        return True
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return True
    origin = request.META.get("HTTP_ORIGIN")
    return origin is not None and not is_loopback(urlsplit(origin).hostname or "")


def _is_of_a_proxy(name: str) -> bool:
    """Tell whether only something that passes requests on sends a header of this name."""
    if not name.startswith("HTTP_") or name in OWN_NAMES:
        return False
    return name in PROXIES or any(part in name for part in PASSED_ON)


def _has_port(host: str) -> bool:
    _name, colon, port = host.rpartition(":")
    return bool(colon) and port.isdigit() and not host.endswith("]")
