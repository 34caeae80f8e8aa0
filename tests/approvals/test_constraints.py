"""What the database refuses of cases and steps, whoever goes round the services."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.approvals.models import Case, Step
from marketplace.approvals.rules import TierStep, Who
from marketplace.core.ids import uuid7
from tests.factories import approvals, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    """A council in which two have to agree, and something that waits for them."""
    made = ordering.market()
    organisations.person(made.council, "approver", limit=50_000)
    tiers = [TierStep(Decimal(0), place, Who.ANY_APPROVER) for place in (1, 2)]
    approvals.policy(made.council, tiers, version=2)
    ordering.submitted(made)
    with made.acting():
        yield made


def refused(name):
    return pytest.raises(IntegrityError, match=f'"{name}"')


class TestCase:
    def again(self, **facts):
        """Keep a second case beside the one that there is."""
        (case,) = Case.objects.values()
        Case.objects.create(**{**case, "id": uuid7(), **facts})

    def test_one_is_open_a_subject(self, market):
        with refused("case_one_open_a_subject"), transaction.atomic():
            self.again()
        self.again(subject_id=uuid7())

    def test_what_is_closed_bars_no_other(self, market, at):
        self.again(status="SUPERSEDED", closed_at=at)
        with refused("case_one_open_a_subject"), transaction.atomic():
            Case.objects.filter(status="SUPERSEDED").update(status="PENDING", closed_at=None)


def test_one_step_is_current_a_case(market):
    waiting = Step.objects.filter(status="WAITING")
    assert waiting.count() == 1
    with refused("step_one_current_a_case"), transaction.atomic():
        waiting.update(status="CURRENT")
    Step.objects.filter(status="CURRENT").update(status="APPROVED")
    waiting.update(status="CURRENT")
