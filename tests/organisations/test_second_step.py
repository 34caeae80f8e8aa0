"""Setting up a second step, with real commits, since allauth tells of it only after one."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship
from tests.factories.organisations import PASSWORD, council, person
from tests.factories.sign_in import code_of, enter, with_totp

pytestmark = pytest.mark.usefixtures("fresh_db")

SET_UP = "/account/2fa/totp/activate/"


def test_it_opens_the_pages_at_once():
    cache.clear()
    client = Client()
    someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
    enter(client, someone.user.email)
    page = client.get(SET_UP)
    assert page.headers["Location"].startswith("/account/reauthenticate/")
    client.post(page.headers["Location"], {"password": PASSWORD})
    client.get(SET_UP)
    client.post(SET_UP, {"code": code_of(client.session["mfa.totp.secret"])})
    assert client.get("/people/").status_code == 200
    kinds = set(Authenticator.objects.filter(user=someone.user).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}


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
