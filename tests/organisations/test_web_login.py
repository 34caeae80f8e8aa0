"""The whole of sign-in on the web's own database login, from a pool of one connection.

The other tests work as the worker, who may become the steward. A web process may not.
"""

import os
import threading

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.db.utils import ProgrammingError
from django.test import Client

from marketplace.config.databases import database_from_url
from marketplace.core.actors import Role
from marketplace.core.tenancy import act_for, acting, stewardship
from marketplace.organisations.models import Membership
from tests.factories.organisations import PASSWORD, council, person, sign_in, supplier
from tests.factories.sign_in import code_of, enter, with_totp


@pytest.fixture
def people(fresh_db):
    """An administrator and two suppliers' people, kept before the web's login takes over."""
    return {
        "administrator": person(council(name="Castermere"), Role.ADMINISTRATOR, password=PASSWORD),
        "alder": person(supplier(name="Alder"), name="Canary Alder", password=PASSWORD),
        "birch": person(supplier(name="Birch"), name="Canary Birch", password=PASSWORD),
    }


@pytest.fixture
def web(people):
    """The web's login, with one pooled connection for everybody."""
    before = connections.settings["default"]
    connection.close()
    entry = database_from_url(os.environ["DATABASE_WEB_URL"], pooled=True)
    entry["OPTIONS"]["pool"] |= {"min_size": 1, "max_size": 1}
    kept = dict(before)
    for name in ("USER", "HOST", "PORT", "PASSWORD", "OPTIONS", "NAME"):
        before[name] = entry[name]
    yield people
    connection.close()
    connection.close_pool()
    before.update(kept)


def in_a_thread(deed):
    """Do something as a web worker's thread does: on a connection taken from the pool."""
    answers = []

    def work():
        try:
            answers.append(deed())
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return answers[0]


def pid():
    connection.ensure_connection()
    return connection.connection.info.backend_pid


class TestTheWebsLogin:
    def test_is_not_the_steward(self, web):
        with pytest.raises(ProgrammingError, match="permission denied"), stewardship():
            pass

    def test_sees_nobody_unless_it_acts(self, web):
        act_for(None)
        assert not Membership.objects.exists()

    def test_signs_in_invites_and_makes_tokens(self, web):
        cache.clear()
        someone = web["administrator"]
        client = Client()
        secret = with_totp(someone.user)
        enter(client, someone.user.email)
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        facts = {"name": "Bea", "email": "bea@example.com", "roles": ["buyer"]}
        invited = client.post("/people/invite/", facts, follow=True)
        assert "We are sending an invitation to bea@example.com." in invited.content.decode()
        facts = {"name": "Hedge", "contact_name": "Ada", "contact_email": "ada@hedge.example"}
        assert client.post("/suppliers/register/", facts).status_code == 302
        assert client.get("/audit/chain/").status_code == 200
        client.post("/account/reauthenticate/?next=/tokens/new/", {"password": PASSWORD})
        facts = {"name": "ledger", "scopes": ["events:read"], "days": "30"}
        made = client.post("/tokens/new/", facts).content.decode()
        token = "mkt_" + made.split("mkt_", 1)[1].split("<", 1)[0]
        answer = Client().get("/api/v1/events", HTTP_AUTHORIZATION=f"Bearer {token}")
        verbs = {each["verb"] for each in answer.json()["results"]}
        assert verbs == {"person.invited", "supplier.accepted", "token.created"}
        reset = Client().post("/account/password/reset/", {"email": someone.user.email})
        assert reset.status_code == 302


class TestOnePooledConnection:
    def test_two_tenants_take_turns(self, web):
        clients = {name: sign_in(Client(), web[name]) for name in ("alder", "birch")}
        connection.close()
        pids = set()

        def look(name):
            text = clients[name].get("/people/").content.decode()
            pids.add(pid())
            return text

        for _turn in range(4):
            for mine, theirs in (("alder", "birch"), ("birch", "alder")):
                text = in_a_thread(lambda mine=mine: look(mine))
                assert f"Canary {mine.capitalize()}" in text
                assert f"Canary {theirs.capitalize()}" not in text
        assert len(pids) == 1

    def test_a_connection_that_was_left_acting_is_tidied_by_the_pool(self, web):
        connection.close()
        membership = web["alder"]

        def forget_to_leave():
            act_for(membership.organisation_id, membership.user_id)
            return pid()

        first = in_a_thread(forget_to_leave)
        assert in_a_thread(lambda: (pid(), acting())) == (first, ("", ""))
