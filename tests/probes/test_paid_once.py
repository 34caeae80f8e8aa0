"""Two payments for one invoice: in one run, in two, after a failure, beside a prepayment."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from invoicing.models import PaidInvoice, Payment
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import NothingToPay, prepare_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.settling.services.checking import PaidBefore
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from tests.concurrency.race import at_once
from tests.factories import einvoices, invoicing, payments
from tests.factories.ordering import NOON
from tests.probes import twins
from tests.resilience.invariants import MONEY


@pytest.fixture
def house(stage):
    return twins.house(stage)


@pytest.fixture
def owed(stage):
    return stage.approved(stage.taken(stage.said_of(stage.delivered())))


def prepared(house, **facts):
    with house.acting():
        return prepare_run(
            preparer=house.preparer, payer=payments.PAYER, pay_on=payments.PAY_ON,
            due_by_on=twins.FAR, at=NOON, **facts,
        ).run  # fmt: skip


def exported(house, run):
    payments.checked(house, run)
    with house.acting():
        return export_run(run_id=run.pk, payments=house.preparer, at=NOON)


def paid_for(invoice) -> list[Decimal]:
    """Whatever was sent to the bank for an invoice and did not come back."""
    with stewardship():
        rows = PaidInvoice.objects.filter(
            invoice=invoice, payment__sent_at__isnull=False, payment__failed_at=None
        )
        assert [problem for each in MONEY for problem in each()] == []
        return list(rows.values_list("amount", flat=True))


def test_in_two_runs_one_after_the_other(house, owed):
    first = prepared(house)
    with pytest.raises(NothingToPay):
        prepared(house)
    exported(house, first)
    with pytest.raises(NothingToPay):
        prepared(house)
    assert paid_for(owed) == [owed.payable_amount]


def test_in_the_same_run(house, owed):
    prepared(house)
    with stewardship():
        row = PaidInvoice.objects.get(invoice=owed)
        again = PaidInvoice(
            council_id=row.council_id, supplier_id=row.supplier_id, payment_id=row.payment_id,
            invoice=owed, amount=row.amount,
        )  # fmt: skip
        with pytest.raises(IntegrityError, match="paidinvoice_paid_once"), transaction.atomic():
            again.save(force_insert=True)


def test_in_two_runs_at_once(fresh_db):
    stage = twins.stage()
    house = twins.house(stage)
    owed = stage.approved(stage.taken(stage.said_of(stage.delivered())))
    ends = at_once([(house.council.pk, lambda: prepared(house))] * 4)
    assert Counter(ends) == {"won": 1, "NothingToPay": 3}
    with stewardship():
        assert PaidInvoice.objects.filter(invoice=owed).count() == 1
    twins.check_untouched(stage)


def test_the_file_made_again(house, owed):
    run = exported(house, prepared(house))
    with house.acting(), pytest.raises(IllegalMove):
        export_run(run_id=run.pk, payments=house.preparer, at=NOON)
    assert paid_for(owed) == [owed.payable_amount]


@pytest.mark.parametrize("is_settled", [False, True], ids=["before the bank paid", "afterwards"])
def test_again_after_a_failure(house, owed, is_settled):
    run = exported(house, prepared(house))
    facts = {"payments": house.preparer, "at": NOON + timedelta(days=3)}
    with stewardship():
        failed = Payment.objects.get(run=run)
    with house.acting():
        if is_settled:
            settle_run(run_id=run.pk, settled_on=payments.PAY_ON, **facts)
        fail_payment(payment_id=failed.pk, reason="AC04", failed_on=NOON.date(), **facts)
    assert paid_for(owed) == []
    with pytest.raises(NothingToPay):  # its account is not what somebody was told it is
        prepared(house)
    payments.confirmed(house.council, house.account)
    second = exported(house, prepared(house))
    if not is_settled:  # the first run is taken off the account without it
        with house.acting():
            settle_run(run_id=run.pk, settled_on=payments.PAY_ON, **facts)
    with pytest.raises(NothingToPay):
        prepared(house)
    with house.acting():
        settle_run(run_id=second.pk, settled_on=payments.PAY_ON, **facts)
    assert paid_for(owed) == [owed.payable_amount]


def test_a_run_and_a_prepayment(stage, house):
    said = stage.said_of(stage.delivered())
    invoice = stage.taken(einvoices.summed(said, prepaid=said.totals.gross_amount / 2))
    passed = stage.let_through(invoice)
    with pytest.raises(PaidBefore):
        stage.approved(passed)
    with pytest.raises(NothingToPay):
        prepared(house)


def test_an_invoice_and_the_credit_note_that_takes_it_back(stage, house):
    said = stage.said_of(stage.delivered())
    stage.approved(stage.taken(said))
    stage.approved(stage.taken(invoicing.credit_of(said)))
    with pytest.raises(NothingToPay, match="left out"):
        prepared(house)


def test_a_credit_note_is_taken_off_once(stage, house, owed):
    said = stage.said_of(stage.delivered(quantity=6), number="CREDITED-1")
    stage.approved(stage.taken(said))
    stage.approved(stage.taken(invoicing.credit_of(said)))
    exported(house, prepared(house))
    with stewardship():
        assert Payment.objects.get().amount == owed.payable_amount
    with pytest.raises(NothingToPay):
        prepared(house)
