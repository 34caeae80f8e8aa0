"""What holds for people, roles and colours."""

import pytest

from marketplace.core.actors import OrganisationKind, Role
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.models import ROLE_LABELS
from marketplace.organisations.rules import (
    contrast_with_white,
    is_telephone_number,
    keeper_role,
    mailbox,
    needs_limit,
    postcode_of,
    roles_for,
    vat_number_of,
)


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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("GB999000103", "GB999000103"),
        ("999 0001 03", "GB999000103"),
        ("GB 999 0001 45", "GB999000145"),
        ("GB999000103001", "GB999000103001"),
        ("GBGD001", "GBGD001"),
        ("gd499", "GBGD499"),
        ("GBHA500", "GBHA500"),
    ],
)
def test_a_vat_number_is_kept_as_it_is_printed(typed, kept):
    assert vat_number_of(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "GB", "GB123", "GB999000174", "GB99900010", "GB9990001030", "GB000000000", "GBGD500",
     "GBHA499", "FR999000103", "GB٩٩٩٠٠٠١٠٣", "<script>"],
)  # fmt: skip
def test_what_is_no_vat_number(typed):
    assert vat_number_of(typed) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("zz11zz", "ZZ1 1ZZ"),
        ("EC1A 1BB", "EC1A 1BB"),
        (" m1  1ae ", "M1 1AE"),
        ("GIR0AA", "GIR 0AA"),
    ],
)
def test_a_postcode_is_kept_as_it_is_printed(typed, kept):
    assert postcode_of(typed) == kept


@pytest.mark.parametrize("typed", ["", "123", "ZZ1", "ZZ1 1Z", "ZZZ1 1ZZ", "12345", "<b>"])
def test_what_is_no_postcode(typed):
    assert postcode_of(typed) is None


@pytest.mark.parametrize(
    "typed", ["01632 960 001", "+44 1632 960001", "(01632) 960-001", "01632 960001 ext. 12"]
)
def test_a_telephone_number(typed):
    assert is_telephone_number(typed)


@pytest.mark.parametrize("typed", ["", "<script>", "call me", "0163", "+", "01632 960001; rm"])
def test_what_is_no_telephone_number(typed):
    assert not is_telephone_number(typed)


@pytest.mark.parametrize(
    ("email", "box"),
    [
        ("pat@example.com", "pat@example.com"),
        (" Pat+2@Example.com ", "pat@example.com"),
        ("pat+a+b@example.com", "pat@example.com"),
        ("pat.a@example.com", "pat.a@example.com"),
    ],
)
def test_a_plus_is_the_same_mailbox(email, box):
    assert mailbox(email) == box
