"""Paying at the same moment. Each race has a control that must go wrong without what keeps it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from invoicing.models import AccountConfirmation, Invoice, PaidInvoice, Payment, PaymentRun
from invoicing.payments.services import checks
from invoicing.payments.services import exporting as exporting_service
from invoicing.payments.services.accounts import add_supplier_account, confirm_account
from invoicing.payments.services.exporting import export_run, hand_out_file
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run, void_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.audit.models import Event
from marketplace.core.models import TenantQuerySet
from marketplace.core.tenancy import act_for
from marketplace.documents.models import Document
from marketplace.ledger.models import Journal
from marketplace.ledger.selectors.journals import balances_of, trial_balance
from marketplace.ledger.states import AccountRole
from tests.concurrency.race import at_once, without_locks
from tests.factories import payments
from tests.factories.ordering import NOON


@pytest.fixture
def house(fresh_db):
    made = payments.house()
    act_for(made.council.pk)
    return made


def deed(house, service, **facts):
    return house.council.pk, lambda: service(**{"at": NOON, **facts})


def preparing(house, **facts):
    chosen = {"payer": payments.PAYER, "pay_on": payments.PAY_ON, "due_by_on": payments.TODAY}
    return deed(house, prepare_run, preparer=house.preparer, **{**chosen, **facts})


def approving(house, run, approver):
    facts = {"run_id": run.pk, "frozen_sha256": run.frozen_sha256}
    return deed(house, approve_run, approver=approver, **facts)


def exporting(house, run):
    return deed(house, export_run, run_id=run.pk, payments=house.preparer)


def failing(house, payment):
    facts = {"payment_id": payment.pk, "reason": "AC04", "failed_on": payments.TODAY}
    return deed(house, fail_payment, payments=house.preparer, **facts)


def settling(house, run):
    facts = {"run_id": run.pk, "settled_on": payments.PAY_ON, "at": NOON + timedelta(days=3)}
    return deed(house, settle_run, payments=house.preparer, **facts)


def count(verb):
    return Event.objects.filter(verb=verb).count()


def nothing_is_paid_twice(house):
    act_for(house.council.pk)
    open_rows = Counter(PaidInvoice.objects.filter(is_open=True).values_list("invoice", flat=True))
    assert set(open_rows.values()) <= {1}
    rows = trial_balance(house.council.pk, until=payments.TODAY)
    assert sum(row.net_amount for row in rows) == 0


class TestTwoRunsAtOnce:
    def test_each_invoice_is_in_one(self, house):
        payments.invoices(house, [10] * 20)
        ends = at_once([preparing(house)] * 4)
        assert Counter(ends) == {"won": 1, "NothingToPay": 3}
        nothing_is_paid_twice(house)
        assert PaidInvoice.objects.filter(is_open=True).count() == 20

    def test_the_second_takes_what_the_first_left(self, house):
        tomorrow = payments.TODAY + timedelta(days=1)
        payments.invoices(house, [10] * 10)
        payments.invoices(house, [10] * 10, pay_by_on=tomorrow)
        ends = at_once([preparing(house), preparing(house, due_by_on=tomorrow)])
        assert ends in (["won", "won"], ["NothingToPay", "won"])
        nothing_is_paid_twice(house)
        assert sum(run.total_amount for run in PaymentRun.objects.all()) == 200

    def test_the_race_is_real_without_the_locks(self, house, monkeypatch):
        """Both take all of it, and only the database's own rule stops the second, rudely."""
        payments.invoices(house, [10] * 5)
        without_locks(monkeypatch, meet=Invoice)
        assert sorted(at_once([preparing(house)] * 2)) == ["crash: IntegrityError", "won"]


class TestApprovedTwice:
    def test_one_person_did(self, house):
        payments.invoice(house)
        run = payments.prepared(house)
        both = [approving(house, run, house.checker), approving(house, run, house.finance)]
        assert sorted(at_once(both)) == ["IllegalMove", "won"]
        assert count("payment-run.approved") == 1

    def test_the_race_is_real_without_the_lock(self, house, monkeypatch):
        payments.invoice(house)
        run = payments.prepared(house)
        without_locks(monkeypatch, meet=PaymentRun)
        both = [approving(house, run, house.checker), approving(house, run, house.finance)]
        assert at_once(both) == ["won", "won"]
        assert count("payment-run.approved") == 2

    def test_or_given_up_which_has_the_last_word(self, house):
        payments.invoice(house)
        run = payments.prepared(house)
        giving_up = deed(house, void_run, run_id=run.pk, person=house.finance, reason="No")
        ends = at_once([approving(house, run, house.checker), giving_up])
        assert ends in (["won", "won"], ["IllegalMove", "won"])
        run.refresh_from_db()
        assert run.status == RunStatus.VOID


class TestExportedTwice:
    def test_there_is_one_file_and_one_journal_a_payment(self, house):
        payments.invoices(house, [10] * 3)
        payments.invoices(house, [5], supplier=payments.payee(house.council))
        run = payments.approved(house)
        assert sorted(at_once([exporting(house, run)] * 2)) == ["IllegalMove", "won"]
        nothing_is_paid_twice(house)
        assert Document.objects.filter(name=f"{run.number}.xml").count() == 1
        assert Journal.objects.filter(kind="PAYMENT").count() == 2
        assert count("payment-run.exported") == 1
        taken = [hand_out_file(run_id=run.pk, payments=house.preparer, at=NOON) for _ in range(2)]
        assert bytes(taken[0].content) == bytes(taken[1].content)

    def test_the_race_is_real_without_the_lock(self, house, monkeypatch):
        """Both say that they made the file; what the ledger keeps by itself is not doubled."""
        payments.invoice(house)
        run = payments.approved(house)
        without_locks(monkeypatch, meet=PaymentRun)
        assert at_once([exporting(house, run)] * 2) == ["won", "won"]
        assert count("payment-run.exported") == 2
        assert Journal.objects.filter(kind="PAYMENT").count() == 1

    def test_or_given_up_but_not_both(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        giving_up = deed(house, void_run, run_id=run.pk, person=house.finance, reason="No")
        assert sorted(at_once([exporting(house, run), giving_up])) == ["IllegalMove", "won"]
        run.refresh_from_db()
        is_open = PaidInvoice.objects.get().is_open
        assert is_open == (run.status == RunStatus.EXPORTED)


class TestTheAccountChangedMeanwhile:
    def moving(self, house):
        facts = {"name": "Chairs Ltd", "sort_code": "000000", "account_number": "66666666"}
        return house.supplier.pk, lambda: add_supplier_account(
            supplier=house.seller, at=NOON, **facts
        )

    def test_the_run_is_approved_before_it_or_not_at_all(self, house):
        payments.invoice(house)
        run = payments.prepared(house)
        ends = at_once([approving(house, run, house.checker), self.moving(house)])
        assert ends in (["won", "won"], ["PayeeChanged", "won"])
        act_for(house.council.pk)
        assert Payment.objects.get().payee_account_number == house.account.account_number

    def test_without_asking_again_it_would_be_approved(self, house, monkeypatch):
        payments.invoice(house)
        run = payments.prepared(house)
        assert at_once([self.moving(house)]) == ["won"]
        assert at_once([approving(house, run, house.checker)]) == ["PayeeChanged"]
        monkeypatch.setattr(checks, "payments_to_former_accounts", lambda *whose: [])
        assert at_once([approving(house, run, house.checker)]) == ["won"]

    def test_the_file_is_made_before_it_or_not_at_all(self, house):
        payments.invoice(house)
        run = payments.approved(house)
        ends = at_once([exporting(house, run), self.moving(house)])
        assert ends in (["won", "won"], ["PayeeChanged", "won"])
        act_for(house.council.pk)
        run.refresh_from_db()
        assert (run.status == RunStatus.EXPORTED) == (ends[0] == "won")

    def test_no_account_changes_between_the_look_and_the_file(self, house, monkeypatch):
        """Whoever gives another account while the file is made waits until it is."""
        payments.invoice(house)
        assert self.changed_meanwhile(house, monkeypatch) == ["won", "Busy"]

    def test_without_holding_still_it_would_change_meanwhile(self, house, monkeypatch):
        payments.invoice(house)
        monkeypatch.setattr(exporting_service, "hold_accounts_still", lambda whose: None)
        assert self.changed_meanwhile(house, monkeypatch) == ["won", "won"]

    def changed_meanwhile(self, house, monkeypatch):
        """Let a supplier try to move after the payees were looked at, before the file is kept."""
        run, ends = payments.approved(house), []
        write = exporting_service.write_pain001

        whose, moving = self.moving(house)

        def impatient():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                moving()

        def slowly(file):
            ends.extend(at_once([(whose, impatient)]))
            return write(file)

        monkeypatch.setattr(exporting_service, "write_pain001", slowly)
        return at_once([exporting(house, run)]) + ends


class TestTheBankAnswersTwice:
    def test_a_payment_comes_back_once(self, house):
        payments.invoices(house, [100, -30])
        payments.exported(house)
        payment = Payment.objects.get()
        assert sorted(at_once([failing(house, payment)] * 2)) == ["PaymentFailedBefore", "won"]
        nothing_is_paid_twice(house)
        assert set(Invoice.objects.values_list("status", flat=True)) == {InvoiceStatus.APPROVED}

    def test_the_race_is_real_without_the_locks(self, house, monkeypatch):
        payments.invoices(house, [100, -30])
        payments.exported(house)
        without_locks(monkeypatch, meet=Payment)
        both = [failing(house, Payment.objects.get())] * 2
        assert at_once(both) == ["won", "won"]
        assert count("payment.failed") == 2

    def test_it_is_paid_and_comes_back_in_either_order(self, house):
        payments.invoices(house, [100])
        payments.invoices(house, [5], supplier=payments.payee(house.council))
        run = payments.exported(house)
        payment = Payment.objects.get(supplier=house.supplier)
        assert at_once([settling(house, run), failing(house, payment)]) == ["won", "won"]
        nothing_is_paid_twice(house)
        keys = {role: house.books.controls[role].pk for role in AccountRole}
        found = balances_of(house.council.pk, list(keys.values()))
        assert found[keys[AccountRole.CASH_IN_TRANSIT]] == 0
        assert found[keys[AccountRole.BANK]] == -5
        assert found[keys[AccountRole.CREDITORS]] == -100


class TestTwoMakeSure:
    def both(self, house):
        with house.selling():
            account = payments.account(house.supplier)
        said = {"account_id": account.pk, "spoke_to": "Sal", "spoke_by": "Telephone"}
        return account, [
            deed(house, confirm_account, person=person, **said)
            for person in (house.checker, house.finance)
        ]

    def test_one_did(self, house):
        account, both = self.both(house)
        assert sorted(at_once(both)) == ["ConfirmedBefore", "won"]
        act_for(house.council.pk)
        assert AccountConfirmation.objects.filter(account=account).count() == 1

    def test_without_giving_way_one_would_crash(self, house, monkeypatch):
        """Negative control: both come as far as writing, and only one may."""
        account, both = self.both(house)
        write = TenantQuerySet.bulk_create

        def without(rows, made, **facts):
            facts.pop("ignore_conflicts", None)
            return write(rows, made, **facts)

        monkeypatch.setattr(TenantQuerySet, "bulk_create", without)
        assert sorted(at_once(both)) == ["crash: IntegrityError", "won"]
        act_for(house.council.pk)
        assert AccountConfirmation.objects.filter(account=account).count() == 1
