"""Setting up a second step, with real commits, since allauth tells of it only after one."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship
from marketplace.organisations.signals import remember_second_factor
from tests.factories.organisations import PASSWORD, council, person, supplier
from tests.factories.sign_in import code_of, enter, with_totp

pytestmark = pytest.mark.usefixtures("fresh_db")

SET_UP = "/account/2fa/totp/activate/"
ADD_KEY = "/account/2fa/webauthn/add/"
SHOW = "/account/2fa/reauthenticate/"


def test_it_opens_the_pages_at_once():
    cache.clear()
    client = Client()
    someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
    enter(client, someone.user.email)
    assert client.get(SET_UP).status_code == 200, "the password was typed a moment ago"
    page = client.post(SET_UP, {"code": code_of(client.session["mfa.totp.secret"])}, follow=True)
    leads_on(page.content.decode())
    assert client.get("/people/").status_code == 200
    kinds = set(Authenticator.objects.filter(user=someone.user).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}


def test_it_asks_for_the_password_again_when_that_was_a_while_ago():
    cache.clear()
    client = Client()
    someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
    enter(client, someone.user.email)
    session = client.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= 301
    session.save()
    for page in (SET_UP, ADD_KEY):
        answer = client.get(page)
        assert answer.headers["Location"].startswith("/account/reauthenticate/")
    client.post(answer.headers["Location"], {"password": PASSWORD})
    assert client.get(SET_UP).status_code == 200


def test_it_asks_for_the_present_one_before_another():
    cache.clear()
    client = Client()
    someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
    secret = with_totp(someone.user)
    enter(client, someone.user.email)
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get("/people/").status_code == 200
    answer = client.get(ADD_KEY)
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]


def leads_on(page):
    """Look at the recovery codes: one under the other, one green box, and a way to go on."""
    assert re.search(r'href="/home/">Continue</a>', page)
    assert re.search(r"</li><li>", page)
    assert page.count("govuk-notification-banner--success") == 1
    assert "The app on your phone is set up." in page
    assert "activated" not in page
    assert "has been generated" not in page


def test_an_operator_lets_somebody_begin_anew():
    someone = person(council(), Role.ADMINISTRATOR)
    with_totp(someone.user)
    call_command("reset_second_factor", someone.user.email, "--reason", "Showed her passport.")
    assert not Authenticator.objects.filter(user=someone.user).exists()
    with stewardship():
        event = timeline(someone).get()
    assert (event.verb, event.note) == ("person.second-factor-reset", "Showed her passport.")
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody@example.com", "--reason", "x")


class TestInventedKeys:
    """What no key ever answered is not a second step, and locks nobody out."""

    @pytest.fixture
    def someone(self):
        cache.clear()
        return person(council(), Role.ADMINISTRATOR, password=PASSWORD)

    @pytest.mark.parametrize(
        "answer",
        ["0", "false", "{}", "[]", "null", '""', "[0]", "1", '{"a": 1}', '"x"', '{"id": "AA"}'],
    )
    def test_are_not_kept(self, someone, answer):
        client = Client()
        enter(client, someone.user.email)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        assert client.get(ADD_KEY).status_code == 200
        refused = client.post(ADD_KEY, {"name": "junk", "credential": answer})
        assert refused.status_code == 422
        assert not Authenticator.objects.filter(user=someone.user).exists()
        assert client.get("/people/").headers["Location"].startswith("/second-step/")
        assert enter(Client(), someone.user.email).status_code == 302

    @pytest.mark.parametrize("kind", ["webauthn", "recovery_codes"])
    def test_do_not_count_when_they_are_told_of(self, someone, kind):
        invented = Authenticator.objects.create(
            user=someone.user, type=kind, data={"name": "junk", "credential": 0}
        )
        request = RequestFactory().get("/")
        request.session = {}
        remember_second_factor(request, someone.user, invented)
        assert request.session == {}


class TestSessionsFromBefore:
    """A session begun with the password alone cannot take over a factor that was set up since."""

    @pytest.fixture(params=["council", "supplier"])
    def old(self, request):
        cache.clear()
        someone = (
            person(council(), Role.ADMINISTRATOR, password=PASSWORD)
            if request.param == "council"
            else person(supplier(), password=PASSWORD)
        )
        client = Client()
        enter(client, someone.user.email)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        self.secret = with_totp(someone.user)
        return client

    @pytest.mark.parametrize(
        "page",
        [
            "/account/2fa/",
            "/account/2fa/recovery-codes/",
            "/account/2fa/recovery-codes/download/",
            "/account/2fa/recovery-codes/generate/",
            "/account/2fa/totp/deactivate/",
            "/account/2fa/webauthn/",
            "/account/2fa/webauthn/add/",
            "/account/reauthenticate/",
        ],
    )
    def test_cannot_open_what_is_about_factors(self, old, page):
        for headers in ({}, {"Accept": "application/json"}):
            answer = old.get(page, headers=headers)
            assert answer.headers["Location"].startswith("/second-step/")
        assert old.post(page).headers["Location"].startswith("/second-step/")
        assert old.get("/second-step/").status_code == 200

    def test_the_password_does_not_do_instead(self, old):
        old.post("/account/reauthenticate/", {"password": PASSWORD})
        assert "/account/reauthenticate/" not in old.get(SHOW).content.decode()
        assert old.get("/account/2fa/").status_code == 302

    def test_the_factor_opens_them(self, old):
        old.post(SHOW, {"code": code_of(self.secret)})
        assert old.get("/account/2fa/").status_code == 200
        assert old.get("/people/").status_code == 200
