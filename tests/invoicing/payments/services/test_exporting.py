"""The file for the bank: made once, posted once, handed out as it is."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mockbank import accounts as bank_accounts
from mockbank.server import Config
from mockbank.state import State

from invoicing.models import Invoice, Payment, SupplierAccount
from invoicing.payments.pain001 import schema
from invoicing.payments.services import exporting
from invoicing.payments.services.advice import advise_payees
from invoicing.payments.services.checks import (
    PayDayPassed,
    PayeeChanged,
    PaymentsNotAllowed,
    RunNotAsFixed,
)
from invoicing.payments.services.exporting import export_run, hand_out_file
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import act_for, stewardship
from marketplace.core.xml import parse_xml
from marketplace.documents.models import Document
from marketplace.ledger.models import ControlAccount, Journal, JournalLine
from marketplace.ledger.selectors.journals import balances_of
from marketplace.ledger.services.controls import ControlAccountMissing
from marketplace.ledger.states import AccountRole
from marketplace.notifications.models import Message
from tests.factories import organisations, payments
from tests.factories.ordering import NOON, do_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


def export(house, run, **facts):
    chosen = {"run_id": run.pk, "payments": house.preparer, "at": NOON, **facts}
    return export_run(**chosen)


def balance(house, role):
    account_id = house.books.controls[role].pk
    return balances_of(house.council.pk, [account_id]).get(account_id, Decimal(0))


class TestExportRun:
    def test_makes_the_file_and_calls_the_invoices_paid(self, house):
        payments.invoices(house, [100, -30])
        run = export(house, payments.approved(house))
        run.refresh_from_db()
        assert (run.status, run.exported_at, run.version) == (RunStatus.EXPORTED, NOON, 3)
        assert run.file.name == f"{run.number}.xml"
        assert not run.file.from_outside
        assert Payment.objects.get().sent_at == NOON
        paid = Invoice.objects.values_list("status", "paid_on", "version")
        assert set(paid) == {(InvoiceStatus.PAID, payments.PAY_ON, 2)}

    def test_posts_each_payment_once(self, house):
        other = payments.payee(house.council)
        payments.invoices(house, [100, -30])
        payments.invoices(house, [5], supplier=other)
        export(house, payments.approved(house))
        assert balance(house, AccountRole.CREDITORS) == 0
        assert balance(house, AccountRole.CASH_IN_TRANSIT) == -75
        journals = Journal.objects.filter(kind="PAYMENT")
        paid = Payment.objects.all()
        assert {each.event_key for each in journals} == {f"payment:{each.pk}" for each in paid}
        assert {(each.dated_on, each.document_on) for each in journals} == {
            (payments.TODAY, payments.PAY_ON)
        }
        lines = JournalLine.objects.filter(journal__in=journals).values_list("supplier", flat=True)
        assert set(lines) == {house.supplier.pk, other.pk}

    def test_not_when_what_is_in_it_is_not_what_was_approved(self, house, monkeypatch):
        payments.invoice(house)
        run, real = payments.approved(house), exporting.payments_in

        def tampered(its):
            rows = list(real(its))
            rows[0].payee_account_number = "66666666"
            return rows

        monkeypatch.setattr(exporting, "payments_in", tampered)
        with pytest.raises(RunNotAsFixed):
            export(house, run)
        assert not Journal.objects.filter(kind="PAYMENT").exists()

    def test_not_when_a_supplier_asks_to_be_paid_elsewhere(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        payments.confirmed(house.council, payments.account(house.supplier))
        with pytest.raises(PayeeChanged, match="Chairs Ltd"):
            export(house, run)

    def test_only_once(self, house):
        payments.invoice(house)
        run = payments.exported(house)
        with pytest.raises(IllegalMove):
            export(house, run)
        assert Journal.objects.filter(kind="PAYMENT").count() == 1

    def test_not_before_it_is_approved(self, house):
        payments.invoice(house)
        with pytest.raises(IllegalMove):
            export(house, payments.prepared(house))

    @pytest.mark.parametrize("role", ["finance", "buyer", "auditor", "administrator"])
    def test_is_for_payments_officers(self, house, role):
        payments.invoice(house)
        run = payments.approved(house)
        somebody = organisations.actor(house.council, role)
        with pytest.raises(PaymentsNotAllowed):
            export(house, run, payments=somebody)
        with pytest.raises(Missing):
            export(house, run, payments=organisations.actor(organisations.council(), "payments"))

    def test_refuses_when_its_day_is_over(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        with pytest.raises(PayDayPassed):
            export(house, run, at=NOON + timedelta(days=4))

    def test_refuses_without_the_accounts_that_it_posts_on(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        with stewardship():
            ControlAccount.objects.filter(role=AccountRole.CASH_IN_TRANSIT).delete()
        with pytest.raises(ControlAccountMissing):
            export(house, run)
        run.refresh_from_db()
        assert run.status == RunStatus.APPROVED

    def test_leaves_a_trace(self, house):
        payments.invoice(house)
        run = payments.exported(house)
        event = Event.objects.get(verb="payment-run.exported")
        assert event.after == {
            "status": "EXPORTED", "sha256": run.file.sha256, "payments": 1,
            "total_amount": "120.00",
        }  # fmt: skip
        assert event.counterparty_id is None

    def test_the_supplier_sees_the_payment_from_now_on(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        with house.selling():
            assert not Payment.objects.exists()
        export(house, run)
        with house.selling():
            assert Payment.objects.get().amount == 120


def with_iban(content):
    """Name our own account by its IBAN: this bank knows accounts of its own by nothing else."""
    theirs = b"<IBAN>GB33BUKB20201555555555</IBAN>"
    ours = rb"<Othr>\s*<Id>55555555</Id>\s*<SchmeNm>\s*<Cd>BBAN</Cd>\s*</SchmeNm>\s*</Othr>"
    changed, count = re.subn(ours, theirs, content)
    assert count == 1
    return changed


class TestAtTheBank:
    def test_a_stranger_takes_the_file_and_the_schema_knows_it(self, house):
        payments.invoices(house, ["100.00", "-30.00", "0.01"])
        other = payments.payee(house.council, name="Tŷ Gwyn & Co")
        payments.invoices(house, ["77.77"], supplier=other)
        run = payments.exported(house)
        content = bytes(run.file.content)
        schema().assertValid(parse_xml(content))
        bank = State(Config(clock="2026-11-23T10:00"))
        facts = {"name": "COUNCIL", "iban": "GB33BUKB20201555555555", "currency": "GBP"}
        bank_accounts.create(bank.conn, "COUNCIL", {**facts, "balance": 100_000_00})
        try:
            answer, _decision, findings = bank.receive(with_iban(content))
        finally:
            bank.conn.close()
        assert findings == []
        assert (answer["status"], answer["accepted"], answer["rejected"]) == ("ACCP", 2, 0)
        wanted = {each.end_to_end_id: int(each.amount * 100) for each in Payment.objects.all()}
        told = {each["end_to_end_id"]: each["amount"] for each in answer["payments"]}
        assert told == wanted
        assert {each["settlement_date"] for each in answer["payments"]} == {"2026-11-26"}


class TestHandOutFile:
    def test_gives_the_same_bytes_each_time_and_notes_who_took_them(self, house):
        payments.invoice(house)
        run = payments.exported(house)
        first = hand_out_file(run_id=run.pk, payments=house.checker, at=NOON)
        later = NOON + timedelta(days=1)
        second = hand_out_file(run_id=run.pk, payments=house.preparer, at=later)
        assert bytes(first.content) == bytes(second.content)
        assert house.account.account_number.encode() in bytes(first.content)
        events = Event.objects.filter(verb="payment-run.file-handed-out").order_by("at")
        assert [each.actor_name for each in events] == ["Cher Checker", "Pat Payments"]
        assert Document.objects.filter(name=f"{run.number}.xml").count() == 1

    def test_not_before_it_was_made(self, house):
        payments.invoice(house)
        with pytest.raises(Missing, match="has not been made"):
            hand_out_file(run_id=payments.approved(house).pk, payments=house.preparer, at=NOON)

    def test_to_payments_officers_of_the_council_alone(self, house):
        payments.invoice(house)
        run = payments.exported(house)
        for role in ("finance", "auditor"):
            somebody = organisations.actor(house.council, role)
            with pytest.raises(PaymentsNotAllowed):
                hand_out_file(run_id=run.pk, payments=somebody, at=NOON)
        stranger = organisations.actor(organisations.council(), "payments")
        with pytest.raises(Missing):
            hand_out_file(run_id=run.pk, payments=stranger, at=NOON)


class TestAdvisePayees:
    def test_tells_each_supplier_once_what_it_is_paid_for(self, house):
        invoice, credit = payments.invoices(house, [100, -30])
        run = payments.exported(house)
        do_jobs()
        act_for(house.council.pk)
        message = Message.objects.get(to="accounts@example.com")
        assert message.subject == "Ambridge Council is paying you £70.00"
        assert f"{invoice.number} of 23 October 2026: £100.00" in message.body
        assert f"{credit.number} of 23 October 2026: £-30.00" in message.body
        assert f"ending in {house.account.account_number[-4:]}" in message.body
        assert house.account.account_number not in message.body
        assert message.link == f"/supplier/payments/{Payment.objects.get().pk}/"
        advise_payees(council_id=house.council.pk, run_id=run.pk, at=NOON)
        assert Message.objects.filter(to="accounts@example.com").count() == 1

    def test_leaves_out_who_has_no_address(self, house):
        other = payments.payee(house.council, email="")
        payments.invoices(house, [5], supplier=other)
        run = payments.exported(house)
        assert advise_payees(council_id=house.council.pk, run_id=run.pk, at=NOON) == 0


@pytest.mark.parametrize("deed", ["approve", "export"])
def test_asks_the_same_of_the_database_for_ten_and_for_a_hundred(house, deed):
    counts = []
    for many in (10, 100):
        for _each in range(many // 10):
            payments.invoices(house, [10] * 10, supplier=payments.payee(house.council))
        run = payments.prepared(house)
        with CaptureQueriesContext(connection) as approving:
            run = payments.checked(house, run)
        with CaptureQueriesContext(connection) as exporting:
            export(house, run)
        counts.append(len(approving) if deed == "approve" else len(exporting))
    assert counts[0] == counts[1] < 50
    assert SupplierAccount.objects.count() > 10
