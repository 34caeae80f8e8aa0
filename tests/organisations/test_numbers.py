"""Gap-free numbers."""

from __future__ import annotations

import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.organisations.services.numbers import next_number, next_numbers
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


def test_follow_one_another_however_many_are_taken(council):
    assert next_number(council.pk, "journal", 2026) == 1
    assert list(next_numbers(council.pk, "journal", 2026, 3)) == [2, 3, 4]
    assert next_number(council.pk, "journal", 2026) == 5


def test_start_anew_for_each_kind_year_and_organisation(council):
    next_numbers(council.pk, "journal", 2026, 3)
    assert next_number(council.pk, "journal", 2027) == 1
    assert next_number(council.pk, "order", 2026) == 1
    other = organisations.council()
    act_for(other.pk)
    assert next_number(other.pk, "journal", 2026) == 1


def test_are_given_back_when_what_they_were_for_fails(council):
    with transaction.atomic():
        next_numbers(council.pk, "journal", 2026, 3)
        transaction.set_rollback(True)
    assert next_number(council.pk, "journal", 2026) == 1
