"""Who belongs to an organisation, and with what trust."""

from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations.models import Membership, User
from marketplace.organisations.selectors.people import (
    actor_of,
    approvers,
    invited,
    members_matching,
    memberships_of,
    names_of,
)
from marketplace.organisations.services.people import (
    AlreadyHere,
    ChangedMeanwhile,
    KeeperNeeded,
    LastKeeper,
    OwnMembership,
    SameMailbox,
    StandsAlready,
    accept_invitation,
    change_person,
    deactivate_person,
    invite_person,
    invite_person_again,
    reactivate_person,
)
from marketplace.organisations.services.trust import RolesNotAllowed
from tests.factories.organisations import council, person, supplier, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    """A council that the connection acts for."""
    made = council(name="Castermere")
    with tenant(made.pk):
        yield made


@pytest.fixture
def keeper(home):
    """Its administrator."""
    return actor_of(person(home, Role.ADMINISTRATOR))


def invite(keeper, at, **facts):
    chosen = {
        "name": "Ada Byron",
        "email": "Ada@Example.com",
        "roles": ["buyer"],
        "approval_limit_amount": None,
        **facts,
    }
    return invite_person(keeper=keeper, at=at, **chosen)


class TestInvitePerson:
    def test_adds_the_person_and_leaves_a_trace(self, keeper, at):
        invited = invite(keeper, at, roles=["approver", "buyer"], approval_limit_amount=Decimal(50))
        assert invited.user.email == "ada@example.com"
        assert not invited.user.has_usable_password()
        assert invited.roles == ["buyer", "approver"]
        (event,) = timeline(invited)
        assert event.verb == "person.invited"
        assert event.actor_name == keeper.name
        assert event.after["approval_limit_amount"] == "50"

    def test_mails_a_link_that_is_kept_nowhere(self, keeper, at, client):
        invite(keeper, at)
        run_due_jobs(at=at.replace(year=2100))
        (letter,) = mail.outbox
        assert letter.to == ["ada@example.com"]
        assert "/account/password/reset/key/" in letter.body
        assert "Castermere has invited you" in letter.subject

    def test_somebody_known_elsewhere_keeps_name_and_password(self, keeper, at):
        known = user(email="ada@example.com", name="Augusta", password="a long enough password")
        invited = invite(keeper, at)
        assert invited.user == known
        assert User.objects.get(pk=known.pk).name == "Augusta"
        run_due_jobs(at=at.replace(year=2100))
        assert "/switch/" in mail.outbox[0].body

    @pytest.mark.parametrize("is_known", [True, False])
    def test_shows_what_was_typed_until_they_accept(self, home, keeper, at, is_known):
        if is_known:
            user(email="ada@example.com", name="Augusta", password="a long enough password")
        waiting = invite(keeper, at)
        assert (waiting.known_as, waiting.reference, waiting.is_active) == (
            "Ada Byron",
            "Ada Byron",
            False,
        )
        assert list(invited(home.pk)) == [waiting]
        assert not members_matching(home.pk, "August").exists()
        assert not members_matching(home.pk).filter(pk=waiting.pk).exists()
        assert not memberships_of(waiting.user_id).exists()
        assert timeline(waiting).get().subject_reference == "Ada Byron"
        accepted = accept_invitation(user_id=waiting.user_id, membership_id=waiting.pk, at=at)
        assert accepted.is_active
        assert accepted.known_as == ("Augusta" if is_known else "Ada Byron")
        assert list(memberships_of(waiting.user_id)) == [accepted]
        with pytest.raises(Missing):
            accept_invitation(user_id=waiting.user_id, membership_id=waiting.pk, at=at)

    def test_nobody_else_accepts_it(self, home, keeper, at):
        waiting = invite(keeper, at)
        with pytest.raises(Missing):
            accept_invitation(user_id=user().pk, membership_id=waiting.pk, at=at)
        facts = {"keeper": keeper, "membership_id": waiting.pk, "at": at}
        withdrawn = deactivate_person(version=1, **facts)
        with pytest.raises(Missing):
            accept_invitation(user_id=waiting.user_id, membership_id=waiting.pk, at=at)
        again = reactivate_person(version=withdrawn.version, **facts)
        assert (again.is_active, again.invitation_open) == (False, True)
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=waiting.pk).update(is_active=True)

    def test_refuses_who_is_here_already(self, keeper, at):
        invite(keeper, at)
        with pytest.raises(AlreadyHere):
            invite(keeper, at, email="ADA@example.com")

    @pytest.mark.parametrize("email", ["ada+finance@example.com", "Ada+2@EXAMPLE.com"])
    def test_refuses_the_same_mailbox_under_another_name(self, keeper, at, email):
        """Two accounts of one person are not two people."""
        invite(keeper, at)
        with pytest.raises(SameMailbox, match="reaches somebody who is here"):
            invite(keeper, at, email=email)

    def test_takes_another_mailbox_of_the_same_house(self, keeper, at):
        invite(keeper, at)
        assert invite(keeper, at, email="ada.jones@example.com").invitation_open

    def test_refuses_who_does_not_look_after_people(self, home, at):
        with pytest.raises(KeeperNeeded):
            invite(actor_of(person(home, Role.BUYER)), at)

    @pytest.mark.parametrize(
        ("facts", "says"),
        [
            ({"roles": []}, "at least one role"),
            ({"roles": ["supplier"]}, "Nobody in your organisation"),
            ({"approval_limit_amount": Decimal(5)}, "Only an approver"),
            ({"roles": ["approver"], "approval_limit_amount": Decimal(0)}, "more than £0"),
            ({"roles": ["approver"]}, "how much they may approve"),
        ],
    )
    def test_refuses_roles_that_cannot_be(self, keeper, at, facts, says):
        with pytest.raises(RolesNotAllowed, match=says):
            invite(keeper, at, **facts)

    def test_a_suppliers_people_invite_one_another_and_are_nothing_else(self, at):
        company = supplier()
        with tenant(company.pk):
            seller = actor_of(person(company))
            assert invite(seller, at, roles=["supplier"]).roles == ["supplier"]
            with pytest.raises(RolesNotAllowed):
                invite(seller, at, roles=["approver"])

    def test_again_only_for_ones_own(self, keeper, at):
        stranger = person(council())
        with pytest.raises(Missing):
            invite_person_again(keeper=keeper, membership_id=stranger.pk, at=at)
        invited = invite(keeper, at)
        invite_person_again(keeper=keeper, membership_id=invited.pk, at=at.replace(hour=13))
        assert run_due_jobs(at=at.replace(year=2100)) == 2


class TestChangePerson:
    def change(self, keeper, membership, at, **facts):
        chosen = {
            "version": membership.version,
            "roles": ["approver"],
            "approval_limit_amount": Decimal("500.00"),
            **facts,
        }
        return change_person(keeper=keeper, membership_id=membership.pk, at=at, **chosen)

    def test_changes_roles_and_limit(self, home, keeper, at):
        someone = person(home, Role.BUYER)
        changed = self.change(keeper, someone, at)
        assert (changed.roles, changed.version) == (["approver"], 2)
        (event,) = timeline(someone)
        assert event.before == {"roles": ["buyer"], "approval_limit_amount": None}
        assert event.after == {"roles": ["approver"], "approval_limit_amount": "500.00"}

    def test_nobody_raises_their_own_limit(self, home, at):
        mine = person(home, Role.ADMINISTRATOR, Role.APPROVER, limit=5)
        with pytest.raises(OwnMembership):
            self.change(actor_of(mine), mine, at)

    def test_nobody_changes_another_councils_people(self, keeper, at):
        with pytest.raises(Missing):
            self.change(keeper, person(council(), Role.BUYER), at)

    def test_refuses_what_changed_meanwhile(self, home, keeper, at):
        with pytest.raises(ChangedMeanwhile):
            self.change(keeper, person(home, Role.BUYER), at, version=7)

    def test_a_second_administrator_may_step_down_the_last_may_not(self, home, keeper, at):
        other = person(home, Role.ADMINISTRATOR)
        self.change(keeper, other, at)
        with stewardship():
            Membership.objects.filter(pk=keeper.membership_id).update(is_active=False)
        left = person(home, Role.ADMINISTRATOR)
        with pytest.raises(LastKeeper):
            self.change(keeper, left, at)


class TestDeactivatePerson:
    def test_and_back(self, home, keeper, at):
        someone = person(home, Role.BUYER)
        out = deactivate_person(keeper=keeper, membership_id=someone.pk, version=1, at=at)
        assert not out.is_active
        back = reactivate_person(keeper=keeper, membership_id=someone.pk, version=2, at=at)
        assert back.is_active
        assert [event.verb for event in timeline(someone)] == [
            "person.deactivated",
            "person.reactivated",
        ]
        said = [(event.before, event.after) for event in timeline(someone)]
        assert said == [
            ({"active": True}, {"active": False}),
            ({"active": False}, {"active": True}),
        ]

    @pytest.mark.parametrize("is_invited", [True, False])
    def test_refuses_what_is_so_already(self, home, keeper, at, is_invited):
        someone = invite(keeper, at) if is_invited else person(home, Role.BUYER)
        facts = {"keeper": keeper, "membership_id": someone.pk, "at": at}
        with pytest.raises(StandsAlready):
            reactivate_person(version=1, **facts)
        out = deactivate_person(version=1, **facts)
        with pytest.raises(StandsAlready):
            deactivate_person(version=out.version, **facts)
        assert timeline(someone).filter(verb="person.deactivated").count() == 1

    def test_refuses_oneself(self, keeper, at):
        with pytest.raises(OwnMembership):
            deactivate_person(keeper=keeper, membership_id=keeper.membership_id, version=1, at=at)

    def test_refuses_the_last_administrator(self, home, keeper, at):
        with stewardship():
            Membership.objects.filter(pk=keeper.membership_id).update(is_active=False)
        last = person(home, Role.ADMINISTRATOR)
        with pytest.raises(LastKeeper):
            deactivate_person(keeper=keeper, membership_id=last.pk, version=1, at=at)

    def test_refuses_another_councils(self, keeper, at):
        stranger = person(council(), Role.BUYER)
        with pytest.raises(Missing):
            deactivate_person(keeper=keeper, membership_id=stranger.pk, version=1, at=at)


class TestConstraints:
    @pytest.mark.parametrize(
        ("facts", "name"),
        [
            ({"roles": ["emperor"]}, "membership_roles_known"),
            ({"approval_limit_amount": Decimal(-1)}, "membership_limit_positive"),
        ],
    )
    def test_on_memberships(self, home, facts, name):
        someone = person(home, Role.BUYER)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Membership.objects.filter(pk=someone.pk).update(**facts)

    def test_one_membership_a_pair(self, home):
        someone = person(home, Role.BUYER)
        with pytest.raises(IntegrityError, match="membership_one_a_pair"), transaction.atomic():
            Membership.objects.create(user=someone.user, organisation=home)

    def test_addresses_are_kept_in_small_letters(self):
        someone = user()
        with pytest.raises(IntegrityError, match="user_email_lower_case"), transaction.atomic():
            User.objects.filter(pk=someone.pk).update(email="Big@example.com")


def test_who_may_approve_is_told_in_one_place():
    here = council()
    one, two = person(here, "approver", name="Ann"), person(here, "approver", name="Bo")
    gone, closed = person(here, "approver"), person(here, "approver")
    buyer = person(here, "buyer", name="Cy")
    theirs = person(council(), "approver")
    with stewardship():
        Membership.objects.filter(pk=gone.pk).update(is_active=False)
        User.objects.filter(pk=closed.user_id).update(is_active=False)
        assert list(approvers(here.pk)) == [one, two]
        asked = [two.pk, buyer.pk, theirs.pk]
        assert names_of(here.pk, asked) == {two.pk: "Bo", buyer.pk: "Cy"}
        assert names_of(here.pk, []) == {}
