"""What a link from a letter opens."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from marketplace.audit.models import Event
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations.models import Membership
from marketplace.organisations.services.mail import password_link
from marketplace.organisations.services.people import deactivate_person, invite_person
from tests.factories.organisations import PASSWORD, actor, council, person, sign_in, supplier, user
from tests.factories.sign_in import enter

pytestmark = pytest.mark.django_db
NEW = "three quiet green chairs"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def local(address: str) -> str:
    return re.sub(r"^https?://[^/]+", "", address)


def invite(organisation, email="ada@example.com", role=Role.BUYER):
    """Invite somebody and return the link in their letter."""
    keeper_role = Role.SUPPLIER if role is Role.SUPPLIER else Role.ADMINISTRATOR
    keeper = actor(organisation, keeper_role)
    with tenant(organisation.pk):
        made = invite_person(
            keeper=keeper, name="Ada Byron", email=email, roles=[role],
            approval_limit_amount=None, at=timezone.now(),
        )  # fmt: skip
    run_due_jobs(at=timezone.now())
    letter = [each for each in mail.outbox if each.to == [email]][-1]
    return local(re.search(r"https?://\S+", letter.body)[0]), made, keeper


def choose(client, link, **more):
    """Open a link and choose a password on the page that it leads to."""
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    found = re.search(r'name="membership" value="([^"]+)"', page.content.decode())
    typed = {"password1": NEW, "password2": NEW, **({"membership": found[1]} if found else {})}
    return page.content.decode(), client.post(address, typed | more)


class TestFirstInvitation:
    def test_speaks_of_the_invitation_and_of_no_new_password(self, client):
        link, _made, _keeper = invite(supplier(name="Alder Paper"), role=Role.SUPPLIER)
        text, _answer = choose(client, link)
        assert "Welcome, Ada Byron. Alder Paper has invited you." in text
        assert "ada@example.com" in text
        assert "Save the password and join" in text
        assert "ew password" not in text

    def test_one_page_leads_a_supplier_home(self, client):
        link, made, _keeper = invite(supplier(name="Alder Paper"), role=Role.SUPPLIER)
        _text, answer = choose(client, link)
        assert answer.headers["Location"] == "/home/"
        assert client.get("/home/").headers["Location"] == "/supplier/"
        assert client.get("/people/").status_code == 200
        with stewardship():
            now = Membership.objects.get(pk=made.pk)
            assert (now.is_active, now.invitation_open) == (True, False)
            assert Event.objects.filter(verb="person.accepted", subject_id=made.pk).count() == 1

    def test_council_staff_need_a_second_step_and_are_asked_for_no_password_again(self, client):
        link, _made, _keeper = invite(council(name="Castermere"))
        choose(client, link)
        home = client.get("/home/", follow=True)
        assert "Set up a second step" in home.content.decode()
        assert client.get("/people/").headers["Location"].startswith("/second-step/")
        set_up = "/account/2fa/totp/activate/"
        assert client.get(set_up).status_code == 200

    def test_tells_nobody_by_mail_that_a_password_was_reset(self, client):
        link, _made, _keeper = invite(supplier(), role=Role.SUPPLIER)
        mail.outbox.clear()
        choose(client, link)
        run_due_jobs(at=timezone.now())
        assert mail.outbox == []

    def test_works_once(self, client):
        link, _made, _keeper = invite(supplier(), role=Role.SUPPLIER)
        choose(client, link)
        again = Client().get(link, follow=True)
        assert "This link does not work any more" in again.content.decode()

    def test_a_password_that_is_refused_lets_nobody_in(self, client):
        link, _made, _keeper = invite(supplier(), role=Role.SUPPLIER)
        _text, answer = choose(client, link, password1="short", password2="short")
        assert answer.status_code == 422
        assert "Save the password and join" in answer.content.decode()
        assert "_auth_user_id" not in client.session

    def test_nobody_joins_what_they_did_not_see(self, client):
        link, made, keeper = invite(supplier(name="Alder"), role=Role.SUPPLIER)
        page = client.get(link, follow=True)
        with tenant(keeper.organisation_id):
            deactivate_person(
                keeper=keeper, membership_id=made.pk, version=made.version, at=timezone.now()
            )
        other = invite(supplier(name="Birch"), role=Role.SUPPLIER)[1]
        typed = {"password1": NEW, "password2": NEW, "membership": str(made.pk)}
        client.post(page.redirect_chain[-1][0], typed)
        with stewardship():
            assert not Membership.objects.get(pk=other.pk).is_active
        assert "Join Birch" in client.get("/home/", follow=True).content.decode()

    def test_whoever_is_invited_twice_chooses(self, client):
        invite(supplier(name="Birch"), role=Role.SUPPLIER)
        link, _made, _keeper = invite(supplier(name="Alder"), role=Role.SUPPLIER)
        text, _answer = choose(client, link)
        assert "Welcome, Ada Byron." in text
        listed = client.get("/home/", follow=True).content.decode()
        assert "Join Birch" in listed
        assert "Join Alder" in listed

    def test_begins_a_new_session(self, client):
        link, _made, _keeper = invite(supplier(), role=Role.SUPPLIER)
        client.get(link, follow=True)
        planted = client.session.session_key
        choose(client, link)
        assert client.session.session_key != planted


class TestNewPassword:
    def test_is_spoken_of_as_such_and_lets_nobody_in_by_itself(self, client):
        someone = person(supplier(), password=PASSWORD)
        text, answer = choose(client, local(password_link(someone.user)))
        assert "Choose a new password" in text
        assert answer.headers["Location"] == "/account/password/reset/key/done/"
        assert "_auth_user_id" not in client.session
        assert enter(Client(), someone.user.email, NEW).status_code == 302


class TestSomebodyElseIsSignedIn:
    @pytest.fixture
    def other(self, client):
        someone = person(supplier(), password=PASSWORD, email="grace@example.com")
        sign_in(client, someone)
        return someone

    @pytest.mark.parametrize("accept", ["text/html", "application/json"])
    def test_opening_a_link_signs_nobody_out(self, client, other, accept):
        link = local(password_link(user(email="ada@example.com")))
        answer = client.get(link, headers={"Accept": accept}, follow=True)
        assert client.session["_auth_user_id"] == str(other.user_id)
        text = answer.content.decode()
        assert "Somebody else is signed in here" in text
        assert "grace@example.com" in text
        assert "Sign out and go on" in text
        assert "password1" not in text

    def test_a_button_signs_out_and_goes_on(self, client, other):
        link, _made, _keeper = invite(supplier(name="Birch"), role=Role.SUPPLIER)
        page = client.post(link, {"sign_out": "1"}, follow=True)
        assert "_auth_user_id" not in client.session
        assert "Birch has invited you" in page.content.decode()
        choose(client, link)
        assert client.session["_auth_user_id"] != str(other.user_id)

    def test_who_signs_in_in_another_tab_meanwhile_is_not_signed_out_either(self, client):
        link = local(password_link(user(email="ada@example.com")))
        form = client.get(link, follow=True).redirect_chain[-1][0]
        other = person(supplier(), password=PASSWORD)
        enter(client, other.user.email)
        session = client.session
        session["_password_reset_key"] = link.rstrip("/").split("-", 1)[1]
        session.save()
        for answer in (client.get(form), client.post(form, {"password1": NEW, "password2": NEW})):
            assert "Somebody else is signed in here" in answer.content.decode()
        assert client.session["_auth_user_id"] == str(other.user_id)

    def test_needs_the_token_against_forged_requests(self, other):
        browser = sign_in(Client(enforce_csrf_checks=True), other)
        link = local(password_link(user(email="ada@example.com")))
        assert browser.post(link, {"sign_out": "1"}).status_code == 403
        assert browser.session["_auth_user_id"] == str(other.user_id)

    def test_a_link_that_does_not_work_says_so(self, client, other):
        answer = client.get("/account/password/reset/key/1-bad/")
        assert "This link does not work any more" in answer.content.decode()

    def test_ones_own_link_is_not_in_the_way(self, client, other):
        answer = client.get(local(password_link(other.user)), follow=True)
        assert "Choose a new password" in answer.content.decode()
