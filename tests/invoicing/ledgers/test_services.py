"""Handing journals to the finance ledger: each once, in files that never change."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invoicing.ledgers import services
from invoicing.ledgers.selectors import exports, journals_of_export, waiting_for_export
from invoicing.ledgers.services import (
    AcknowledgementMissing,
    ExportDayNotRight,
    ExportNotAllowed,
    NothingToExport,
    acknowledge_export,
    build_export,
)
from invoicing.models import ExportedJournal, LedgerExport
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.ids import uuid7
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import act_for, stewardship
from marketplace.documents.selectors import document
from marketplace.ledger.models import Journal
from marketplace.ledger.services.journals import post_journals, reverse_journal
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT, TODAY = ordering.NOON, ledger.TODAY
CREDITORS, RECEIPTS = AccountRole.CREDITORS, AccountRole.RECEIPTS


@pytest.fixture
def books():
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council)


@pytest.fixture
def finance(books):
    return organisations.actor(books.council, "finance")


def post(books, count=1, **facts):
    """Post so many journals, each of another amount."""
    drafts = [
        ledger.draft(books.spend(place), books.credit(RECEIPTS, place), **facts)
        for place in range(1, count + 1)
    ]
    with transaction.atomic():
        return post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=AT)


def build(finance, until_on=TODAY):
    return build_export(finance=finance, until_on=until_on, at=AT)


def content(export):
    with stewardship():
        export.document.refresh_from_db(fields=["content"])
    return bytes(export.document.content)


def reckoned(text):
    """What a stranger makes of a file with nothing but what every Python has."""
    _head, *rows, trailer = csv.reader(io.StringIO(text.decode(), newline=""))
    digest = hashlib.sha256()
    for row in rows:
        net = Decimal(row[10] or 0) - Decimal(row[11] or 0)
        digest.update(f"{row[0]}\x1f{row[1]}\x1f{row[7]}\x1f{row[8]}\x1f{net:.2f}\x1e".encode())
    ours = {
        "lines": len(rows),
        "journals": len({row[0] for row in rows}),
        "debit": sum((Decimal(row[10] or 0) for row in rows), Decimal(0)),
        "credit": sum((Decimal(row[11] or 0) for row in rows), Decimal(0)),
        "hash": digest.hexdigest(),
    }
    theirs = {
        "lines": int(trailer[1]), "journals": int(trailer[6]), "debit": Decimal(trailer[10]),
        "credit": Decimal(trailer[11]), "hash": trailer[7],
    }  # fmt: skip
    return ours, theirs


class TestBuildExport:
    def test_takes_what_was_posted_and_says_what_it_comes_to(self, books, finance):
        made = post(books, 3)
        export = build(finance)
        assert (export.reference, export.number, export.status) == ("LX-000001", 1, "BUILT")
        assert (export.journals_count, export.lines_count) == (3, 6)
        assert export.debit_amount == export.credit_amount == 6
        assert list(journals_of_export(export)) == made
        text = content(export)
        assert export.sha256 == hashlib.sha256(text).hexdigest()
        ours, theirs = reckoned(text)
        assert ours == theirs
        assert ours["hash"] == export.accounts_hash

    def test_a_mixture_is_read_back_by_a_stranger(self, books, finance):
        made = post(books, 4)
        with transaction.atomic():
            reverse_journal(
                council_id=books.council.pk, journal_id=made[1].pk, dated_on=TODAY,
                narrative='Back, "really"\nback', posted_by=None, at=AT,
            )  # fmt: skip
        supplier = organisations.supplier()
        draft = ledger.draft(
            books.debit(RECEIPTS, 5), books.spend("0.33"), books.debit(AccountRole.VAT_INPUT, 1),
            books.credit(CREDITORS, "6.33", supplier_id=supplier.pk),
        )  # fmt: skip
        with transaction.atomic():
            post_journals(council_id=books.council.pk, drafts=[draft], posted_by=None, at=AT)
        ours, theirs = reckoned(content(build(finance)))
        assert ours == theirs
        assert ours["journals"] == 6

    def test_takes_each_journal_once_and_names_the_file_before(self, books, finance):
        post(books, 2)
        first = build(finance)
        assert first.previous_sha256 == ""
        later = post(books, 1)
        second = build(finance)
        assert list(journals_of_export(second)) == later
        assert (second.number, second.previous_sha256) == (2, first.sha256)
        assert ExportedJournal.objects.count() == Journal.objects.count() == 3

    def test_leaves_what_counts_after_the_day(self, books, finance):
        before = post(books, 1, dated_on=date(2026, 10, 31))
        post(books, 1, dated_on=TODAY)
        export = build(finance, date(2026, 10, 31))
        assert list(journals_of_export(export)) == before
        assert export.until_on == date(2026, 10, 31)

    def test_refuses_when_there_is_nothing_and_keeps_no_number(self, books, finance):
        for _ in range(2):
            with transaction.atomic(), pytest.raises(NothingToExport, match="23 November 2026"):
                build_export(finance=finance, until_on=TODAY, at=AT)
        post(books)
        assert build(finance).number == 1

    def test_refuses_a_day_that_has_not_come(self, books, finance):
        post(books)
        with pytest.raises(ExportDayNotRight) as refused:
            build(finance, TODAY + timedelta(days=1))
        assert refused.value.field == "until_on"

    @pytest.mark.parametrize("role", ["auditor", "administrator", "buyer", "payments"])
    def test_refuses_anybody_but_finance(self, books, role):
        post(books)
        with pytest.raises(ExportNotAllowed):
            build(organisations.actor(books.council, role))

    def test_more_than_one_file_takes_is_left_for_the_next(self, books, finance, monkeypatch):
        monkeypatch.setattr(services, "MOST_JOURNALS", 3)
        made = post(books, 5)
        assert list(journals_of_export(build(finance))) == made[:3]
        assert list(journals_of_export(build(finance))) == made[3:]

    def test_is_one_councils(self, books, finance):
        post(books)
        other = ledger.books(organisations.council())
        act_for(other.council.pk)
        with pytest.raises(NothingToExport):
            build(organisations.actor(other.council, "finance"))
        act_for(books.council.pk)
        build(finance)

    def test_costs_the_same_for_many(self, books, finance):
        def cost(count):
            post(books, count)
            with CaptureQueriesContext(connection) as asked:
                build(finance)
            return len(asked)

        assert cost(1) == cost(40)

    def test_leaves_its_trace(self, books, finance):
        post(books, 2)
        export = build(finance)
        event = Event.objects.get(verb="ledger-export.built")
        assert (event.subject_id, event.actor_name) == (export.pk, finance.name)
        assert event.after["sha256"] == export.sha256
        assert event.after["journals"] == 2

    def test_what_dies_on_the_way_leaves_nothing(self, books, finance, monkeypatch):
        def die(*_args, **_facts):
            raise KeyboardInterrupt

        post(books)
        with monkeypatch.context() as patch:
            patch.setattr(services, "record", die)
            with pytest.raises(KeyboardInterrupt):
                build(finance)
        assert (LedgerExport.objects.count(), ExportedJournal.objects.count()) == (0, 0)
        assert build(finance).number == 1


class TestTheFile:
    def test_is_the_same_bytes_whenever_it_is_fetched(self, books, finance):
        post(books)
        export = build(finance)
        first = bytes(document(finance, export.document_id).content)
        ledger.account(books.council)
        post(books)
        assert bytes(document(finance, export.document_id).content) == first

    def test_is_for_finance_and_auditors(self, books, finance):
        post(books)
        export = build(finance)
        auditor = organisations.actor(books.council, "auditor")
        assert document(auditor, export.document_id).sha256 == export.sha256
        for role in ("buyer", "approver", "requester", "administrator"):
            with pytest.raises(Missing):
                document(organisations.actor(books.council, role), export.document_id)


class TestAcknowledgeExport:
    @pytest.fixture
    def export(self, books, finance):
        post(books)
        return build(finance)

    def say(self, export, finance, reference="Batch 4711"):
        return acknowledge_export(export_id=export.pk, finance=finance, reference=reference, at=AT)

    def test_keeps_what_the_other_side_said(self, export, finance):
        self.say(export, finance, "  Batch   4711 ")
        export.refresh_from_db()
        assert (export.status, export.acknowledgement) == ("ACKNOWLEDGED", "Batch 4711")
        assert (export.acknowledged_by_name, export.acknowledged_at) == (finance.name, AT)
        assert Event.objects.get(verb="ledger-export.acknowledged").after["reference"] == (
            "Batch 4711"
        )

    def test_is_said_once(self, export, finance):
        self.say(export, finance)
        with pytest.raises(IllegalMove):
            self.say(export, finance, "again")

    @pytest.mark.parametrize("words", ["", "  ", "x" * 201])
    def test_is_not_said_without_words(self, export, finance, words):
        with pytest.raises(AcknowledgementMissing):
            self.say(export, finance, words)

    def test_is_for_finance_and_one_council(self, export, books):
        with pytest.raises(ExportNotAllowed):
            self.say(export, organisations.actor(books.council, "auditor"))
        other = organisations.council()
        act_for(other.pk)
        with pytest.raises(Missing):
            self.say(export, organisations.actor(other, "finance"))


class TestWhatWaits:
    def test_says_how_much_before_anything_is_made(self, books, finance, monkeypatch):
        monkeypatch.setattr("invoicing.ledgers.selectors.MOST_JOURNALS", 2)
        post(books, 3, dated_on=date(2026, 10, 1))
        waits = waiting_for_export(books.council.pk, until=TODAY)
        assert (waits.journals, waits.lines, waits.amount) == (3, 6, 6)
        assert (waits.in_next_file, waits.left_over) == (2, 1)
        assert waits.first_on == waits.last_on == date(2026, 10, 1)
        build(finance)
        assert waiting_for_export(books.council.pk, until=TODAY).journals == 0


class TestTheDatabaseKeeps:
    @pytest.fixture
    def export(self, books, finance):
        post(books)
        return build(finance)

    def other(self, export, **facts):
        made = LedgerExport.objects.get(pk=export.pk)
        made.pk = None
        made._state.adding = True
        made.number += 1
        for name, value in facts.items():
            setattr(made, name, value)
        with transaction.atomic():
            made.save(force_insert=True)

    @pytest.mark.parametrize(
        ("rule", "facts"),
        [
            ("ledgerexport_number_once", {"number": 1}),
            ("ledgerexport_status_known", {"status": "LOST"}),
            ("ledgerexport_balances", {"credit_amount": 2}),
            ("ledgerexport_holds_something", {"journals_count": 0}),
        ],
    )
    def test_what_an_export_is(self, export, rule, facts):
        with pytest.raises(IntegrityError, match=rule):
            self.other(export, id=uuid7(), **facts)

    def test_each_journal_once(self, export):
        row = ExportedJournal.objects.get()
        with pytest.raises(IntegrityError, match="exportedjournal_once"), transaction.atomic():
            ExportedJournal.objects.create(
                council_id=row.council_id, export=export, format="CSV", journal_id=row.journal_id
            )

    def test_nothing_of_it_is_changed_or_taken_away(self, export):
        changes = [
            lambda: LedgerExport.objects.filter(pk=export.pk).update(sha256="0" * 64),
            lambda: ExportedJournal.objects.all().delete(),
            lambda: LedgerExport.objects.filter(pk=export.pk).update(journals_count=9),
        ]
        for change in changes:
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert exports(export.council_id).get().sha256 == export.sha256
