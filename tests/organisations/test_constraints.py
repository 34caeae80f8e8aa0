"""What the database refuses of organisations and people, whoever goes round the services."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import ApiToken, Membership, NumberSequence, Organisation
from tests.factories.organisations import council, person, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_the_steward(db):
    """No wall stands between these rows and the constraints that are asked about."""
    with stewardship():
        yield


def refuses(name, change):
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        change()


class TestOrganisation:
    def test_is_of_a_kind_that_is_known(self):
        rows = Organisation.objects.filter(pk=council().pk)
        refuses("organisation_kind_known", lambda: rows.update(kind="CHARITY"))

    def test_one_supplier_a_company(self):
        supplier(company_number="09999991")
        council(company_number="09999991")
        other = Organisation.objects.filter(pk=supplier(company_number="").pk)
        refuses(
            "organisation_one_supplier_a_company",
            lambda: other.update(company_number="09999991"),
        )
        supplier(company_number="")


def test_one_sequence_of_numbers_a_year():
    home = council()
    facts = {"organisation": home, "kind": "order", "year": 2026}
    NumberSequence.objects.create(**facts)
    refuses("numbersequence_one_a_year", lambda: NumberSequence.objects.create(**facts))
    for more in ({"kind": "requisition"}, {"year": 2027}, {"organisation": council()}):
        NumberSequence.objects.create(**{**facts, **more})


class TestMembership:
    @pytest.mark.parametrize(
        "facts",
        [
            {"invited_name": "Ada", "invitation_open": True, "is_active": True},
            {"invited_name": "Ada", "invitation_open": False, "is_active": True},
            {"invited_name": "", "invitation_open": True, "is_active": False},
            {"invited_name": "", "invitation_open": True, "is_active": True},
        ],
    )
    def test_acts_once_it_is_accepted(self, facts):
        rows = Membership.objects.filter(pk=person(council(), "buyer").pk)
        refuses("membership_acts_once_accepted", lambda: rows.update(**facts))

    @pytest.mark.parametrize("invitation_open", [True, False])
    def test_waits_under_the_name_that_was_typed(self, invitation_open):
        rows = Membership.objects.filter(pk=person(council(), "buyer").pk)
        facts = {"invited_name": "Ada", "invitation_open": invitation_open, "is_active": False}
        assert rows.update(**facts) == 1


@pytest.mark.parametrize("later", [timedelta(0), timedelta(microseconds=-1)])
def test_a_token_expires_after_it_began(at, later):
    holder = person(council(), "auditor")
    token = ApiToken.objects.create(
        organisation=holder.organisation, membership=holder, name="x", hash="0" * 64, hint="x",
        created_at=at, expires_at=at + timedelta(microseconds=1),
    )  # fmt: skip
    rows = ApiToken.objects.filter(pk=token.pk)
    refuses("apitoken_expires_later", lambda: rows.update(expires_at=at + later))
