"""Files of lists: kept as what they were sent for, each time anew."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import act_for, stewardship
from marketplace.documents.models import Document
from marketplace.ledger.models import SentFile
from marketplace.ledger.selectors.sent_files import sent_budgets_file, sent_codes_file
from marketplace.ledger.services.budgets import BudgetNotAllowed, YearNotRight
from marketplace.ledger.services.code_lists import CodesNotYours
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.services.sent_files import send_budgets_file, send_codes_file
from tests.factories import organisations

pytestmark = pytest.mark.django_db

BYTES = b"Code,Name\n1,x\n"


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


def codes(sender, at, of=COST_CENTRES):
    return send_codes_file(codes=of, sender=sender, name="list.csv", content=BYTES, at=at)


def budgets(finance, at, year=2026):
    return send_budgets_file(
        finance=finance, financial_year=year, name="list.csv", content=BYTES, at=at
    )


def test_one_document_is_as_many_files_as_it_was_sent_for(council, finance, at):
    this, next_one = budgets(finance, at), budgets(finance, at, 2027)
    centres, accounts = codes(finance, at), codes(finance, at, ACCOUNTS)
    assert Document.objects.count() == 1
    assert sent_budgets_file(council.pk, this.pk) == (2026, "list.csv", BYTES)
    assert sent_budgets_file(council.pk, next_one.pk)[0] == 2027
    assert sent_codes_file(council.pk, "cost-centre", centres.pk) == ("list.csv", BYTES)
    for missing in (accounts.pk, this.pk, centres.document_id):
        with pytest.raises(Missing):
            sent_codes_file(council.pk, "cost-centre", missing)
    with pytest.raises(Missing):
        sent_budgets_file(council.pk, centres.pk)


def test_leaves_a_trace(finance, at):
    sent = budgets(finance, at)
    event = Event.objects.get(verb="budgets-file.sent")
    assert (event.subject_id, event.after["financial_year"]) == (sent.pk, 2026)
    codes(finance, at)
    assert Event.objects.get(verb="cost-centres-file.sent").after["name"] == "list.csv"


def test_is_for_those_who_may(council, finance, at):
    buyer = organisations.actor(council, "buyer")
    with pytest.raises(CodesNotYours):
        codes(buyer, at)
    with pytest.raises(BudgetNotAllowed):
        budgets(buyer, at)
    with pytest.raises(YearNotRight):
        budgets(finance, at, 99_999)
    assert not SentFile.objects.exists()


def test_another_councils_is_missing(council, finance, at):
    sent = codes(finance, at)
    with stewardship(), pytest.raises(Missing):
        sent_codes_file(organisations.council().pk, "cost-centre", sent.pk)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("sentfile_year_is_of_budgets", {"financial_year": 2026}),
        ("sentfile_year_is_of_budgets", {"of_list": "budgets"}),
        ("sentfile_year_is_of_budgets", {"of_list": "budgets", "financial_year": 1999}),
        ("sentfile_is_of_a_list", {"of_list": ""}),
    ],
)
def test_a_file_makes_sense(finance, at, constraint, facts):
    sent = codes(finance, at)
    chosen = {
        "council_id": sent.council_id, "document_id": sent.document_id, "at": at,
        "of_list": "account", "sender_id": sent.sender_id, **facts,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SentFile.objects.create(**chosen)


def test_is_never_changed(finance, at):
    codes(finance, at)
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        SentFile.objects.update(of_list="account")
