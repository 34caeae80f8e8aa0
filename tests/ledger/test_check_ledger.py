"""Whoever changes a balance past the application is found out."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from marketplace.core.tenancy import act_for, clear, stewardship
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.services.commitments import CommitmentLine, Document, commit
from marketplace.ledger.states import Stage
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget():
    """A budget of which £70 is promised to one line; nobody acts."""
    council = organisations.council()
    made = ledger.budget(council, amount=100)
    act_for(council.pk)
    promised = CommitmentLine(uuid4(), made.cost_centre_id, made.account_id, Decimal(70))
    with transaction.atomic():
        commit(
            council_id=council.pk, financial_year=2026, lines=[promised], at=ordering.NOON,
            stage=Stage.REQUISITION, document=Document("requisition", uuid4()),
        )  # fmt: skip
    clear()
    return made


def checked(*options) -> tuple[str, int]:
    """What the command says, and what it exits with."""
    said = io.StringIO()
    try:
        call_command("check_ledger", *options, stdout=said)
    except CommandError as error:
        return said.getvalue(), error.returncode
    return said.getvalue(), 0


def test_says_that_every_councils_budgets_add_up(budget):
    assert checked() == ("What is promised of every budget is the sum of its entries.\n", 0)
    said, code = checked("--json")
    assert code == 0
    assert json.loads(said) == {"in_order": True, "budgets": [], "lines": []}


def test_names_a_balance_that_was_changed(budget):
    with stewardship():
        Budget.objects.filter(pk=budget.pk).update(committed_amount="71.00")
    said, code = checked()
    assert code == 1
    assert f"budget {budget.pk}" in said
    assert "£71.00 is promised, its entries £70.00" in said
    answer = json.loads(checked("--json")[0])
    assert not answer["in_order"]
    (found,) = answer["budgets"]
    assert (found["budget"], found["council"]) == (str(budget.pk), str(budget.council_id))


def test_names_a_line_that_gave_back_too_much(budget):
    with stewardship():
        entry = CommitmentEntry.objects.get(budget=budget)
        entry.pk, entry.amount = uuid4(), Decimal("-80.00")
        entry.kind, entry.document_id = "RELEASE", uuid4()
        entry.save(force_insert=True)
    said, code = checked()
    assert code == 1
    assert f"line {entry.line_id} gave back more than it held" in said
