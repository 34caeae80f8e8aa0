"""Changes to what was read: ETag says which version that was, If-Match must say it back.

Without it the second of two people who edit one thing undoes the first one's work unseen.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class VersionNotNamed(APIException):
    """A change came without If-Match."""

    status_code = 428
    default_code = "request.no-version"
    default_detail = gettext_lazy("Send the ETag that you were given in the header “If-Match”.")


class VersionChanged(APIException):
    """A change was meant for an earlier version."""

    status_code = 412
    default_code = "request.changed-meanwhile"
    default_detail = gettext_lazy("Somebody else has changed this since you read it.")


def etag(version: int | str) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def check_if_match(request: HttpRequest | Any, version: int | str) -> None:  # noqa: ANN401  # or DRF's
    """Let a change pass that was meant for this version.

    "*" means whatever there is. Weak tags never match, since If-Match compares strongly.
    Source: RFC 9110, 13.1.1; RFC 6585, 3.
    Raises: VersionNotNamed (428), VersionChanged (412).
    """
    if not request.headers.get("If-Match", "").strip():
        raise VersionNotNamed
    honour_if_match(request, version)


def honour_if_match(request: HttpRequest | Any, version: int | str) -> None:  # noqa: ANN401  # or DRF's
    """Let a change pass that was meant for this version, or that names none.

    Why: an operation that is told in another way what was seen needs no version, but whoever
    names one means it.
    Raises: VersionChanged (412).
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        return
    if sent == "*":
        return
    strong = {m.group(1) for m in _TAG.finditer(sent) if not m.group(0).startswith("W/")}
    if str(version) not in strong:
        raise VersionChanged(
            _("You changed version %(sent)s; it is now version %(now)s.")
            % {"sent": sent[:40], "now": version}
        )
