"""The same request twice has one effect: key, effect and answer in one transaction.

A client that lost the answer cannot know whether its order was taken. It sends the request again
with the same Idempotency-Key and gets the first answer again. Two that arrive at once are put in a
row by the unique index itself: the second INSERT waits for the first transaction to end, and then
either finds its answer or, when it was rolled back, goes on as the first.

Only what succeeded is kept. A refusal changed nothing, so that the same request may be tried again
with the same key; a defect (5xx) rolls back the key with everything else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.actors import Actor
from marketplace.core.errors import Busy, Invalid
from marketplace.core.ids import uuid7
from marketplace.core.models import is_held
from marketplace.core.tenancy import stewardship
from marketplace.web.actors import actor
from marketplace.web.models import IdempotencyKey

KEPT_HEADERS: Final = ("Location", "ETag")
REPLAYED: Final = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

H = TypeVar("H", bound=Callable[..., HttpResponseBase])


class KeyReused(Invalid):
    """One key came with two different requests."""

    code = "idempotency.key-reused"
    title = gettext_lazy("This Idempotency-Key was used for another request.")
    advice = gettext_lazy("Make a new key for every new request; repeat a key only to try again.")


class KeyMalformed(Invalid):
    """The header Idempotency-Key is there and is no key."""

    code = "idempotency.key-malformed"
    title = gettext_lazy("This Idempotency-Key cannot be used.")
    advice = gettext_lazy("Send 1 to 255 visible ASCII characters; a UUID does well.")


class KeyMissing(Invalid):
    """An operation that must not happen twice was asked for without a key."""

    code = "idempotency.key-missing"
    title = gettext_lazy("Send an Idempotency-Key.")
    advice = gettext_lazy(
        "Make a UUID for the request, send it in the header “Idempotency-Key”, and send the same"
        " one if you have to try again."
    )


class _Failed(Exception):
    """Carries an answer that is not a success out of the transaction, which it undoes."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response


def idempotent(*, required: bool = False) -> Callable[[H], H]:
    """Make a handler of an Operation answer the same request once.

    Without the header, and unless it is `required`, the handler runs as it would have.
    Raises: KeyMissing, KeyMalformed, KeyReused, Busy.
    """

    def decorate(handler: H) -> H:
        @wraps(handler)
        def once(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            key = _key(request, required)
            if key is None:
                return handler(view, request, *args, **kwargs)
            try:
                return _once(
                    request, key, timezone.now(), lambda: handler(view, request, *args, **kwargs)
                )
            except _Failed as failed:
                return failed.response

        once.is_idempotent = True  # type: ignore[attr-defined]  # the description says so
        return cast(H, once)

    return decorate


def _once(
    request: Request, key: str, at: datetime, run: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    acting = actor(request)
    mark = fingerprint(request)
    with transaction.atomic():
        row_id = _claim(acting, key, request, mark, at)
        if row_id is None:
            return _replay(acting, key, mark)
        response = run()
        if not 200 <= response.status_code < 300:
            raise _Failed(response)
        IdempotencyKey.objects.of(acting.organisation_id).filter(pk=row_id).update(
            status=response.status_code,
            body=_body(response),
            headers={n: response[n] for n in KEPT_HEADERS if n in response},
        )
    return response


def _key(request: Request, required: bool) -> str | None:
    sent = request.headers.get("Idempotency-Key")
    if sent is None:
        if required:
            raise KeyMissing
        return None
    key = sent.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]  # a string as structured headers write it
    if not _KEY.fullmatch(key):
        raise KeyMalformed
    return key


def fingerprint(request: Request) -> str:
    """Return a digest of what is asked: method, address and body, whatever the order of names."""
    asked = [request.method, request.get_full_path(), _plain(request.data)]
    text = json.dumps(asked, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(data: Any) -> Any:  # noqa: ANN401  # any JSON, or a form with files
    if not isinstance(data, QueryDict):
        return data
    return [(name, [_digest(one) for one in values]) for name, values in sorted(data.lists())]


def _digest(value: object) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()


def _claim(acting: Actor, key: str, request: Request, mark: str, at: datetime) -> str | None:
    """Write the key and return the row's, or None when the key has been answered before.

    Raises: Busy when the first request with this key is still at work after lock_timeout.
    """
    table = connection.ops.quote_name(IdempotencyKey._meta.db_table)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (id, organisation_id, person_id, key, method, path,"  # noqa: S608
                " fingerprint, body, headers, at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, '', '{}', %s)"
                " ON CONFLICT (organisation_id, person_id, key) DO NOTHING RETURNING id",
                [uuid7(), acting.organisation_id, acting.user_id, key, request.method,
                 request.path[:2000], mark, at],
            )  # fmt: skip
            row = cursor.fetchone()
    except OperationalError as error:
        if is_held(error):
            raise Busy(_("The first request with this key is still at work.")) from error
        raise
    return row[0] if row else None


def _replay(acting: Actor, key: str, mark: str) -> HttpResponse:
    row = IdempotencyKey.objects.of(acting.organisation_id).get(person_id=acting.user_id, key=key)
    if row.fingerprint != mark:
        raise KeyReused(
            _("It was used at %(at)s for %(method)s %(path)s.")
            % {"at": row.at.isoformat(), "method": row.method, "path": row.path}
        )
    return HttpResponse(
        row.body.encode(),
        status=row.status or 200,
        content_type="application/json" if row.body else None,
        headers={**row.headers, REPLAYED: "true"},
    )


def _body(response: HttpResponseBase) -> str:
    if isinstance(response, Response):
        rendered: bytes = JSONRenderer().render(response.data)
        return rendered.decode()
    if isinstance(response, HttpResponse):
        return response.content.decode()
    raise TypeError("An answer that is streamed cannot be given twice.")


def forget_keys(*, before: datetime) -> int:
    """Forget the keys of requests before an instant, every tenant's; return how many."""
    with stewardship(), transaction.atomic():
        count, _by_model = IdempotencyKey.objects.filter(at__lt=before).delete()
    return count
