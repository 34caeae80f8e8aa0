"""How many invitations an organisation may send in a day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace.core.actors import Role
from marketplace.core.tenancy import act_for, clear, tenant
from marketplace.jobs.models import Job
from marketplace.organisations.models import User
from marketplace.organisations.services import inviting
from marketplace.organisations.services.inviting import TooManyInvitations
from marketplace.organisations.services.people import invite_person, invite_person_again
from marketplace.organisations.services.suppliers import register_supplier
from tests.factories.organisations import actor, council, person, sign_in

pytestmark = pytest.mark.django_db
AT = datetime(2027, 3, 1, 12, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(inviting, "MOST_INVITATIONS", 3)


@pytest.fixture
def keeper():
    home = council()
    made = actor(home, Role.ADMINISTRATOR)
    act_for(home.pk)
    yield made
    clear()


def invite(keeper, number, at=AT):
    return invite_person(
        keeper=keeper, name="Ada Byron", email=f"ada{number}@example.com", roles=[Role.BUYER],
        approval_limit_amount=None, at=at,
    )  # fmt: skip


def register(keeper, at=AT):
    return register_supplier(
        administrator=keeper, name="Alder Paper", company_number="", contact_name="Grace",
        contact_email="grace@alder.example", is_local=False, at=at,
    )  # fmt: skip


class TestTooManyInvitations:
    def test_the_day_has_an_end_to_them_and_nothing_is_kept(self, keeper):
        for number in range(3):
            invite(keeper, number)
        with pytest.raises(TooManyInvitations, match="You may send 3 in 24 hours"):
            invite(keeper, 4)
        assert not User.objects.filter(email="ada4@example.com").exists()

    def test_sending_one_again_counts(self, keeper):
        waiting = invite(keeper, 1)
        for minute in (1, 2):
            again = AT + timedelta(minutes=minute)
            invite_person_again(keeper=keeper, membership_id=waiting.pk, at=again)
        before = Job.objects.filter(name="organisations.send_invitation").count()
        with pytest.raises(TooManyInvitations):
            invite_person_again(keeper=keeper, membership_id=waiting.pk, at=AT)
        assert Job.objects.filter(name="organisations.send_invitation").count() == before

    def test_bringing_in_a_supplier_counts_both_ways(self, keeper):
        register(keeper)
        for number in range(2):
            invite(keeper, number)
        with pytest.raises(TooManyInvitations):
            invite(keeper, 3)

    def test_and_is_refused_too(self, keeper):
        for number in range(3):
            invite(keeper, number)
        with pytest.raises(TooManyInvitations):
            register(keeper)

    def test_begins_anew_after_24_hours(self, keeper):
        for number in range(3):
            invite(keeper, number)
        assert invite(keeper, 4, AT + timedelta(days=1))

    def test_what_another_organisation_sends_does_not_count(self, keeper):
        for number in range(3):
            invite(keeper, number)
        other = council()
        with tenant(other.pk):
            assert invite(actor(other, Role.ADMINISTRATOR), 5)

    def test_is_said_on_the_page(self, client, monkeypatch):
        monkeypatch.setattr(inviting, "MOST_INVITATIONS", 0)
        sign_in(client, person(council(), Role.ADMINISTRATOR))
        facts = {"name": "Ada", "email": "ada@example.com", "roles": ["buyer"]}
        answer = client.post("/people/invite/", facts)
        assert answer.status_code == 409
        assert "You may send 0 in 24 hours. Nothing was sent." in answer.content.decode()
