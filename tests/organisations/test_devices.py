"""Guesses at a person's password: those from their own browsers are counted apart."""

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client

from marketplace.core.actors import Role
from marketplace.organisations import devices
from tests.factories.organisations import PASSWORD, council, person, sign_in, supplier
from tests.factories.sign_in import code_of, enter, with_totp

pytestmark = pytest.mark.django_db
WAIT = "Wait 15 minutes"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def owner():
    return person(supplier(), password=PASSWORD, email="ada@example.com")


@pytest.fixture
def own(owner):
    """A browser in which the owner has signed in, and out again."""
    browser = Client()
    assert enter(browser, owner.user.email).status_code == 302
    browser.post("/account/logout/")
    return browser


def guess(email: str, count: int, cookie: str = "", **extra) -> list[int]:
    """Guess from as many addresses, and return how each was answered."""
    answers = []
    for number in range(count):
        browser = Client()
        if cookie:
            browser.cookies["device"] = cookie
        extra_facts = {"REMOTE_ADDR": f"10.0.{number}.1", **extra}
        answers.append(enter(browser, email, f"guess {number}", **extra_facts).status_code)
    return answers


class TestStrangers:
    def test_have_five_guesses_however_many_they_are(self, owner, own):
        assert guess(owner.user.email, 100) == [422] * 5 + [429] * 95

    def test_do_not_keep_the_owner_out(self, owner, own):
        guess(owner.user.email, 100)
        assert enter(own, owner.user.email).status_code == 302
        assert own.session["_auth_user_id"] == str(owner.user_id)

    def test_nor_from_confirming_who_they_are(self, owner, own):
        enter(own, owner.user.email)
        guess(owner.user.email, 20)
        answer = own.post("/account/reauthenticate/?next=/tokens/new/", {"password": PASSWORD})
        assert answer.headers["Location"] == "/tokens/new/"

    def test_are_kept_out_even_with_the_right_password(self, owner, own):
        guess(owner.user.email, 5)
        assert WAIT in enter(Client(), owner.user.email).content.decode()

    def test_are_told_how_long_to_wait(self, owner, own):
        guess(owner.user.email, 5)
        refused = enter(Client(), owner.user.email)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")

    def test_get_no_more_by_asking_for_another_host(self, owner, own):
        answers = [
            guess(owner.user.email, 1, HTTP_HOST=f"localhost:{port}", REMOTE_ADDR=f"10.1.{port}.1")
            for port in range(10)
        ]
        assert answers == [[422]] * 5 + [[429]] * 5

    @pytest.mark.parametrize("typed", ["ADA@EXAMPLE.COM", "  ada@example.com  ", "Ada@example.COM"])
    def test_nor_by_writing_the_address_otherwise(self, owner, typed):
        guess(owner.user.email, 5)
        assert guess(typed, 1) == [429]


class TestTheOwnersBrowser:
    def test_has_five_guesses_of_its_own(self, owner, own):
        cookie = own.cookies["device"].value
        assert guess(owner.user.email, 10, cookie) == [422] * 5 + [429] * 5
        own_answer = enter(own, owner.user.email)
        assert own_answer.status_code == 429

    def test_and_those_do_not_count_for_others(self, owner, own):
        guess(owner.user.email, 10, own.cookies["device"].value)
        assert enter(Client(), owner.user.email).status_code == 302

    def test_holds_a_cookie_that_no_script_and_no_other_site_can_use(self, own, settings):
        cookie = own.cookies["device"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert int(cookie["max-age"]) == devices.LASTS_SECONDS

    def test_which_travels_only_encrypted_where_the_site_does(self, owner, settings):
        settings.SESSION_COOKIE_SECURE = True
        browser = Client()
        enter(browser, owner.user.email)
        assert browser.cookies["device"]["secure"]

    def test_keeps_its_name_and_the_people_of_a_counter(self, owner, own):
        others = [person(supplier(), password=PASSWORD) for _number in range(6)]
        before = signing.loads(own.cookies["device"].value, salt=devices.SALT)
        for each in others:
            enter(own, each.user.email)
            own.post("/account/logout/")
        after = signing.loads(own.cookies["device"].value, salt=devices.SALT)
        assert after["device"] == before["device"]
        assert after["people"] == [str(each.user_id) for each in others[:0:-1]]


class TestCookiesOfOthers:
    def forged(self, owner) -> str:
        said = {"device": "mine", "people": [str(owner.user_id)]}
        return signing.dumps(said, salt=devices.SALT, key="a guessed key")

    def of_somebody_else(self, owner) -> str:
        other, browser = person(supplier(), password=PASSWORD), Client()
        enter(browser, other.user.email)
        return browser.cookies["device"].value

    def old(self, owner) -> str:
        said = {"device": "mine", "people": [str(owner.user_id)]}
        return signing.TimestampSigner(salt=devices.SALT).sign_object(said)[:-1] + "x"

    @pytest.mark.parametrize("kind", ["forged", "of_somebody_else", "old"])
    def test_are_worth_nothing(self, owner, kind):
        cookie = getattr(self, kind)(owner)
        guess(owner.user.email, 5)
        assert guess(owner.user.email, 1, cookie) == [429]

    @pytest.mark.parametrize("said", [[], "x", {"device": "x"}, {"device": "x", "people": 3}, None])
    def test_that_say_something_else_are_none(self, rf, said):
        request = rf.get("/")
        request.COOKIES["device"] = signing.dumps(said, salt=devices.SALT)
        assert devices.device_of(request) is None

    def test_end_after_half_a_year(self, rf, owner, monkeypatch):
        request = rf.get("/")
        said = {"device": "x", "people": [str(owner.user_id)]}
        request.COOKIES["device"] = signing.dumps(said, salt=devices.SALT)
        assert devices.device_of(request)
        monkeypatch.setattr(devices, "LASTS_SECONDS", -1)
        assert devices.device_of(request) is None


class TestWhoGetsACookie:
    def test_nobody_who_was_not_let_in(self, owner):
        browser = Client()
        enter(browser, owner.user.email, "wrong")
        browser.get("/account/login/")
        assert "device" not in browser.cookies

    def test_only_after_the_second_step(self):
        someone = person(council(), Role.BUYER, password=PASSWORD)
        secret, browser = with_totp(someone.user), Client()
        enter(browser, someone.user.email)
        assert "device" not in browser.cookies
        browser.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        assert "device" in browser.cookies

    def test_no_demonstration(self, owner):
        assert "device" not in sign_in(Client(), owner).cookies
