"""One code of a second step, sent from two browsers at the same instant, lets one of them in."""

import threading
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.db import connection
from django.test import Client

from marketplace.core.actors import Role
from tests.factories.organisations import PASSWORD, council, person
from tests.factories.sign_in import code_of, enter, with_totp

pytestmark = pytest.mark.usefixtures("fresh_db")


def lets_in(email: str, make: Callable[[], str]) -> int:
    """Send one code from two browsers at once; return how many are in afterwards.

    Why: an app's code lasts a short time, so it is only made when both have shown the password.
    """
    cache.clear()
    browsers = [Client(), Client()]
    for browser in browsers:
        enter(browser, email)
    code = make()
    gate = threading.Barrier(2)

    def send(browser: Client) -> None:
        try:
            gate.wait(timeout=20)
            browser.post("/account/2fa/authenticate/", {"code": code})
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum("_auth_user_id" in browser.session for browser in browsers)


@pytest.fixture
def someone():
    return person(council(), Role.BUYER, password=PASSWORD).user


def test_a_code_of_the_app(someone):
    secret = with_totp(someone)
    assert lets_in(someone.email, lambda: code_of(secret)) == 1


def test_each_recovery_code(someone):
    with_totp(someone)
    codes = RecoveryCodes.activate(someone).get_unused_codes()
    assert [lets_in(someone.email, lambda code=code: code) for code in codes[:3]] == [1, 1, 1]
    kept = RecoveryCodes(Authenticator.objects.get(user=someone, type="recovery_codes"))
    assert kept.get_unused_codes() == codes[3:]
