"""What the database keeps of double entry when somebody goes round the services."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.core.tenancy import act_for, clear, tenant
from marketplace.ledger.models import (
    Account,
    Budget,
    CommitmentEntry,
    ControlAccount,
    Journal,
    JournalLine,
    Period,
)
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    years_with_gaps,
)
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

RECEIPTS = AccountRole.RECEIPTS


@pytest.fixture
def books():
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council)


def journal(books, **facts):
    chosen = {
        "council": books.council, "financial_year": 2026, "number": 1,
        "period": books.periods[7], "dated_on": ledger.TODAY, "document_on": ledger.TODAY,
        "kind": "RECEIPT", "event_key": f"receipt:{uuid4()}", "document_type": "receipt",
        "document_id": uuid4(), "narrative": "By hand", "lines_count": 2,
        "total_amount": Decimal(5), "posted_at": ordering.NOON, **facts,
    }  # fmt: skip
    return Journal.objects.create(**chosen)


def spent(books, row, **facts):
    chosen = {
        "council": books.council, "journal": row, "number": 1, "dated_on": row.dated_on,
        "account_id": books.budget.account_id, "cost_centre_id": books.budget.cost_centre_id,
        "budget": books.budget, "debit_amount": Decimal(5), **facts,
    }  # fmt: skip
    return JournalLine.objects.create(**chosen)


def owed(books, row, **facts):
    chosen = {
        "council": books.council, "journal": row, "number": 2, "dated_on": row.dated_on,
        "account": books.controls[RECEIPTS], "credit_amount": Decimal(5), **facts,
    }  # fmt: skip
    return JournalLine.objects.create(**chosen)


def check_at_commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def whole(books, **facts):
    with transaction.atomic():
        row = journal(books, **facts)
        spent(books, row)
        owed(books, row)
        check_at_commit()
    return row


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


class TestAtTheCommit:
    def test_a_whole_journal_is_kept(self, books):
        whole(books)

    @pytest.mark.parametrize(
        ("constraint", "head", "line"),
        [
            ("journal_balances: it is out by 0.01", {}, {"credit_amount": Decimal("4.99")}),
            ("journal_is_whole: 2 lines of 5.00", {"lines_count": 3}, {}),
            ("journal_is_whole", {"total_amount": Decimal(6)}, {}),
        ],
    )
    def test_one_that_is_not_is_refused(self, books, constraint, head, line):
        with refused(constraint), transaction.atomic():
            row = journal(books, **head)
            spent(books, row)
            owed(books, row, **line)
            check_at_commit()

    def test_one_without_lines_is_refused(self, books):
        with refused("journal_is_whole"), transaction.atomic():
            journal(books)
            check_at_commit()

    def test_also_when_the_connection_acts_for_nobody_by_then(self, books):
        with transaction.atomic():
            row = journal(books)
            spent(books, row)
            owed(books, row)
            clear()
            check_at_commit()
        with refused("journal_is_whole"), transaction.atomic():
            act_for(books.council.pk)
            journal(books, number=2)
            clear()
            check_at_commit()

    @pytest.mark.parametrize("side", [{}, {"debit_amount": Decimal(5)}])
    def test_a_reversal_is_equal_and_opposite(self, books, side):
        first = whole(books)
        back = {"debit_amount": 0, "credit_amount": Decimal(5)}
        with transaction.atomic():
            row = journal(books, number=2, reverses=first)
            spent(books, row, **back)
            owed(books, row, debit_amount=Decimal(5), credit_amount=0)
            check_at_commit()
        with refused("journal_reversed_once"), transaction.atomic():
            journal(books, number=3, reverses=first)
        with refused("journal_reverses_no_reversal"), transaction.atomic():
            journal(books, number=3, reverses=row)

    def test_a_reversal_that_is_not_is_refused(self, books):
        first = whole(books)
        with refused("journal_reverses_every_line"), transaction.atomic():
            row = journal(books, number=2, reverses=first)
            spent(books, row)
            owed(books, row)
            check_at_commit()


class TestWhenALineIsAdded:
    def test_not_to_a_journal_that_is_whole(self, books):
        row = whole(books)
        with refused("journalline_not_too_late"), transaction.atomic():
            spent(books, row, number=3)

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("journalline_debit_or_credit", {"credit_amount": Decimal(5)}),
            ("journalline_debit_or_credit", {"debit_amount": 0}),
            ("journalline_debit_or_credit", {"debit_amount": Decimal(-5)}),
            ("journalline_number_from_one", {"number": 0}),
            ("journalline_budget_has_cost_centre", {"cost_centre_id": None}),
            ("journalline_expense_has_budget", {"budget": None}),
        ],
    )
    def test_it_makes_sense(self, books, constraint, facts):
        with refused(constraint), transaction.atomic():
            spent(books, journal(books), **facts)

    def test_its_place_is_its_own(self, books):
        with refused("journalline_one_a_number"), transaction.atomic():
            row = journal(books)
            spent(books, row)
            owed(books, row, number=1)

    def test_its_budget_is_that_of_its_coding(self, books):
        other = ledger.budget(books.council)
        with refused("journalline_budget_id_same_tenant"), transaction.atomic():
            spent(books, journal(books), budget=other)
            check_at_commit()

    def test_its_budget_is_of_its_year(self, books):
        last_year = ledger.budget(
            books.council, year=2025, cost_centre=books.budget.cost_centre,
            account=books.budget.account,
        )  # fmt: skip
        with refused("journalline_expense_has_budget"), transaction.atomic():
            spent(books, journal(books), budget=last_year)

    def test_its_day_is_its_journals(self, books):
        with refused("journalline_journal_id_same_tenant"), transaction.atomic():
            spent(books, journal(books), dated_on=date(2026, 11, 22))
            check_at_commit()

    def test_its_codes_are_its_councils(self, books):
        other = ledger.books(organisations.council())
        with refused("journalline_account_id_same_tenant"), transaction.atomic():
            owed(books, journal(books), account=other.controls[RECEIPTS])
            check_at_commit()


class TestJournals:
    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("journal_one_a_number", {}),
            ("journal_one_an_event", {"number": 2, "event_key": "taken"}),
            ("journal_kind_known", {"number": 2, "kind": "X"}),
            ("journal_says_its_event", {"number": 2, "event_key": ""}),
            ("journal_number_from_one", {"number": 0}),
            ("journal_has_two_sides", {"number": 2, "lines_count": 1}),
            ("journal_has_two_sides", {"number": 2, "total_amount": 0}),
            ("journal_dated_in_its_period", {"number": 2, "dated_on": date(2026, 12, 1)}),
            ("journal_dated_in_its_period", {"number": 2, "financial_year": 2025}),
        ],
    )
    def test_make_sense(self, books, constraint, facts):
        whole(books, event_key="taken")
        with refused(constraint), transaction.atomic():
            journal(books, **facts)

    def test_are_not_posted_in_a_closed_period(self, books):
        Period.objects.filter(pk=books.periods[7].pk).update(status="CLOSED")
        with refused("journal_period_is_open"), transaction.atomic():
            journal(books)

    def test_are_not_posted_in_another_councils_period(self, books):
        other = ledger.books(organisations.council())
        with refused("journal_period_is_open"), transaction.atomic():
            journal(books, period=other.periods[7])

    @pytest.mark.parametrize("table", ["ledger_journal", "ledger_journalline"])
    @pytest.mark.parametrize("way", ["UPDATE {} SET number = 7", "DELETE FROM {}"])
    def test_are_never_changed(self, books, table, way):
        whole(books)
        with refused("only ever added"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(way.format(table))

    @pytest.mark.parametrize("table", ["ledger_journal", "ledger_journalline"])
    def test_are_not_emptied_by_the_application(self, books, table):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    def test_a_council_sees_only_its_own(self, books):
        whole(books)
        with tenant(organisations.council().pk):
            assert (Journal.objects.count(), JournalLine.objects.count()) == (0, 0)
            assert ControlAccount.objects.count() == 0

    def test_nobody_posts_for_another_council(self, books):
        walled = pytest.raises(DatabaseError, match="row-level security")
        with tenant(organisations.council().pk), walled, transaction.atomic():
            journal(books)


class TestWhatTheyStandOn:
    def test_a_period_keeps_its_days(self, books):
        with refused("period_keeps_its_days"), transaction.atomic():
            Period.objects.filter(pk=books.periods[0].pk).update(starts_on="2026-03-31")

    def test_no_day_is_in_two_periods(self, books):
        with refused("period_no_day_twice"), transaction.atomic():
            Period.objects.create(
                council=books.council, financial_year=2025, number=12, starts_on="2026-03-01",
                ends_on="2026-04-01",
            )  # fmt: skip

    def test_an_account_keeps_its_kind_once_posted_on(self, books):
        account = Account.objects.filter(pk=books.budget.account_id)
        account.update(kind="asset")
        account.update(kind="expense")
        whole(books)
        with refused("account_keeps_its_kind"), transaction.atomic():
            account.update(kind="asset")

    @pytest.mark.parametrize(
        ("kind", "amount", "posted"), [("SPEND", -1, False), ("RESTORE", 1, False),
                                       ("RELEASE", -1, True)],
    )  # fmt: skip
    def test_only_a_journal_spends_a_promise(self, books, kind, amount, posted):
        row = whole(books)
        with refused("commitmententry_spent_by_a_journal"), transaction.atomic():
            CommitmentEntry.objects.create(
                council=books.council, budget=books.budget, stage="ORDER", kind=kind,
                amount=amount, document_type="receipt", document_id=uuid4(), line_id=uuid4(),
                journal=row if posted else None, at=ordering.NOON,
            )  # fmt: skip

    def test_one_account_plays_one_part(self, books):
        with refused("controlaccount_one_part_an_account"), transaction.atomic():
            ControlAccount.objects.filter(role="BANK").update(
                account=books.controls[AccountRole.VAT_INPUT]
            )
        with refused("controlaccount_one_a_part"), transaction.atomic():
            ControlAccount.objects.create(
                council=books.council, role="BANK", account=ledger.account(books.council)
            )
        with refused("controlaccount_role_known"), transaction.atomic():
            ControlAccount.objects.filter(role="BANK").update(role="X")


class TestChecks:
    def test_see_what_went_round_the_services(self, books):
        whole(books, number=2)
        assert [row.pk for row in actuals_out_of_line()] == [books.budget.pk]
        assert years_with_gaps() == [(books.council.pk, 2026)]
        assert journals_out_of_balance() == []
        Budget.objects.filter(pk=books.budget.pk).update(actual_amount=5)
        assert list(actuals_out_of_line()) == []

    def test_see_a_journal_that_lacks_lines(self, books):
        with transaction.atomic():
            row = journal(books)
            spent(books, row)
            assert journals_out_of_balance() == [row.pk]
            transaction.set_rollback(True)
