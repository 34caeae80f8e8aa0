"""Tokens that let programs act for a person."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.errors import Missing
from marketplace.core.tenancy import acting, stewardship, tenant
from marketplace.organisations.models import ApiToken, Membership, User
from marketplace.organisations.rules import token_hash
from marketplace.organisations.scopes import scope_in_words, scopes_for
from marketplace.organisations.selectors.people import actor_of
from marketplace.organisations.services.tokens import (
    TokenNotAllowed,
    TokenRevoked,
    create_token,
    revoke_token,
)
from tests.factories.organisations import council, person, sign_in, supplier

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"
EVENTS = "/api/v1/events"
ALLOWED = {"events:read", "orders:write"}


@pytest.fixture
def auditor():
    return person(council(name="Castermere"), Role.AUDITOR, name="Samuel Abara")


def make(membership, at=None, **facts):
    chosen = {
        "name": "finance system",
        "scopes": ["events:read"],
        "allowed_scopes": ALLOWED,
        "lasts": timedelta(days=30),
        **facts,
    }
    with tenant(membership.organisation_id):
        return create_token(holder=actor_of(membership), at=at or timezone.now(), **chosen)


def call(secret, address=ME, client=None, scheme="Bearer"):
    return (client or Client()).get(address, HTTP_AUTHORIZATION=f"{scheme} {secret}")


class TestCreateToken:
    def test_keeps_only_a_hash(self, auditor, at):
        token, secret = make(auditor, at)
        assert secret.startswith("mkt_")
        assert len(secret) >= 40
        with tenant(auditor.organisation_id):
            kept = ApiToken.objects.get(pk=token.pk)
            assert kept.hash == token_hash(secret)
            assert secret not in str(ApiToken.objects.filter(pk=token.pk).values().get())
            (event,) = timeline(token)
        assert event.verb == "token.created"
        assert secret not in event.body

    @pytest.mark.parametrize(
        ("facts", "says"),
        [
            ({"scopes": []}, "at least one"),
            ({"scopes": ["orders:write", "budgets:write"]}, "budgets:write"),
            ({"lasts": timedelta(days=366)}, "one year"),
            ({"lasts": timedelta(0)}, "one year"),
        ],
    )
    def test_refuses(self, auditor, facts, says):
        with pytest.raises(TokenNotAllowed, match=says):
            make(auditor, **facts)

    def test_two_are_never_alike(self, auditor):
        assert len({make(auditor)[1] for _ in range(20)}) == 20


class TestRevokeToken:
    def test_once_and_only_ones_own(self, auditor, at):
        token, _secret = make(auditor, at)
        colleague = person(auditor.organisation, Role.AUDITOR)
        with tenant(auditor.organisation_id):
            with pytest.raises(Missing):
                revoke_token(holder=actor_of(colleague), token_id=token.pk, at=at)
            revoke_token(holder=actor_of(auditor), token_id=token.pk, at=at)
            with pytest.raises(TokenRevoked):
                revoke_token(holder=actor_of(auditor), token_id=token.pk, at=at)


class TestTokenAuthentication:
    def test_acts_for_its_holder_and_nobody_afterwards(self, auditor):
        _token, secret = make(auditor)
        answer = call(secret)
        assert answer.status_code == 200
        assert answer.json()["organisation"] == "Castermere"
        assert answer.json()["scopes"] == ["events:read"]
        assert acting() == ("", "")

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    def test_the_scheme_has_no_case(self, auditor, scheme):
        assert call(make(auditor)[1], scheme=scheme).status_code == 200

    @pytest.mark.parametrize(
        "secret",
        ["", "mkt_", "mkt_" + "x" * 43, "nonsense", "mkt_" + "x" * 5000, "mkt_\u00e9", "a b c"],
        ids=lambda secret: secret[:12] or "empty",
    )
    def test_refuses_what_is_no_token(self, secret):
        answer = call(secret)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_refuses_nobody_with_401(self, client):
        answer = client.get(ME)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
            401,
            'Bearer realm="api"',
        )

    def spoil(self, auditor, token, how):
        past = timezone.now() - timedelta(days=40)
        with stewardship():
            rows = ApiToken.objects.filter(pk=token.pk)
            if how == "revoked":
                rows.update(revoked_at=timezone.now())
            elif how == "expired":
                rows.update(created_at=past, expires_at=past + timedelta(days=30))
            elif how == "person put out":
                Membership.objects.filter(pk=auditor.pk).update(is_active=False)
            else:
                User.objects.filter(pk=auditor.user_id).update(is_active=False)

    @pytest.mark.parametrize("how", ["revoked", "expired", "person put out", "user disabled"])
    def test_refuses_a_token_that_is_no_longer_good(self, auditor, how):
        token, secret = make(auditor)
        assert call(secret).status_code == 200
        self.spoil(auditor, token, how)
        answer = call(secret)
        assert answer.status_code == 401
        assert answer.json()["detail"] == call("mkt_" + "x" * 43).json()["detail"]
        assert acting() == ("", "")

    def test_asks_for_the_scope_and_the_role(self, auditor):
        _token, secret = make(auditor)
        assert call(secret, EVENTS).status_code == 200
        _token, other = make(auditor, scopes=["orders:write"])
        answer = call(other, EVENTS)
        assert answer.status_code == 403
        assert answer.json()["scope"] == "events:read"
        with stewardship():
            Membership.objects.filter(pk=auditor.pk).update(roles=["buyer"])
        assert call(secret, EVENTS).json()["type"] == "/problems/access.role-missing/"

    def test_shows_one_organisations_rows_alone(self, auditor):
        other = person(council(), Role.AUDITOR)
        make(other)
        _token, secret = make(auditor)
        (event,) = call(secret, EVENTS).json()["results"]
        assert event["actor_name"] == "Samuel Abara"

    def test_counts_before_a_session_of_somebody_else(self, auditor):
        seller = sign_in(Client(), person(supplier()))
        answer = call(make(auditor)[1], client=seller)
        assert answer.json()["name"] == "Samuel Abara"

    def test_costs_five_statements(self, auditor):
        _token, secret = make(auditor)
        call(secret)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            call(secret)
        assert len(queries) == 5


class TestSignedInAuthentication:
    def test_a_session_may_read(self, client, auditor):
        sign_in(client, auditor)
        assert client.get(ME).json()["scopes"] == scopes_for(frozenset({Role.AUDITOR}))

    def test_is_cut_off_like_the_pages(self, client, auditor):
        sign_in(client, auditor)
        with stewardship():
            Membership.objects.filter(pk=auditor.pk).update(is_active=False)
        assert client.get(ME).status_code == 401


class TestScopes:
    def test_are_those_that_the_roles_open(self):
        assert "events:read" in scopes_for(frozenset({Role.AUDITOR}))
        assert "events:read" not in scopes_for(frozenset({Role.SUPPLIER}))

    def test_are_said_in_words(self):
        assert scope_in_words("events:read") == "See events"
        assert scope_in_words("price-lists:write") == "Make and change price lists"


class TestPages:
    def test_make_show_once_and_revoke(self, client, auditor):
        sign_in(client, auditor)
        facts = {"name": "finance system", "scopes": ["events:read"], "days": "90"}
        made = client.post("/tokens/new/", facts)
        text = made.content.decode()
        secret = text.split("mkt_", 1)[1].split("<", 1)[0]
        assert call(f"mkt_{secret}").status_code == 200
        assert "no-store" in made.headers["Cache-Control"]
        listed = client.get("/tokens/").content.decode()
        assert "finance system" in listed
        assert secret not in listed
        with tenant(auditor.organisation_id):
            token = ApiToken.objects.get()
        client.post(f"/tokens/{token.pk}/revoke/")
        assert call(f"mkt_{secret}").status_code == 401

    def test_refuses_a_scope_that_the_roles_do_not_open(self, client):
        sign_in(client, person(supplier()))
        facts = {"name": "x", "scopes": ["events:read"], "days": "90"}
        assert client.post("/tokens/new/", facts).status_code == 422
        with stewardship():
            assert not ApiToken.objects.exists()
