"""A council that was not there."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from marketplace.audit.models import Event
from marketplace.core.tenancy import tenant
from marketplace.jobs.models import Job
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.selectors.people import memberships_of
from marketplace.organisations.services.founding import CouncilExists, NationUnknown, found_council
from marketplace.organisations.services.people import accept_invitation
from tests.factories.organisations import user

WORDS = {
    "name": "Harrowmere District Council",
    "slug": "harrowmere",
    "nation": "ENGLAND",
    "administrator_name": "Una Pell",
    "administrator_email": "una@harrowmere.example",
}


@pytest.mark.django_db
class TestFoundCouncil:
    def test_keeps_the_council_and_invites_its_administrator(self, at):
        council = found_council(**WORDS, at=at)
        with tenant(council.pk):
            assert Membership.objects.get().roles == ["administrator"]
            assert Event.objects.get().verb == "council.joined"
            assert Job.objects.get().name == "organisations.send_invitation"

    @pytest.mark.parametrize("is_known", [True, False])
    def test_draws_nobody_in_unasked(self, at, is_known):
        if is_known:
            user(email="una@harrowmere.example", password="a long enough password")
        council = found_council(**WORDS, at=at)
        with tenant(council.pk):
            (first,) = Membership.objects.select_related("user")
        assert (first.is_active, first.invitation_open) == (False, True)
        assert first.known_as == "Una Pell"
        with tenant(None, first.user_id):
            assert not memberships_of(first.user_id).exists()
            accept_invitation(user_id=first.user_id, membership_id=first.pk, at=at)
            assert memberships_of(first.user_id).get().pk == first.pk

    def test_refuses_a_short_name_that_is_taken(self, at):
        found_council(**WORDS, at=at)
        with pytest.raises(CouncilExists):
            found_council(**WORDS, at=at)

    @pytest.mark.parametrize("nation", ["", "england", "FRANCE"])
    def test_refuses_a_nation_that_is_none_of_the_four(self, at, nation):
        with pytest.raises(NationUnknown) as caught:
            found_council(**{**WORDS, "nation": nation}, at=at)
        assert caught.value.field == "nation"
        assert not Organisation.objects.filter(slug="harrowmere").exists()

    def test_the_command_says_what_it_did(self, capsys):
        call_command(
            "found_council", "Harrowmere District Council", "--slug", "harrowmere",
            "--administrator", "Una Pell", "--email", "una@harrowmere.example", "--json",
        )  # fmt: skip
        answer = json.loads(capsys.readouterr().out)
        assert Organisation.objects.get(pk=answer["id"]).slug == "harrowmere"

    @pytest.mark.parametrize(("slug", "email"), [("no spaces", "a@b.example"), ("ok", "nonsense")])
    def test_the_command_refuses_nonsense(self, slug, email):
        with pytest.raises(CommandError):
            call_command(
                "found_council", "X", "--slug", slug, "--administrator", "U", "--email", email
            )
