"""What the database keeps of payments when somebody goes round the services."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from invoicing.models import (
    AccountConfirmation,
    PaidInvoice,
    Payment,
    PaymentRun,
    SupplierAccount,
)
from marketplace.core.tenancy import act_for, clear, stewardship, tenant
from tests.factories import organisations, payments
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


def run_of(house, **facts):
    chosen = {
        "council": house.council, "number": f"PAY-{uuid4().hex[:8]}", "pay_on": payments.PAY_ON,
        "payer_name": "Us", "payer_sort_code": "202015", "payer_account_number": "55555555",
        "payments_count": 1, "total_amount": Decimal(120), "frozen_sha256": "a" * 64,
        "prepared_at": NOON, "prepared_by_id": house.preparer.user_id,
        "prepared_by_name": "Pat", **facts,
    }  # fmt: skip
    return PaymentRun.objects.create(**chosen)


def payment_of(house, run, **facts):
    chosen = {
        "council": house.council, "supplier": house.supplier, "run": run, "account": house.account,
        "payee_name": "Chairs", "payee_sort_code": "200000", "payee_account_number": "55000001",
        "end_to_end_id": f"P-{uuid4().hex[:8]}", "amount": Decimal(120), **facts,
    }  # fmt: skip
    return Payment.objects.create(**chosen)


def document_of(house, payment, invoice, **facts):
    chosen = {
        "council": house.council, "supplier": house.supplier, "payment": payment,
        "invoice": invoice, "amount": Decimal(120), **facts,
    }  # fmt: skip
    return PaidInvoice.objects.create(**chosen)


def check_at_commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def whole(house, **facts):
    with transaction.atomic():
        run = run_of(house, **facts)
        payment = payment_of(house, run)
        document = document_of(house, payment, payments.invoice(house, posted=False))
        check_at_commit()
    return run, payment, document


def delete_all(model):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


class TestAccounts:
    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("supplieraccount_digits", {"sort_code": "20-000"}),
            ("supplieraccount_digits", {"account_number": "5577991"}),
            ("supplieraccount_digits", {"account_number": "5577991x"}),
            ("supplieraccount_has_name", {"name": ""}),
        ],
    )
    def test_are_somebodys_and_of_digits(self, house, constraint, facts):
        with refused(constraint), transaction.atomic():
            payments.account(house.supplier, **facts)

    def test_are_only_added(self, house):
        for deed in (
            lambda: SupplierAccount.objects.update(account_number="00000000"),
            lambda: delete_all(SupplierAccount),
            lambda: AccountConfirmation.objects.update(spoke_to="nobody"),
            lambda: delete_all(AccountConfirmation),
        ):
            with stewardship(), refused("only ever added"), transaction.atomic():
                deed()

    def test_are_added_by_the_supplier_alone(self, house):
        row = SupplierAccount(
            supplier=house.supplier, name="Robber", sort_code="200000", account_number="66666666",
            added_at=NOON, added_by_id=uuid4(), added_by_name="Rob",
        )  # fmt: skip
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save(force_insert=True)
        with house.selling():
            row.save(force_insert=True)

    def test_are_seen_by_the_supplier_and_by_councils_that_buy_from_it(self, house):
        stranger = organisations.council()
        other = organisations.supplier()
        for who, count in ((house.council, 1), (house.supplier, 1), (stranger, 0), (other, 0)):
            with tenant(who.pk):
                assert SupplierAccount.objects.count() == count

    def test_are_confirmed_once_for_each_council_and_it_is_said_how(self, house):
        with refused("accountconfirmation_once"), transaction.atomic():
            payments.confirmed(house.council, house.account)
        payments.confirmed(organisations.council(), house.account)
        account = payments.account(house.supplier)
        for facts in ({"spoke_to": ""}, {"spoke_by": ""}):
            with refused("accountconfirmation_says_how"), transaction.atomic():
                payments.confirmed(house.council, account, **facts)

    def test_a_confirmation_is_of_an_account_of_that_supplier(self, house):
        other = organisations.supplier()
        account = payments.account(house.supplier)
        with refused("account_id_same_tenant"), transaction.atomic(), stewardship():
            AccountConfirmation.objects.create(
                council=house.council, supplier=other, account=account, spoke_to="a",
                spoke_by="b", confirmed_at=NOON, confirmed_by_id=uuid4(), confirmed_by_name="c",
            )  # fmt: skip


class TestRuns:
    def test_a_whole_run_is_kept(self, house):
        whole(house)

    def test_have_a_number_of_their_own_in_a_council(self, house):
        run, _payment, _document = whole(house)
        with refused("paymentrun_number_once"), transaction.atomic():
            run_of(house, number=run.number)

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("paymentrun_status_known", {"status": "OTHER"}),
            ("paymentrun_pays_something", {"total_amount": Decimal(0)}),
            ("paymentrun_pays_something", {"payments_count": 0}),
            ("paymentrun_approved_has_approver", {"status": "APPROVED"}),
            ("paymentrun_approved_has_approver", {"status": "SETTLED"}),
            (
                "paymentrun_exported_has_file",
                {"status": "EXPORTED", "approved_at": NOON, "approved_by_id": uuid4()},
            ),
            ("paymentrun_void_has_reason", {"status": "VOID"}),
            ("paymentrun_void_has_reason", {"status": "VOID", "void_at": NOON}),
        ],
    )
    def test_say_what_their_stage_needs(self, house, constraint, facts):
        with refused(constraint), transaction.atomic():
            run_of(house, **facts)

    def test_need_two_people(self, house):
        run, _payment, _document = whole(house)
        with refused("paymentrun_two_people"), transaction.atomic():
            PaymentRun.objects.filter(pk=run.pk).update(approved_by_id=run.prepared_by_id)

    @pytest.mark.parametrize(
        "facts",
        [{"total_amount": Decimal(121)}, {"frozen_sha256": "b" * 64}, {"pay_on": payments.TODAY},
         {"payer_account_number": "00000000"}, {"prepared_by_id": uuid4()}],
    )  # fmt: skip
    def test_what_was_fixed_stays(self, house, facts):
        run, _payment, _document = whole(house)
        with refused("is evidence and does not change"), transaction.atomic():
            PaymentRun.objects.filter(pk=run.pk).update(**facts)

    def test_are_kept(self, house):
        whole(house)
        for model in (PaidInvoice, Payment, PaymentRun):
            with stewardship(), refused("only ever added"), transaction.atomic():
                delete_all(model)


class TestAtTheCommit:
    @pytest.mark.parametrize("facts", [{"payments_count": 2}, {"total_amount": Decimal("120.01")}])
    def test_a_run_is_what_its_payments_are(self, house, facts):
        with refused("paymentrun_is_whole"), transaction.atomic():
            payment = payment_of(house, run_of(house, **facts))
            document_of(house, payment, payments.invoice(house, posted=False))
            check_at_commit()

    def test_a_run_without_payments_is_none(self, house):
        with refused("paymentrun_is_whole"), transaction.atomic():
            run_of(house)
            check_at_commit()

    def test_also_when_the_connection_acts_for_nobody_by_then(self, house):
        with refused("paymentrun_is_whole"), transaction.atomic():
            run_of(house)
            clear()
            check_at_commit()

    def test_no_payment_comes_later(self, house):
        run, _payment, _document = whole(house)
        other = payments.payee(house.council)
        (account,) = SupplierAccount.objects.filter(supplier=other)
        with refused("paymentrun_is_whole"), transaction.atomic():
            payment_of(house, run, supplier=other, account=account)
            check_at_commit()

    def test_a_payment_is_what_its_documents_come_to(self, house):
        with refused("payment_is_its_documents"), transaction.atomic():
            payment = payment_of(house, run_of(house))
            invoice = payments.invoice(house, posted=False)
            document_of(house, payment, invoice, amount=Decimal("119.99"))
            check_at_commit()

    def test_a_payment_for_nothing_is_none(self, house):
        with refused("payment_is_its_documents"), transaction.atomic():
            payment_of(house, run_of(house))
            check_at_commit()

    def test_no_document_comes_later(self, house):
        _run, payment, _document = whole(house)
        with refused("payment_is_its_documents"), transaction.atomic():
            document_of(house, payment, payments.invoice(house, posted=False))
            check_at_commit()


class TestPayments:
    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("payment_above_nought", {"amount": Decimal(0)}),
            ("payment_above_nought", {"amount": Decimal(-1)}),
            ("payment_failed_has_reason", {"failed_at": NOON}),
        ],
    )
    def test_are_something_and_say_why_they_failed(self, house, constraint, facts):
        with refused(constraint), transaction.atomic():
            payment_of(house, run_of(house), **facts)

    def test_have_a_reference_of_their_own_for_ever(self, house):
        _run, payment, _document = whole(house)
        with refused("payment_reference_once"), transaction.atomic():
            payment_of(house, run_of(house), end_to_end_id=payment.end_to_end_id)

    def test_pay_a_supplier_once_in_a_run(self, house):
        run, _payment, _document = whole(house)
        with refused("payment_one_a_supplier"), transaction.atomic():
            payment_of(house, run)

    @pytest.mark.parametrize(
        "facts",
        [{"amount": Decimal(1)}, {"payee_account_number": "66666666"}, {"payee_name": "Robber"},
         {"payee_sort_code": "000000"}, {"end_to_end_id": "OTHER"}],
    )  # fmt: skip
    def test_what_was_fixed_stays(self, house, facts):
        whole(house)
        with refused("is evidence and does not change"), transaction.atomic():
            Payment.objects.update(**facts)

    def test_go_to_an_account_of_that_supplier(self, house):
        robber = payments.account(payments.supplier(house.council))
        with refused("account_id_same_tenant"), transaction.atomic():
            payment_of(house, run_of(house), account=robber)

    def test_stand_in_a_run_of_that_council(self, house):
        other = payments.house()
        with stewardship(), refused("run_id_same_tenant"), transaction.atomic():
            payment_of(house, run_of(other))

    def test_are_seen_by_the_supplier_when_the_file_was_made(self, house):
        _run, payment, _document = whole(house)
        other = organisations.supplier()
        for instant, count in ((None, 0), (NOON, 1)):
            Payment.objects.filter(pk=payment.pk).update(sent_at=instant)
            with house.selling():
                assert (Payment.objects.count(), PaidInvoice.objects.count()) == (count, count)
                assert PaymentRun.objects.count() == 0
            for stranger in (other, organisations.council()):
                with tenant(stranger.pk):
                    assert (Payment.objects.count(), PaidInvoice.objects.count()) == (0, 0)

    def test_are_changed_by_the_council_alone(self, house):
        _run, payment, _document = whole(house)
        Payment.objects.update(sent_at=NOON)
        with house.selling():
            assert Payment.objects.filter(pk=payment.pk).update(failed_reason="mine") == 0
            assert PaidInvoice.objects.update(is_open=False) == 0


class TestPaidInvoices:
    def test_an_invoice_stands_in_one_open_payment(self, house):
        _run, _payment, document = whole(house)
        with refused("paidinvoice_paid_once"), transaction.atomic():
            document_of(house, payment_of(house, run_of(house)), document.invoice)
        PaidInvoice.objects.filter(pk=document.pk).update(is_open=False)
        with transaction.atomic():
            document_of(house, payment_of(house, run_of(house)), document.invoice)
            check_at_commit()

    def test_is_something(self, house):
        with refused("paidinvoice_is_something"), transaction.atomic():
            payment = payment_of(house, run_of(house))
            document_of(house, payment, payments.invoice(house, posted=False), amount=Decimal(0))

    def test_what_was_fixed_stays(self, house):
        whole(house)
        with refused("is evidence and does not change"), transaction.atomic():
            PaidInvoice.objects.update(amount=Decimal(1))

    def test_belongs_to_the_payments_two_sides(self, house):
        invoice = payments.invoice(house, posted=False)
        other = payments.supplier(house.council)
        with refused("payment_id_same_tenant"), transaction.atomic():
            document_of(house, payment_of(house, run_of(house)), invoice, supplier=other)

    @pytest.mark.parametrize(
        "facts",
        [
            {"status": "MATCHED"},
            {"status": "HELD"},
            {"kind": "CREDIT_NOTE"},
            {"payable_amount": Decimal("119.99")},
        ],
    )
    def test_is_an_invoice_that_was_approved_for_all_that_it_asks(self, house, facts):
        invoice = payments.invoice(house, posted=False, **facts)
        with refused("paidinvoice_is_its_invoice"), transaction.atomic():
            document_of(house, payment_of(house, run_of(house)), invoice)
            check_at_commit()

    def test_is_the_suppliers_own(self, house):
        theirs = payments.invoice(house, supplier=payments.supplier(house.council), posted=False)
        with refused("paidinvoice_is_its_invoice"), transaction.atomic():
            document_of(house, payment_of(house, run_of(house)), theirs)
            check_at_commit()


class TestWhatIsAddedLater:
    @pytest.mark.parametrize("is_touched", [False, True])
    def test_no_payment_is_slipped_into_a_run(self, house, is_touched):
        """In a transaction that writes the run as well, the run's own trigger looks at it."""
        run, _payment, _document = whole(house)
        other = organisations.supplier()
        theirs = payments.account(other)

        def slip():
            if is_touched:
                PaymentRun.objects.filter(pk=run.pk).update(version=2)
            payment_of(house, run, supplier=other, account=theirs, amount=Decimal(5))
            check_at_commit()

        with refused("paymentrun_is_whole"), transaction.atomic():
            slip()


class TestAnApprovedInvoice:
    def test_is_owed_to_whom_it_was_approved_for(self, house):
        (invoice,) = payments.invoices(house, ["120.00"])
        other = organisations.supplier()
        with pytest.raises(IntegrityError, match="invoice_approved_stays"), transaction.atomic():
            type(invoice).objects.filter(pk=invoice.pk).update(supplier=other)
