"""What comes late for a month that is closed: it counts in the next that is open, or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from invoicing.models import Payment
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Journal, Period
from marketplace.ledger.services.periods import close_period
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.ordering.models import Receipt
from marketplace.ordering.receipts.services.booking import BooksNotReady
from marketplace.ordering.receipts.services.corrections import correct_receipt
from tests.factories import invoicing, ordering, payments, receipts
from tests.factories.ordering import NOON
from tests.probes import twins
from tests.resilience.invariants import MONEY

DECEMBER = NOON + timedelta(days=12)


def close(stage, *months: int, at=DECEMBER) -> None:
    """Close months, named as in the calendar."""
    for month in months:
        with stewardship():
            period = Period.objects.get(council=stage.market.council, starts_on__month=month)
        with stage.market.acting():
            close_period(finance=stage.finance, period_id=period.pk, at=at)


def close_everything(stage) -> None:
    with stewardship():
        Period.objects.filter(council=stage.market.council).update(status="CLOSED")


def open_again(stage) -> None:
    with stewardship():
        Period.objects.filter(council=stage.market.council).update(status="OPEN")


def journal_of(key: str) -> Journal:
    with stewardship():
        return Journal.objects.get(event_key=key)


def journals() -> int:
    with stewardship():
        return Journal.objects.count()


@pytest.fixture
def agreeing(stage):
    return stage.taken(stage.said_of(stage.delivered()))


class TestTheMonthIsClosed:
    def test_a_late_receipt_counts_in_the_next(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        close(stage, 11)
        receipt = receipts.received(stage.market, order, received_on=NOON.date(), at=DECEMBER)
        posted = journal_of(f"receipt:{receipt.pk}")
        assert (posted.document_on, posted.dated_on) == (NOON.date(), date(2026, 12, 1))

    def test_a_late_correction_of_it_too(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        receipt = receipts.received(stage.market, order)
        close(stage, 11)
        with stage.market.acting():
            put_right = correct_receipt(
                receipt_id=receipt.pk, receiver=stage.market.buyer,
                lines=receipts.counted(order, 3), reason="Miscounted.", at=DECEMBER,
            )  # fmt: skip
        assert journal_of(f"receipt:{receipt.pk}").dated_on == NOON.date()
        assert journal_of(f"receipt:{put_right.pk}").dated_on == date(2026, 12, 1)

    def test_a_late_invoice_counts_in_the_next(self, stage, agreeing):
        close(stage, 11)
        stage.approved(agreeing)
        posted = journal_of(f"invoice:{agreeing.pk}")
        assert posted.dated_on == date(2026, 12, 1)
        assert posted.document_on == invoicing.ISSUED_ON

    def test_a_late_payment_its_failure_and_its_settlement_too(self, stage, agreeing):
        stage.approved(agreeing)
        house = twins.house(stage)
        with house.acting():
            run = prepare_run(
                preparer=house.preparer, payer=payments.PAYER, pay_on=payments.TODAY,
                due_by_on=twins.FAR, at=NOON,
            ).run  # fmt: skip
        payments.checked(house, run)
        close(stage, 11)
        with house.acting():
            export_run(run_id=run.pk, payments=house.preparer, at=NOON)
            failed = Payment.objects.get(run=run)
            facts = {"payments": house.preparer, "at": NOON}
            settle_run(run_id=run.pk, settled_on=NOON.date(), **facts)
            fail_payment(payment_id=failed.pk, reason="AC04", failed_on=NOON.date(), **facts)
        for key in (f"payment:{failed.pk}", f"settlement:{run.pk}", f"payment-failed:{failed.pk}"):
            assert journal_of(key).dated_on == date(2026, 12, 1)

    def test_nothing_is_posted_in_it_afterwards(self, stage, agreeing):
        close(stage, 11)
        with stewardship():
            held = Journal.objects.filter(period__starts_on=date(2026, 11, 1)).count()
        stage.approved(agreeing)
        with stewardship():
            assert Journal.objects.filter(period__starts_on=date(2026, 11, 1)).count() == held


class TestEveryMonthIsClosed:
    """Nothing is half done: it is refused with words, and done when a month is open again."""

    @pytest.fixture(autouse=True)
    def closed(self, stage):
        yield
        open_again(stage)

    def refused(self, deed, *refusals) -> None:
        before = journals()
        with pytest.raises(refusals) as refused:
            deed()
        assert refused.value.detail.strip()
        assert journals() == before
        assert [problem for each in MONEY for problem in each()] == []

    def test_an_invoice_stays_as_it_is(self, stage, agreeing):
        close_everything(stage)
        self.refused(lambda: stage.approved(agreeing), NoOpenPeriod)
        assert invoicing.now(agreeing).status == "MATCHED"
        open_again(stage)
        assert stage.approved(agreeing).status == "APPROVED"

    def test_goods_stay_to_come(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        close_everything(stage)
        with stewardship():
            before = Receipt.objects.count()
        self.refused(lambda: receipts.received(stage.market, order), BooksNotReady, NoOpenPeriod)
        with stewardship():
            assert Receipt.objects.count() == before
        assert [line.received_quantity for line in receipts.lines_of(order)] == [0]

    def test_no_file_is_made_for_the_bank(self, stage, agreeing):
        stage.approved(agreeing)
        house = twins.house(stage)
        with house.acting():
            run = prepare_run(
                preparer=house.preparer, payer=payments.PAYER, pay_on=payments.PAY_ON,
                due_by_on=twins.FAR, at=NOON,
            ).run  # fmt: skip
        payments.checked(house, run)
        close_everything(stage)

        def export():
            with house.acting():
                return export_run(run_id=run.pk, payments=house.preparer, at=NOON)

        self.refused(export, NoOpenPeriod)
        with stewardship():
            run.refresh_from_db()
        assert (run.status, run.file_id) == ("APPROVED", None)
        assert invoicing.now(agreeing).status == "APPROVED"
        open_again(stage)
        assert export().status == "EXPORTED"
