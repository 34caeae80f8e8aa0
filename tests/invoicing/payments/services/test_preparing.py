"""Preparing a payment run."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.models import PaidInvoice, Payment, PaymentRun
from invoicing.payments import rules
from invoicing.payments.accounts import BankAccount
from invoicing.payments.rules import Why
from invoicing.payments.services.checks import PaymentsNotAllowed
from invoicing.payments.services.preparing import (
    NothingToPay,
    PayDayNotRight,
    PayerNotRight,
    prepare_run,
)
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.audit.models import Event
from marketplace.core.tenancy import act_for
from tests.factories import organisations, payments
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


def prepare(house, **facts):
    chosen = {
        "preparer": house.preparer, "payer": payments.PAYER, "pay_on": payments.PAY_ON,
        "due_by_on": payments.TODAY, "at": NOON, **facts,
    }  # fmt: skip
    return prepare_run(**chosen)


def left_out(prepared):
    return [(each.due.supplier_id, each.why) for each in prepared.left_out]


class TestPrepareRun:
    def test_pays_each_supplier_once_for_all_that_is_due(self, house):
        other = payments.payee(house.council, name="Desks Ltd")
        mine = payments.invoices(house, ["120.00", "30.01"])
        (theirs,) = payments.invoices(house, [5], supplier=other)
        run = prepare(house).run
        assert (run.status, run.number) == (RunStatus.PREPARED, "PAY-26-000001")
        assert (run.payments_count, run.total_amount) == (2, Decimal("155.01"))
        assert (run.payer_sort_code, run.payer_account_number) == ("202015", "55555555")
        found = {each.supplier_id: each for each in Payment.objects.all()}
        chairs = found[house.supplier.pk]
        assert (chairs.amount, chairs.account_id) == (Decimal("150.01"), house.account.pk)
        assert chairs.payee_account_number == house.account.account_number
        assert sorted(each.end_to_end_id for each in found.values()) == [
            "PAY-26-000001-0001", "PAY-26-000001-0002",
        ]  # fmt: skip
        paid = {each.invoice_id for each in PaidInvoice.objects.filter(is_open=True)}
        assert paid == {each.pk for each in (*mine, theirs)}
        mine[0].refresh_from_db()
        assert mine[0].status == InvoiceStatus.APPROVED

    def test_takes_only_what_is_approved_and_due(self, house):
        due = payments.invoice(house)
        payments.invoice(house, pay_by_on=payments.TODAY + timedelta(days=1))
        payments.invoice(house, status="MATCHED")
        payments.invoice(house, status="PAID", paid_on=payments.TODAY)
        payments.invoice(house, 0, posted=False, status="SETTLED")
        prepare(house)
        assert PaidInvoice.objects.get().invoice_id == due.pk
        later = payments.TODAY + timedelta(days=1)
        assert prepare(house, due_by_on=later).run.payments_count == 1

    def test_takes_credit_notes_off_even_before_their_day(self, house):
        payments.invoices(house, [100])
        payments.invoices(house, [-30], pay_by_on=payments.TODAY + timedelta(days=25))
        prepare(house)
        assert Payment.objects.get().amount == 70
        assert sorted(PaidInvoice.objects.values_list("amount", flat=True)) == [-30, 100]

    def test_leaves_out_whom_it_cannot_pay_and_says_why(self, house):
        payments.invoice(house)
        without = payments.supplier(house.council)
        unsure = payments.supplier(house.council)
        payments.account(unsure)
        moved = payments.payee(house.council)
        payments.account(moved)
        in_credit, even = payments.payee(house.council), payments.payee(house.council)
        for supplier in (without, unsure, moved):
            payments.invoices(house, [10], supplier=supplier)
        payments.invoices(house, [10, -11], supplier=in_credit)
        payments.invoices(house, [10, -10], supplier=even)
        prepared = prepare(house)
        assert prepared.run.payments_count == 1
        assert dict(left_out(prepared)) == {
            without.pk: Why.NO_ACCOUNT, unsure.pk: Why.NOT_CONFIRMED, moved.pk: Why.NOT_CONFIRMED,
            in_credit.pk: Why.NOTHING_LEFT, even.pk: Why.NOTHING_LEFT,
        }  # fmt: skip

    def test_another_councils_being_sure_is_not_ours(self, house):
        other = payments.payee(organisations.council())
        organisations.link(house.council, other)
        payments.invoices(house, [10], supplier=other)
        with pytest.raises(NothingToPay, match="left out"):
            prepare(house)

    def test_leaves_out_what_no_bank_takes_in_one_payment(self, house):
        payments.invoice(house)
        large = payments.payee(house.council)
        payments.invoices(house, ["600000000.00", "600000000.00"], supplier=large, posted=False)
        assert left_out(prepare(house)) == [(large.pk, Why.TOO_LARGE)]

    def test_holds_so_many_and_leaves_the_rest_to_another(self, house, monkeypatch):
        monkeypatch.setattr(rules, "MOST_PAYMENTS", 1)
        other = payments.payee(house.council, name="Zebra Ltd")
        payments.invoices(house, [10])
        payments.invoices(house, [10], supplier=other)
        first = prepare(house)
        assert first.run.payments_count == 1
        assert left_out(first) == [(other.pk, Why.FULL)]
        assert prepare(house).run.payments_count == 1

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            (date(2026, 12, 19), "The next day is Monday 21 December 2026"),
            (date(2026, 12, 24), "within the next 30 days, up to 23 December 2026"),
        ],
    )
    def test_refuses_a_day_on_which_no_bank_pays_or_that_is_far(self, house, day, words):
        payments.invoice(house)
        with pytest.raises(PayDayNotRight, match=words) as refused:
            prepare(house, pay_on=day)
        assert refused.value.field == "pay_on"

    def test_refuses_a_bank_holiday(self, house):
        payments.invoice(house)
        christmas = date(2026, 12, 25)
        at = NOON + timedelta(days=20)
        with pytest.raises(PayDayNotRight, match="The next day is Tuesday 29 December 2026"):
            prepare(house, pay_on=christmas, at=at)

    @pytest.mark.parametrize("name", ["´", "…", "¨ ¨"])
    def test_refuses_a_name_of_which_no_letter_is_left(self, house, name):
        payments.invoice(house)
        with pytest.raises(PayerNotRight) as refused:
            prepare(house, payer=BankAccount(name, "202015", "55555555"))
        assert refused.value.field == "payer_name"

    def test_refuses_when_nothing_is_due(self, house):
        with pytest.raises(NothingToPay, match="No approved invoice"):
            prepare(house)
        assert not PaymentRun.objects.exists()

    def test_does_not_take_what_stands_in_another_run(self, house):
        payments.invoice(house)
        prepare(house)
        with pytest.raises(NothingToPay):
            prepare(house)

    def test_leaves_other_councils_alone(self, house):
        other = payments.house()
        payments.invoice(other)
        with pytest.raises(NothingToPay):
            prepare(house)

    @pytest.mark.parametrize("role", ["finance", "buyer", "administrator", "auditor"])
    def test_is_for_payments_officers(self, house, role):
        payments.invoice(house)
        with pytest.raises(PaymentsNotAllowed):
            prepare(house, preparer=organisations.actor(house.council, role))
        with pytest.raises(PaymentsNotAllowed):
            prepare(house, preparer=house.seller)

    @pytest.mark.parametrize("days", [-1, 5, 6])
    def test_refuses_a_day_on_which_banks_do_not_pay(self, house, days):
        payments.invoice(house)
        with pytest.raises(PayDayNotRight) as refused:
            prepare(house, pay_on=payments.TODAY + timedelta(days=days))
        assert refused.value.field == "pay_on"

    @pytest.mark.parametrize(
        ("field", "payer"),
        [
            ("payer_name", BankAccount(" ", "202015", "55555555")),
            ("payer_account_number", BankAccount("Us", "2020", "55555555")),
            ("payer_account_number", BankAccount("Us", "202015", "5")),
        ],
    )
    def test_refuses_an_account_that_cannot_be_ours(self, house, field, payer):
        payments.invoice(house)
        with pytest.raises(PayerNotRight) as refused:
            prepare(house, payer=payer)
        assert refused.value.field == field

    def test_leaves_a_trace_without_account_numbers(self, house):
        payments.invoice(house)
        run = prepare(house).run
        event = Event.objects.get(verb="payment-run.prepared")
        assert (event.subject_id, event.actor_name) == (run.pk, "Pat Payments")
        assert event.after == {
            "pay_on": "2026-11-26", "payments": 1, "total_amount": "120.00", "left_out": 0,
            "sha256": run.frozen_sha256,
        }  # fmt: skip

    def test_the_hash_is_of_all_that_is_paid(self, house):
        payments.invoice(house)
        first = prepare(house).run
        payments.invoice(house)
        second = prepare(house).run
        assert first.frozen_sha256 != second.frozen_sha256
        assert len(first.frozen_sha256) == 64


def test_asks_the_same_of_the_database_for_ten_and_for_a_hundred(house):
    counts = []
    for many in (10, 100):
        for _each in range(many // 10):
            whose = payments.payee(house.council)
            payments.invoices(house, [10] * 10, supplier=whose, posted=False)
        with CaptureQueriesContext(connection) as asked:
            run = prepare(house).run
        assert run.total_amount == many * 10
        counts.append(len(asked))
    assert counts[0] == counts[1] < 25
