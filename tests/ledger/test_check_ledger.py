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
from marketplace.ledger.models import Budget, CommitmentEntry, Journal
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
    assert checked() == ("Every budget is the sum of its entries, every journal whole.\n", 0)
    said, code = checked("--json")
    assert code == 0
    assert json.loads(said) == {
        "in_order": True, "budgets": [], "spent": [], "lines": [], "journals": [], "years": [],
    }  # fmt: skip


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


def test_names_spending_that_no_journal_made(budget):
    with stewardship():
        Budget.objects.filter(pk=budget.pk).update(actual_amount="5.00")
    said, code = checked()
    assert code == 1
    assert f"budget {budget.pk} of council {budget.council_id}" in said
    assert "£5.00 is spent, its journals £0.00" in said
    (found,) = json.loads(checked("--json")[0])["spent"]
    assert found["budget"] == str(budget.pk)


def test_names_a_journal_that_lacks_lines_and_a_number_that_is_missing(budget):
    """Neither can be committed; what was restored by hand might still be so."""
    with stewardship(), transaction.atomic():
        council = budget.council
        (period,) = ledger.year(council)[7:8]
        row = Journal.objects.create(
            council=council, financial_year=2026, number=2, period=period,
            dated_on=ledger.TODAY, document_on=ledger.TODAY, kind="RECEIPT", event_key="by hand",
            document_type="receipt", document_id=uuid4(), narrative="By hand", lines_count=2,
            total_amount=Decimal(5), posted_at=ordering.NOON,
        )  # fmt: skip
        said, code = checked()
        transaction.set_rollback(True)
    assert code == 1
    assert f"journal {row.pk} does not balance, or lacks lines" in said
    assert f"journals of 2026 of council {council.pk} lack a number" in said
