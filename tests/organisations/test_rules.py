"""What holds for people, roles and colours."""

import pytest

from marketplace.core.actors import OrganisationKind, Role
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.models import ROLE_LABELS
from marketplace.organisations.rules import contrast_with_white, keeper_role, needs_limit, roles_for


def test_every_role_has_a_name_and_a_sentence():
    assert set(ROLE_LABELS) == set(DEEDS) == set(Role)


def test_the_two_sides_share_no_role():
    council, supplier = map(roles_for, OrganisationKind)
    assert not set(council) & set(supplier)
    assert {*council, *supplier} == set(Role)


@pytest.mark.parametrize("kind", OrganisationKind)
def test_whoever_keeps_people_can_be_one_of_them(kind):
    assert keeper_role(kind) in roles_for(kind)


def test_only_approvers_need_a_limit():
    assert [role for role in Role if needs_limit([role])] == [Role.APPROVER]


@pytest.mark.parametrize(
    ("colour", "ratio"), [("#000000", 21), ("#ffffff", 1), ("#767676", 4.54), ("#1d70b8", 5.17)]
)
def test_contrast_with_white(colour, ratio):
    assert contrast_with_white(colour) == pytest.approx(ratio, abs=0.005)
