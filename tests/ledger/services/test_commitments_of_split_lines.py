"""Promises of lines that hold money of several budgets, or are promised more later."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.services.commitments import (
    CommitmentLine,
    Document,
    LineMove,
    commit,
    move_commitment,
    release_commitment,
)
from marketplace.ledger.states import EntryKind, Stage
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


def line(budget, amount, line_id):
    return CommitmentLine(line_id, budget.cost_centre_id, budget.account_id, Decimal(amount))


def promise(council, *lines, **options):
    with transaction.atomic():
        commit(
            council_id=council.pk, financial_year=2026, lines=lines, stage=Stage.REQUISITION,
            document=Document("requisition", uuid4()), at=AT, **options,
        )  # fmt: skip


def move(council, *moves):
    with transaction.atomic():
        move_commitment(
            council_id=council.pk, document=Document("requisition", uuid4()), to_kind="order",
            moves=moves, at=AT,
        )  # fmt: skip


def committed(budget):
    return Budget.objects.get(pk=budget.pk).committed_amount


def test_a_line_holds_money_of_several_budgets_and_takes_it_along(council):
    one, two = ledger.budget(council, amount=100), ledger.budget(council, amount=100)
    split, order, order_line = uuid4(), uuid4(), uuid4()
    promise(council, line(one, 40, split), line(two, 60, split))
    move(council, LineMove(split, order, order_line))
    with transaction.atomic():
        given = release_commitment(
            council_id=council.pk, document=Document("order", order), amounts={order_line: None},
            at=AT, reason="test",
        )  # fmt: skip
    assert given == {order_line: Decimal(100)}
    assert committed(one) == committed(two) == 0


def test_a_rise_is_an_occasion_of_its_own(council):
    budget = ledger.budget(council, amount=100)
    held = uuid4()
    promise(council, line(budget, 40, held))
    promise(council, line(budget, 5, held), occasion="revision:2")
    for options in ({}, {"occasion": "revision:2"}):
        with pytest.raises(IntegrityError, match="commitmententry_made_once"):
            promise(council, line(budget, 5, held), **options)
    assert committed(budget) == Decimal(45)


def test_what_comes_from_two_lines_comes_into_one_as_a_sum(council):
    budget = ledger.budget(council, amount=100)
    first, second, order, order_line = (uuid4() for _ in range(4))
    promise(council, line(budget, 40, first), line(budget, 5, second))
    move(council, *(LineMove(each, order, order_line) for each in (first, second)))
    came = CommitmentEntry.objects.get(line_id=order_line)
    assert (came.kind, came.amount) == (EntryKind.MOVE_IN, Decimal(45))
    assert committed(budget) == Decimal(45)
