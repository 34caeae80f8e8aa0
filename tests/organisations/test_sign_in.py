"""Signing in: the password, the second step, the limits, and who is told what."""

import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations import sessions
from marketplace.organisations.adapters import SecondFactors
from marketplace.organisations.models import User
from tests.factories.organisations import PASSWORD, council, person, sign_in, supplier, user
from tests.factories.sign_in import LOGIN, code_of, enter, with_totp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


class TestPassword:
    def test_lets_a_supplier_in_with_the_password_alone(self, client):
        someone = person(supplier(), password=PASSWORD)
        answer = enter(client, someone.user.email)
        assert answer.headers["Location"] == "/home/"
        assert client.get("/people/").status_code == 200

    def test_whatever_the_capitals_of_the_address(self, client):
        someone = person(supplier(), password=PASSWORD, email="ada@example.com")
        assert enter(client, "ADA@Example.com").status_code == 302
        assert client.session["_auth_user_id"] == str(someone.user_id)

    def test_a_new_session_key_at_sign_in(self, client):
        someone = person(supplier(), password=PASSWORD)
        client.get(LOGIN)
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        client.cookies["session"] = planted = session.session_key
        enter(client, someone.user.email)
        assert client.session.session_key != planted
        assert not Client().session.exists(planted)

    @pytest.mark.parametrize("who", ["unknown", "wrong password", "no password", "disabled"])
    def test_the_same_answer_whoever_it_is_not(self, client, who):
        known = user(email="known@example.com", password=None if who == "no password" else PASSWORD)
        if who == "disabled":
            User.objects.filter(pk=known.pk).update(is_active=False)
        email = "nobody@example.com" if who == "unknown" else known.email
        answer = enter(client, email, "not the password at all")
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "The email address or the password is not right." in text

    def test_a_disabled_person_is_not_let_in(self, client):
        someone = user(password=PASSWORD, is_active=False)
        enter(client, someone.email)
        assert "_auth_user_id" not in client.session

    def test_nobody_signs_up(self, client):
        before = User.objects.count()
        assert "password1" not in client.get("/account/signup/").content.decode()
        client.post(
            "/account/signup/",
            {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD},
        )
        assert User.objects.count() == before

    def test_needs_the_token_against_forged_requests(self):
        someone = person(supplier(), password=PASSWORD)
        assert enter(Client(enforce_csrf_checks=True), someone.user.email).status_code == 403

    def test_goes_only_to_pages_of_this_site(self, client):
        someone = person(supplier(), password=PASSWORD)
        answer = client.post(
            f"{LOGIN}?next=https://evil.example/",
            {"login": someone.user.email, "password": PASSWORD},
        )
        assert answer.headers["Location"] == "/home/"


class TestLimits:
    def test_stops_guessing_and_says_when_to_try_again(self, client):
        someone = person(supplier(), password=PASSWORD)
        last = None
        for number in range(100):
            last = enter(
                client, someone.user.email, f"guess number {number}", REMOTE_ADDR=f"10.0.{number}.1"
            )
        assert "Wait 15 minutes" in last.content.decode()
        right = enter(client, someone.user.email, REMOTE_ADDR="10.1.0.1")
        assert right.status_code == 429
        assert "Wait 15 minutes" in right.content.decode()
        assert "_auth_user_id" not in client.session

    def test_stops_one_address_that_guesses_at_many_people(self, client):
        answers = [enter(client, f"p{n}@example.com", "guess") for n in range(70)]
        assert any(each.status_code == 429 or "Wait" in each.content.decode() for each in answers)

    def test_other_people_are_not_stopped(self, client):
        victim, other = (person(supplier(), password=PASSWORD) for _ in range(2))
        for number in range(10):
            enter(client, victim.user.email, "guess", REMOTE_ADDR=f"10.0.{number}.1")
        assert enter(client, other.user.email, REMOTE_ADDR="10.9.9.9").status_code == 302

    def test_a_header_from_outside_does_not_count_as_another_address(self, client):
        for number in range(70):
            last = enter(
                client, f"p{number}@example.com", "guess", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}"
            )
        assert last.status_code == 429 or "Wait" in last.content.decode()


class TestNewPassword:
    def ask(self, client, email):
        return client.post("/account/password/reset/", {"email": email})

    def link(self):
        run_due_jobs(at=timezone.now())
        (letter,) = mail.outbox
        return next(line for line in letter.body.splitlines() if "/reset/key/" in line).strip()

    def change(self, client, address, password):
        page = client.get(address.split("8000", 1)[1], follow=True)
        (form, _status) = page.redirect_chain[-1]
        return client.post(form, {"password1": password, "password2": password})

    def test_the_same_answer_whether_known_or_not(self, client):
        known = user(password=PASSWORD)
        answers = [self.ask(client, email) for email in (known.email, "nobody@example.com")]
        assert {(each.status_code, each.headers["Location"]) for each in answers} == {
            (302, "/account/password/reset/done/")
        }
        run_due_jobs(at=timezone.now())
        assert [letter.to for letter in mail.outbox] == [[known.email]]

    def test_sets_a_password_once_and_ends_other_sessions(self, client):
        someone = person(supplier(), password=PASSWORD)
        other = sign_in(Client(), someone)
        self.ask(client, someone.user.email)
        address = self.link()
        answer = self.change(client, address, "another good long one")
        assert answer.status_code == 302
        assert "_auth_user_id" not in client.session
        assert other.get("/people/").status_code == 302
        again = Client().get(address.split("8000", 1)[1], follow=True)
        assert "password1" not in again.content.decode()
        assert enter(Client(), someone.user.email, "another good long one").status_code == 302

    @pytest.mark.parametrize("password", ["short", "password1234", "qwertyuiop123", "123456789012"])
    def test_refuses_short_and_common_passwords(self, client, password):
        someone = user(password=PASSWORD)
        self.ask(client, someone.email)
        assert self.change(client, self.link(), password).status_code == 422
        assert User.objects.get(pk=someone.pk).check_password(PASSWORD)

    def test_never_goes_round_the_second_step(self, client):
        someone = person(council(), Role.BUYER, password=PASSWORD)
        with_totp(someone.user)
        self.ask(client, someone.user.email)
        self.change(client, self.link(), "another good long one")
        answer = enter(client, someone.user.email, "another good long one")
        assert answer.headers["Location"] == "/account/2fa/authenticate/"
        assert "_auth_user_id" not in client.session


class TestSecondStep:
    PAGES = ("/people/", "/home/", "/tokens/", "/audit/", "/switch/", "/account/email/")

    def test_council_staff_without_one_see_nothing_else(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        enter(client, someone.user.email)
        for page in self.PAGES:
            assert client.get(page).headers["Location"].startswith("/second-step/"), page
        assert client.post("/tokens/new/", {}).headers["Location"] == "/second-step/"
        assert client.get("/api/v1/me").json()["type"] == "/problems/sign-in.second-factor-needed/"
        page = client.get("/second-step/")
        assert page.status_code == 200
        assert page.wsgi_request.actor is None

    def test_they_may_sign_out(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        enter(client, someone.user.email)
        assert client.post("/account/logout/").headers["Location"] == "/"

    def test_password_then_code_then_page(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        secret = with_totp(someone.user)
        answer = enter(client, someone.user.email)
        assert answer.headers["Location"] == "/account/2fa/authenticate/"
        assert client.get("/people/").headers["Location"].startswith(LOGIN)
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        assert client.get("/people/").status_code == 200

    def test_a_code_works_once(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        code = code_of(with_totp(someone.user))
        for browser, status in ((client, 302), (Client(), 422)):
            enter(browser, someone.user.email)
            answer = browser.post("/account/2fa/authenticate/", {"code": code})
            assert answer.status_code == status

    def test_guessing_codes_is_stopped(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        secret = with_totp(someone.user)
        enter(client, someone.user.email)
        for number in range(10):
            client.post("/account/2fa/authenticate/", {"code": f"{number:06}"})
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        assert "_auth_user_id" not in client.session

    def test_a_session_from_before_it_was_set_up_must_show_it(self, client):
        someone = person(council(), Role.ADMINISTRATOR, password=PASSWORD)
        enter(client, someone.user.email)
        secret = with_totp(someone.user)
        assert client.get("/people/").headers["Location"].startswith("/second-step/")
        assert "Show it now" in client.get("/second-step/").content.decode()
        client.post("/account/2fa/reauthenticate/?next=/people/", {"code": code_of(secret)})
        assert client.get("/people/").status_code == 200

    def test_staff_cannot_remove_their_last_one_suppliers_can(self):
        staff, seller = person(council(), Role.BUYER), person(supplier())
        for someone, may in ((staff, False), (seller, True)):
            with_totp(someone.user)
            factor = Authenticator.objects.get(user=someone.user)
            with tenant(None, someone.user_id):
                assert SecondFactors().can_delete_authenticator(factor) is may

    def test_secrets_are_encrypted_at_rest(self):
        someone = user()
        secret = with_totp(someone)
        kept = Authenticator.objects.get(user=someone).data["secret"]
        assert secret not in kept
        assert SecondFactors().decrypt(kept) == secret

    def test_a_supplier_who_has_one_must_show_it(self, client):
        someone = person(supplier(), password=PASSWORD)
        with_totp(someone.user)
        assert enter(client, someone.user.email).headers["Location"].startswith("/account/2fa/")

    def test_passkeys_ask_for_it_alone(self, client):
        answer = client.get("/account/2fa/webauthn/login/", HTTP_ACCEPT="application/json")
        assert "challenge" in answer.content.decode()


class TestReauthentication:
    @pytest.mark.parametrize(
        "page",
        [
            "/tokens/new/",
            "/account/email/",
            "/account/2fa/totp/activate/",
            "/account/2fa/webauthn/add/",
        ],
    )
    def test_is_asked_before(self, client, page):
        someone = person(supplier(), password=PASSWORD)
        sign_in(client, someone)
        method = client.post if page == "/account/email/" else client.get
        answer = method(page, {"action_add": "", "email": "new@example.com"})
        assert answer.headers["Location"].startswith("/account/reauthenticate/")

    def test_lasts_five_minutes(self, client):
        someone = person(supplier(), password=PASSWORD)
        sign_in(client, someone)
        client.post("/account/reauthenticate/?next=/tokens/new/", {"password": PASSWORD})
        assert client.get("/tokens/new/").status_code == 200
        session = client.session
        for entry in session["account_authentication_methods"]:
            entry["at"] = time.time() - 301
        session.save()
        assert client.get("/tokens/new/").status_code == 302


class TestEmail:
    def test_changes_once_the_new_address_is_proven(self, client, settings):
        someone = person(council(), Role.BUYER, password=PASSWORD)
        with_totp(someone.user)
        sign_in(client, someone)
        client.post("/account/reauthenticate/?next=/account/email/", {"password": PASSWORD})
        client.post("/account/email/", {"action_add": "", "email": "New.Name@example.com"})
        assert User.objects.get(pk=someone.user_id).email == someone.user.email
        run_due_jobs(at=timezone.now())
        (letter,) = (each for each in mail.outbox if each.to == ["new.name@example.com"])
        link = next(line for line in letter.body.split() if "/confirm-email/" in line)
        assert link.startswith(settings.SITE_ADDRESS)
        path = link.removeprefix(settings.SITE_ADDRESS)
        assert client.get(path).status_code == 200
        assert User.objects.get(pk=someone.user_id).email == someone.user.email
        client.post(path)
        assert User.objects.get(pk=someone.user_id).email == "new.name@example.com"

    def test_does_not_tell_whether_another_has_it(self, client):
        known = user(password=PASSWORD)
        someone = person(supplier(), password=PASSWORD)
        sign_in(client, someone)
        client.post("/account/reauthenticate/?next=/account/email/", {"password": PASSWORD})
        answers = [
            client.post("/account/email/", {"action_add": "", "email": email})
            for email in (known.email, "nobody@example.com")
        ]
        assert {(each.status_code, each.headers.get("Location")) for each in answers} == {
            (302, "/account/email/")
        }
        assert User.objects.get(pk=known.pk).email == known.email


class TestSessionList:
    def test_shows_and_ends_ones_sessions(self, client):
        someone = person(supplier(), password=PASSWORD)
        other = Client()
        enter(other, someone.user.email)
        enter(client, someone.user.email)
        assert client.get("/account/sessions/").status_code == 200
        client.post("/account/sessions/")
        assert other.get("/people/").status_code == 302
        assert client.get("/people/").status_code == 200
        assert sessions.SIGNED_IN_AT in client.session


@pytest.mark.django_db
@pytest.mark.parametrize(("length", "words"), [(5000, "name of the file is too long"), (200, "")])
def test_a_name_that_is_too_long_is_said_to_be(client, length, words):
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{"a" * length}.csv"\r\n'
    body = f"{head}Content-Type: text/csv\r\n\r\n1\r\n--x--\r\n"
    answer = client.generic(
        "POST", "/account/login/", body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == (400 if words else 422)
    assert words in answer.content.decode()
