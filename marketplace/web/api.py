"""What every operation of the API has in common.

An operation is a class: who may call it (`access`), which scope a token needs (`scope`), the shapes
in and out as nested serializers, and one service call. It says what it takes and refuses the rest:
a misspelt field that was passed over in silence would be a wrong order.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.errors import Forbidden
from marketplace.core.texts import unseen
from marketplace.web.access import check_roles, checked_words
from marketplace.web.actors import actor_or_none
from marketplace.web.openapi import OperationSchema
from marketplace.web.paging import page_by_key
from marketplace.web.strict import Literal

M = TypeVar("M", bound=Model)
S = TypeVar("S", bound=serializers.Serializer[Any])

LARGEST_PAGE = 100
# What we take is four levels deep; what reads it goes down a step a level.
DEEPEST = 50
LONGEST_NUMBER = 4_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ScopeMissing(Forbidden):
    """A token was given for other work than this."""

    code = "token.scope-missing"
    title = gettext_lazy("This token may not be used for this.")
    advice = gettext_lazy("Make a token that has the scope which the answer names, and use that.")


class StrictJSONParser(JSONParser):
    """JSON without NaN and Infinity, without a name given twice, and with texts one can see.

    Why: of a name that is given twice, one reader takes the first value and another the last.
    """

    strict = True

    def parse(
        self,
        stream: Any,  # noqa: ANN401  # DRF's own signature
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  # any JSON
        """Return what was sent.

        Raises: ParseError.
        """
        try:
            text = stream.read().decode()
            parsed = json.loads(
                text,
                parse_constant=_refused_constant,
                parse_float=Literal,
                parse_int=_whole_number,
                object_pairs_hook=_named_once,
            )
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("The body is not in UTF-8.")) from error
        except json.JSONDecodeError as error:
            raise exceptions.ParseError(_not_json(error)) from error
        except RecursionError as error:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from error
        refuse_unseen(parsed)
        return parsed


def _not_json(error: json.JSONDecodeError) -> str:
    if error.doc.startswith("\ufeff"):
        return _("The body begins with a byte order mark. Leave it out.")
    return _("The body is not JSON: look at line %(line)d, character %(character)d.") % {
        "line": error.lineno,
        "character": error.colno,
    }


def _refused_constant(name: str) -> None:
    raise exceptions.ParseError(_("The body is not JSON: it has no %(name)s.") % {"name": name})


def _whole_number(text: str) -> int:
    """Return a number.

    Raises: ParseError where it is longer than any that we take.
    """
    if len(text) > LONGEST_NUMBER:
        raise exceptions.ParseError(_("A number in the body has too many digits."))
    return int(text)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object.

    Raises: ParseError when two of its members have one name.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _value in pairs)
        name = names.most_common(1)[0][0]
        raise exceptions.ParseError(_("The name “%(name)s” is given twice.") % {"name": name[:50]})
    return found


class JSONOnly(BaseContentNegotiation):
    """Answer in JSON unless something else was asked for, and nothing but it."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:  # noqa: ANN401
        """Return the parser for the content type that was sent."""
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer there is: a client that reads no JSON is still told so in it."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


def refuse_unseen(value: Any) -> None:  # noqa: ANN401  # any JSON
    """Refuse characters that nobody can see, anywhere, and lists within lists without end.

    Raises: ParseError.
    """
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise exceptions.ParseError(_("The body is nested too deeply."))
        parts: list[Any] = []
        for each in level:
            if isinstance(each, str):
                _refuse_unseen_text(each)
            elif isinstance(each, float) and not math.isfinite(each):
                raise exceptions.ParseError(_("Numbers must be finite."))
            elif isinstance(each, dict):
                parts += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                parts += each
        level, depth = parts, depth + 1


def _refuse_unseen_text(text: str) -> None:
    if found := unseen(text):
        raise exceptions.ParseError(
            _("Texts may not contain the character U+%(code)s.") % {"code": f"{ord(found):04X}"}
        )


class Input(serializers.Serializer[Any]):
    """What an operation takes: refuses fields that it does not know."""

    default_error_messages = {"unknown": gettext_lazy("There is no field of this name.")}
    # Serializers declared inside an Input are strict in the same way when they are Inputs too.

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401  # DRF's own signature
        """Return the checked values.

        Raises: ValidationError.
        """
        checked = super().to_internal_value(data)
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [str(name) for name in data if name not in known]
            if unknown:
                raise serializers.ValidationError(
                    {name: [self.error_messages["unknown"]] for name in unknown}, code="unknown"
                )
        return checked


class HasAccess(BasePermission):
    """Sign in, then check role and scope, before anything is done."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401  # an APIView
        """Let the request pass.

        Raises: NotAuthenticated, NoMembership, RoleMissing, ScopeMissing.
        """
        words = words_of(view, request.method or "")
        if words == ("public",):
            return True
        if not request.user or not request.user.is_authenticated:
            raise exceptions.NotAuthenticated
        check_roles(words, actor_or_none(request))
        _check_scope(request, getattr(view, "scope", None))
        return True


def words_of(view: Any, method: str = "GET") -> tuple[str, ...]:  # noqa: ANN401  # an APIView or its class
    """Return who may call an operation with this method."""
    if view.writers is not None and method not in SAFE:
        return checked_words(tuple(view.writers))
    return checked_words((view.access,) if isinstance(view.access, str) else tuple(view.access))


def _check_scope(request: Request, scope: str | Mapping[str, str] | None) -> None:
    """Ask of a token, not of a session, that it was given for this work."""
    if request.auth is None or scope is None:
        return
    if isinstance(scope, str):
        wanted: str | None = scope
    else:
        wanted = scope.get("GET" if request.method in SAFE else str(request.method))
    if wanted is not None and wanted not in getattr(request.auth, "scopes", ()):
        raise ScopeMissing(
            _("This needs the scope %(scope)s, which the token does not have.") % {"scope": wanted},
            scope=wanted,
        )


class Operation(APIView):
    """One address of the API.

    Shapes: `access` is a word or a tuple of them, as in marketplace.web.access; `writers` are those
    who may also call the methods that change something, None where they all may; `scope` is the
    scope that a token must have, or a mapping from method to scope; None for what any token may do.
    """

    access: ClassVar[str | tuple[str, ...]]
    writers: ClassVar[tuple[str, ...] | None] = None
    scope: ClassVar[str | Mapping[str, str] | None] = None
    keeps_access: ClassVar[bool] = True

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = JSONOnly
    permission_classes = [HasAccess]
    schema = OperationSchema()

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        super().__init_subclass__(**options)
        if "access" in vars(cls):
            words_of(cls)
            words_of(cls, "POST")

    def taken(self, serializer: type[S], *, partial: bool = False) -> dict[str, Any]:
        """Return the body, checked.

        Raises: ValidationError.
        """
        made = serializer(data=self.request.data, partial=partial)
        made.is_valid(raise_exception=True)
        checked: dict[str, Any] = made.validated_data
        return checked

    def asked(self, serializer: type[S]) -> dict[str, Any]:
        """Return the query string, checked; it is strict too, apart from after and size.

        Raises: ValidationError.
        """
        self._refuse_doubled()
        sent = {k: v for k, v in self.request.query_params.items() if k not in {"after", "size"}}
        if any("\x00" in text for text in (*sent, *sent.values())):  # the database has no such text
            raise exceptions.ParseError(_("Texts may not contain the character U+0000."))
        made = serializer(data=sent)
        made.is_valid(raise_exception=True)
        checked: dict[str, Any] = made.validated_data
        return checked

    def _refuse_doubled(self) -> None:
        """Refuse a parameter that stands twice in the query string.

        Why: one of the two would be passed over, and nobody could tell which was meant.
        Raises: ValidationError.
        """
        doubled = [name for name, texts in self.request.query_params.lists() if len(texts) > 1]
        if doubled:
            raise exceptions.ValidationError({name: [_("Say this once only.")] for name in doubled})

    def page(
        self,
        queryset: QuerySet[M] | Sequence[QuerySet[M]],
        serializer: Callable[..., serializers.BaseSerializer[Any]],
        *,
        keys: Sequence[str],
        size: int = 50,
    ) -> Response:
        """Return one page of a list: results, and the address of the next page or null.

        Raises: BadCursor, ValidationError.
        """
        self._refuse_doubled()
        page = page_by_key(
            queryset,
            self.request.query_params.get("after") or None,
            keys=keys,
            size=self._page_size(size),
        )
        following = None
        if page.next_cursor:
            query = self.request.query_params.copy()
            query["after"] = page.next_cursor
            following = self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")
        return Response({"results": serializer(page.rows, many=True).data, "next": following})

    def _page_size(self, usual: int) -> int:
        sent = self.request.query_params.get("size")
        if sent is None:
            return usual
        if not (
            sent.isascii() and sent.isdigit() and len(sent) < 4 and 1 <= int(sent) <= LARGEST_PAGE
        ):
            raise exceptions.ValidationError(
                {"size": [_("Must be a whole number from 1 to %(most)d.") % {"most": LARGEST_PAGE}]}
            )
        return int(sent)
