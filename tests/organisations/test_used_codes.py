"""The code that sets up a second step, and the session in which that happens."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client

from marketplace.core.actors import Role
from tests.factories.organisations import PASSWORD, council, person
from tests.factories.sign_in import code_of, enter

pytestmark = pytest.mark.usefixtures("fresh_db")

SET_UP = "/account/2fa/totp/activate/"


def test_the_code_lets_nobody_in_again_and_the_session_gets_a_new_key():
    cache.clear()
    client = Client()
    someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
    enter(client, someone.user.email)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.get(SET_UP)
    code, before = code_of(client.session["mfa.totp.secret"]), client.session.session_key
    client.post(SET_UP, {"code": code})
    after = client.session.session_key
    assert after != before
    assert not SessionStore().exists(before)
    sessions = UserSession.objects.filter(user=someone.user)
    assert [each.session_key for each in sessions if not each.purge()] == [after]
    other = Client()
    enter(other, someone.user.email)
    refused = other.post("/account/2fa/authenticate/", {"code": code})
    assert refused.status_code == 422
    assert "_auth_user_id" not in other.session
