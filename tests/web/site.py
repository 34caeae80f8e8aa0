"""A small site of its own, so that page manners are tested without the packages above them."""

from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import psycopg
from django import forms
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, FieldProblem, Invalid, Missing
from marketplace.core.tenancy import act_for
from marketplace.web.access import access
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.models import IdempotencyKey
from marketplace.web.problems import show_on, status_of
from marketplace.web.strict import StrictDay, StrictDecimal, StrictInteger

COUNCIL = UUID("0190a000-0000-7000-8000-000000000001")
PERSON = UUID("0190a000-0000-7000-8000-000000000002")


def somebody(*roles: str, organisation=COUNCIL, person=PERSON) -> Actor:
    return Actor(
        user_id=person,
        name="Amira Khan",
        email="amira@example.org",
        membership_id=person,
        organisation_id=organisation,
        organisation_name="Borsetshire <County> Council",
        organisation_colour="#7a1f5c",
        kind=OrganisationKind.COUNCIL,
        roles=frozenset(Role(role) for role in roles),
        approval_limit_amount=Decimal(5000),
    )


class Acting:
    """Middleware: whoever the header X-Acting names is signed in; "nobody" has no organisation."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        acting = request.headers.get("X-Acting")
        request.user = SimpleNamespace(
            is_authenticated=acting is not None, get_username=lambda: "amira", pk=PERSON
        )
        request.actor = somebody(*acting.split(",")) if acting not in (None, "nobody") else None
        if request.path == "/api/v1/keys":
            act_for(COUNCIL)
        return self.get_response(request)


MIDDLEWARE = [
    "marketplace.web.middleware.Manners",
    "marketplace.web.middleware.UploadLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tests.web.site.Acting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "marketplace.web.middleware.AccessDeclared",
    "marketplace.web.middleware.SeenTexts",
    "marketplace.web.middleware.RefusalPages",
]


@dataclass
class Token:
    scopes: frozenset[str] = field(default_factory=frozenset)


class HeaderAuthentication(BaseAuthentication):
    """A token is its scopes, as in "Bearer orders:read"."""

    def authenticate(self, request):
        sent = request.headers.get("Authorization", "")
        if not sent.startswith("Bearer "):
            user = request._request.user
            return (user, None) if user.is_authenticated else None
        request._request.actor = somebody("buyer")
        return SimpleNamespace(is_authenticated=True), Token(frozenset(sent[7:].split(",")))

    def authenticate_header(self, request):
        return "Bearer"


class OverBudget(Conflict):
    code = "test.over-budget"
    title = "There is not enough money."
    advice = "Ask for less."


class BadLines(Invalid):
    code = "test.bad-lines"
    title = "Some lines are wrong."


class Reason(forms.Form):
    reason = forms.CharField(label="Reason")


@access("public")
def open_page(request):
    return HttpResponse("open")


@access("signed-in")
def any_page(request):
    return render(request, "web/error.html", {"title": "Any", "detail": "x", "advice": ""})


@access("buyer", "approver")
def buyers_page(request):
    return HttpResponse("for buyers")


@access("buyer")
@require_http_methods(["POST"])
def buyers_deed(request):
    return redirect("/open/")


def undeclared(request):
    return HttpResponse("who may see this?")


@access("public")
def refusing(request, kind):
    if kind.isupper():
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{kind}'; END $$")
    raise {
        "budget": OverBudget("£20.00 short.", short_amount="20.00"),
        "missing": Missing(),
        "lines": BadLines(errors=[FieldProblem("lines/1/quantity", "Too many.")]),
    }[kind]


@access("public")
def form_page(request):
    form, status = Reason(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        refusal = OverBudget("£20.00 short.", field="reason")
        show_on(form, refusal)
        status = status_of(refusal)
    return render(
        request, "web/narrow.html", {"form": form, "title": "Give a reason"}, status=status
    )


@access("public")
def away(request, how):
    """Ask a database that is not there, or is, and fail."""
    try:
        with connection.wrap_database_errors:
            if how == "slow":
                raise psycopg.errors.QueryCanceled
            psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    except OperationalError:
        if how == "hidden":
            raise AttributeError("_session_cache")  # noqa: B904  # as Django’s session store
        raise


@access("public")
def broken(request):
    raise RuntimeError("a defect")


class Echo(Operation):
    access = ("buyer", "approver")
    scope = {"GET": "echo:read", "POST": "echo:write"}
    authentication_classes = [HeaderAuthentication]

    class Line(Input):
        count = StrictInteger(min_value=1)
        name = serializers.CharField(max_length=5)

    class Body(Input):
        note = serializers.CharField(required=False)
        count = StrictInteger(required=False)
        amount = StrictDecimal(max_digits=12, decimal_places=3, required=False)
        day = StrictDay(required=False)

    def get(self, request):
        return Response({"ok": True})

    def post(self, request):
        return Response(self.taken(self.Body), status=201)


class Lines(Echo):
    class Body(Input):
        lines = Echo.Line(many=True)

    def post(self, request):
        return Response(self.taken(self.Body))


class Refusing(Operation):
    access = "public"
    authentication_classes = [HeaderAuthentication]

    def get(self, request, kind):
        return refusing(request._request, kind)


class Versioned(Operation):
    access = "buyer"
    authentication_classes = [HeaderAuthentication]
    version = 3

    def put(self, request):
        check_if_match(request, self.version)
        return Response({}, headers={"ETag": etag(self.version + 1)})


class Keys(Operation):
    """Lists and adds rows, so that paging and idempotency have something to do."""

    access = "buyer"
    authentication_classes = [HeaderAuthentication]

    class Output(serializers.Serializer):
        id = serializers.UUIDField()
        key = serializers.CharField()

    class Body(Input):
        name = serializers.CharField()
        answer = StrictInteger(required=False)

    def get(self, request):
        rows = IdempotencyKey.objects.of(COUNCIL).filter(path="")
        return self.page(rows, self.Output, keys=("-at", "-id"))

    @idempotent()
    def post(self, request):
        values = self.taken(self.Body)
        row = IdempotencyKey.objects.create(
            organisation_id=COUNCIL,
            person_id=PERSON,
            key=f"effect-{timezone.now().timestamp()}",
            method="",
            path="",
            fingerprint="",
            at=timezone.now(),
        )
        if values["name"] == "refuse":
            raise OverBudget("No.")
        if values["name"] == "break":
            raise RuntimeError("a defect after the effect")
        status = values.get("answer", 201)
        return Response({"id": str(row.pk)}, status=status, headers={"Location": f"/{row.pk}"})


class Careless(APIView):
    """An API view that names its audience and does not keep it: no Operation."""

    access = "buyer"

    def get(self, request):
        return Response({})


urlpatterns = [
    path("open/", open_page, name="start"),
    path("any/", any_page, name="home"),
    path("buyers/", buyers_page),
    path("deed/", buyers_deed),
    path("undeclared/", undeclared),
    path("refusing/<str:kind>/", refusing),
    path("form/", form_page),
    path("broken/", broken),
    path("away/<str:how>/", away),
    path("api/v1/away/<str:how>", away),
    path("help/", open_page, name="help"),
    path("accessibility/", open_page, name="accessibility"),
    path("switch/", open_page, name="switch"),
    path("sign-in/", open_page, name="account_login"),
    path("sign-out/", open_page, name="account_logout"),
    path("api/v1/echo", Echo.as_view()),
    path("api/v1/lines", Lines.as_view()),
    path("api/v1/refusing/<str:kind>", Refusing.as_view()),
    path("api/v1/versioned", Versioned.as_view()),
    path("api/v1/keys", Keys.as_view()),
    path("api/v1/careless", Careless.as_view()),
    path("api/v1/broken", broken),
    path("", include("marketplace.web.urls")),
]
handler400 = "marketplace.web.views.bad_request"
handler403 = "marketplace.web.views.permission_denied"
handler404 = "marketplace.web.views.page_not_found"
handler500 = "marketplace.web.views.server_error"
