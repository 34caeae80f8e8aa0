"""What was posted, before strangers' programs."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from invoicing.ledgers.hledger import write_hledger
from invoicing.ledgers.journals import control_totals
from invoicing.ledgers.selectors import ledger_accounts, ledger_journals
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal
from marketplace.ledger.selectors.journals import trial_balance
from marketplace.ledger.services.journals import post_journals, reverse_journal
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, ordering, organisations
from tests.invoicing.ledgers.test_hledger import judged, verdict

pytestmark = pytest.mark.django_db

YEAR = {"since": date(2026, 4, 1), "until": date(2027, 3, 31)}
CREDITORS, VAT, BANK = AccountRole.CREDITORS, AccountRole.VAT_INPUT, AccountRole.BANK


@pytest.fixture
def books():
    """A year in which goods were invoiced, paid, and sent back."""
    council = organisations.council()
    act_for(council.pk)
    books = ledger.books(council)
    suppliers = [organisations.supplier() for _ in range(3)]
    drafts = []
    for place in range(1, 25):
        who = {"supplier_id": suppliers[place % 3].pk}
        day = books.periods[place % 12].starts_on
        net, vat = Decimal(place) + Decimal("0.33"), Decimal("0.07") * place
        drafts += [
            ledger.draft(
                books.spend(net), books.debit(VAT, vat), books.credit(CREDITORS, net + vat, **who),
                dated_on=day, narrative=f"Chairs; (no. {place})",
            ),
            ledger.draft(
                books.debit(CREDITORS, net + vat, **who), books.credit(BANK, net + vat),
                dated_on=day,
            ),
        ]  # fmt: skip
    with transaction.atomic():
        made = post_journals(council_id=council.pk, drafts=drafts, posted_by=None, at=ordering.NOON)
        for journal in made[:6:2]:
            reverse_journal(
                council_id=council.pk, journal_id=journal.pk, dated_on=ledger.TODAY,
                narrative="Sent back", posted_by=None, at=ordering.NOON,
            )  # fmt: skip
    return books


def exported(books):
    journals = ledger_journals(books.council.pk, **YEAR)
    return write_hledger(journals, ledger_accounts(books.council.pk), closed_on=YEAR["until"])


@judged
def test_strangers_agree_with_what_was_posted(judge, books):
    assert verdict(judge, exported(books)) == ""


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed here.")
def test_a_stranger_reckons_the_same_trial_balance(books):
    done = subprocess.run(
        ["hledger", "-f", "-", "balance", "--depth", "2", "-N", "-O", "csv", "--flat", "-E"],
        input=exported(books), capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    theirs = {}
    for row in done.stdout.decode().splitlines()[1:]:
        name, amount = row.replace('"', "").split(",")
        theirs[name.partition(":")[2]] = Decimal(amount.replace("GBP", "").strip() or 0)
    ours = trial_balance(books.council.pk, until=YEAR["until"])
    assert {row.code: row.net_amount for row in ours} == {
        code: theirs[code] for code in (row.code for row in ours)
    }


def test_the_totals_are_the_journals(books):
    totals = control_totals(ledger_journals(books.council.pk, **YEAR))
    posted = Journal.objects.all()
    assert totals.journals == posted.count() == 51
    assert totals.lines == sum(each.lines_count for each in posted)
    assert totals.debit_amount == sum(each.total_amount for each in posted)


def test_costs_two_statements_and_keeps_to_its_days_and_council(books):
    with CaptureQueriesContext(connection) as found:
        ledger_journals(books.council.pk, **YEAR)
    assert len(found) == 2
    april = ledger_journals(books.council.pk, since=YEAR["since"], until=date(2026, 4, 30))
    assert {each.dated_on.month for each in april} == {4}
    other = organisations.council()
    act_for(other.pk)
    assert ledger_journals(other.pk, **YEAR) == []
