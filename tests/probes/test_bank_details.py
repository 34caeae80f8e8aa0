"""Bank details that change in the midst of a run: money goes where two people said, or nowhere."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from invoicing.models import Payment, SupplierAccount
from invoicing.payments.services import runs
from invoicing.payments.services.accounts import add_supplier_account
from invoicing.payments.services.checks import PayeeChanged, RunNotAsFixed
from invoicing.payments.services.exporting import export_run, hand_out_file
from invoicing.payments.services.preparing import NothingToPay, prepare_run
from invoicing.payments.services.runs import RunNotAsSeen, approve_run
from invoicing.payments.services.settlement import fail_payment
from marketplace.core.tenancy import stewardship
from marketplace.notifications.models import Message
from tests.factories import payments
from tests.factories.ordering import NOON, do_jobs
from tests.probes import twins

THEIRS = "66666666"


@pytest.fixture
def house(stage):
    stage.approved(stage.taken(stage.said_of(stage.delivered())))
    return twins.house(stage)


def prepared(house):
    with house.acting():
        return prepare_run(
            preparer=house.preparer, payer=payments.PAYER, pay_on=payments.PAY_ON,
            due_by_on=twins.FAR, at=NOON,
        ).run  # fmt: skip


def robbed(house):
    """Somebody with the supplier's password asks for the money elsewhere."""
    with house.selling():
        return add_supplier_account(
            supplier=house.seller, name="Chairs Ltd", sort_code="000000", account_number=THEIRS,
            at=NOON,
        )  # fmt: skip


def file_of(house, run) -> bytes:
    with house.acting():
        return bytes(hand_out_file(run_id=run.pk, payments=house.preparer, at=NOON).content)


def exported(house, run):
    with house.acting():
        return export_run(run_id=run.pk, payments=house.preparer, at=NOON)


def test_before_a_run_nobody_is_paid_there_until_the_council_has_made_sure(house):
    account = robbed(house)
    with pytest.raises(NothingToPay, match="left out"):
        prepared(house)
    payments.confirmed(house.council, account)
    assert prepared(house).payments_count == 1


def test_between_preparing_and_approving_the_run_is_refused(house):
    run = prepared(house)
    robbed(house)
    with pytest.raises(PayeeChanged, match="Chairs Ltd"):
        payments.checked(house, run)


def test_even_when_the_council_made_sure_of_it_meanwhile(house):
    run = prepared(house)
    payments.confirmed(house.council, robbed(house))
    with pytest.raises(PayeeChanged):
        payments.checked(house, run)


def test_between_the_second_yes_and_the_file_no_file_is_made(house):
    """The supplier may have closed the one, and a thief may have given the other."""
    run = payments.checked(house, prepared(house))
    robbed(house)
    with pytest.raises(PayeeChanged, match="Chairs Ltd"):
        exported(house, run)
    with house.acting():
        run.refresh_from_db()
    assert (run.status, run.file_id) == ("APPROVED", None)


def test_after_the_file_it_stays_as_it_was_made(house):
    run = exported(house, payments.checked(house, prepared(house)))
    before = file_of(house, run)
    robbed(house)
    assert file_of(house, run) == before


def test_after_a_failure_the_new_account_has_to_be_made_sure_of(house):
    run = exported(house, payments.checked(house, prepared(house)))
    with house.acting():
        fail_payment(
            payment_id=Payment.objects.get(run=run).pk, payments=house.preparer, reason="AC04",
            failed_on=NOON.date(), at=NOON,
        )  # fmt: skip
    robbed(house)
    with pytest.raises(NothingToPay):
        prepared(house)


def test_everybody_whom_it_concerns_is_told_at_once(house):
    robbed(house)
    do_jobs()
    with stewardship():
        told = set(Message.objects.filter(subject__icontains="bank details").values_list("to"))
    emails = {(house.preparer.email,), (house.checker.email,), (house.supplier.email,)}
    assert emails <= told


class TestPastTheServices:
    """What somebody with the application's own SQL would try."""

    def test_an_account_that_was_given_never_changes(self, house):
        with stewardship(), pytest.raises(IntegrityError), transaction.atomic():
            SupplierAccount.objects.filter(pk=house.account.pk).update(account_number=THEIRS)

    @pytest.mark.parametrize("column", ["payee_account_number", "payee_sort_code", "amount"])
    def test_a_payment_that_was_fixed_never_changes(self, house, column):
        prepared(house)
        value = "1" if column == "amount" else "6" * (8 if "number" in column else 6)
        with stewardship(), pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.update(**{column: value})

    def test_a_hash_that_was_not_read_is_not_approved(self, house):
        run = prepared(house)
        with house.acting(), pytest.raises(RunNotAsSeen):
            approve_run(run_id=run.pk, approver=house.checker, frozen_sha256="0" * 64, at=NOON)

    def test_what_was_approved_is_reckoned_anew_from_the_rows(self, house, monkeypatch):
        run = prepared(house)
        real = runs.payments_in

        def tampered(its):
            rows = list(real(its))
            rows[0].payee_account_number = THEIRS
            return rows

        monkeypatch.setattr(runs, "payments_in", tampered)
        with pytest.raises(RunNotAsFixed):
            payments.checked(house, run)
