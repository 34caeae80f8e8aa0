"""Death before and after every statement of what spends money: from an invoice to the bank."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from invoicing.intake.rules import figures_of
from invoicing.intake.services.reading import judged, keep_invoice
from invoicing.ledgers.services import build_export
from invoicing.models import (
    Allocation,
    Arrival,
    ExportedJournal,
    Finding,
    Invoice,
    LedgerExport,
    PaidInvoice,
    Payment,
    PaymentRun,
)
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run, void_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.settling.services.approval import approve_invoice, approve_invoices
from invoicing.settling.services.releasing import release_finding
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.audit.models import Event as Entry
from marketplace.core.tenancy import stewardship
from marketplace.desk.bundles.services import ask_bundle
from marketplace.desk.bundles.subjects import Days
from marketplace.desk.models import AuditBundle
from marketplace.documents.models import Document
from marketplace.jobs.models import Job
from marketplace.ledger.models import CommitmentEntry, Journal, JournalLine
from marketplace.notifications.models import Message
from tests.factories import invoicing, ordering, organisations, payments, receipts
from tests.factories.ordering import NOON
from tests.resilience.deaths import Watch, die_everywhere, job_deed, status_of
from tests.resilience.invariants import MONEY, every_chain_is_whole

KINDS = (
    Allocation, Arrival, CommitmentEntry, Document, Entry, ExportedJournal, Finding, Invoice, Job,
    Journal, JournalLine, LedgerExport, Message, PaidInvoice, Payment, PaymentRun,
)  # fmt: skip
OF_INVOICE = partial(status_of, Invoice)
OF_RUN = partial(status_of, PaymentRun)


def dies(deed, state, folder, *, again=lambda: None, least=10) -> int:
    """Die at every point of a deed until it is done; what must hold of money holds each time."""
    watch = Watch(state, kinds=KINDS, invariants=(*MONEY, every_chain_is_whole))
    assert watch.whole() == []
    points = die_everywhere(
        deed, is_done=watch.is_done, whole=watch.whole, again=again, folder=folder
    )
    assert points > least
    return points


def acting(somebody, service, **facts):
    """Return a deed of a council's, done at noon unless it says when."""

    def do() -> None:
        with somebody.acting():
            service(**{"at": NOON, **facts})

    return do


def verbs(verb: str) -> int:
    with stewardship():
        return Entry.objects.filter(verb=verb).count()


def rows_of(kind: type):
    """Return what tells how many there are of something."""

    def count() -> int:
        with stewardship():
            return kind.objects.count()

    return count


@pytest.mark.slow
class TestInvoices:
    @pytest.fixture
    def market(self, fresh_db):
        return invoicing.market()

    @pytest.fixture
    def finance(self, market):
        return invoicing.finance(market)

    def test_taking_in_and_matching(self, market, tmp_path):
        """What is read of a file, everything that was found in it, and what it bills."""
        order = invoicing.delivered(market)
        arrival = invoicing.arrived(market, invoicing.said_of(market, order))
        with stewardship():
            content = bytes(Document.objects.get(pk=arrival.document_id).content)
        read = judged(content, arrival.received_at)
        deed = acting(
            market, keep_invoice, council_id=market.council.pk, arrival_id=arrival.pk, read=read,
            figures=figures_of(read.reading.invoice),
        )  # fmt: skip
        points = dies(deed, status_of(Arrival, arrival.pk), tmp_path)
        assert invoicing.invoice_of(arrival.pk).status == "MATCHED"
        assert [line.billed_quantity for line in receipts.lines_of(order)] == [2]
        print(f"taking in: died at {points} points, done once")

    def test_matching_again_when_goods_come(self, market, tmp_path):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        receipts.received(market, order)
        with stewardship():
            Job.objects.filter(status="OWED").exclude(name="invoicing.rematch_order").delete()
        do, again = job_deed("invoicing.rematch_order")
        points = dies(do, OF_INVOICE(invoice.pk), tmp_path, again=again)
        assert invoicing.now(invoice).status == "MATCHED"
        print(f"matching again: died at {points} points, done once")

    def test_letting_through(self, market, finance, tmp_path):
        invoice = invoicing.taken(market, invoicing.said_of(market, ordering.answered(market)))
        with stewardship():
            finding = Finding.objects.get(invoice=invoice, closed="", severity="HOLD")
        deed = acting(
            market, release_finding, invoice_id=invoice.pk, finding_id=finding.pk,
            releaser=finance, reason="It came.",
        )  # fmt: skip
        points = dies(deed, OF_INVOICE(invoice.pk), tmp_path)
        assert verbs("invoice.hold-released") == 1
        print(f"letting through: died at {points} points, done once")

    def test_approving(self, market, finance, tmp_path):
        said = invoicing.said_of(market, invoicing.delivered(market))
        invoice = invoicing.taken(market, said)
        deed = acting(market, approve_invoice, invoice_id=invoice.pk, approver=finance)
        points = dies(deed, OF_INVOICE(invoice.pk), tmp_path)
        assert verbs("invoice.approved") == 1
        print(f"approving an invoice: died at {points} points, done once")

    def test_approving_many(self, market, finance, tmp_path):
        made = [
            invoicing.taken(
                market,
                invoicing.said_of(
                    market, invoicing.delivered(market, quantity=n), number=f"MANY-{n}"
                ),
            )
            for n in (2, 3, 5)
        ]
        keys = [each.pk for each in made]

        def state() -> set[str]:
            with stewardship():
                found = set(Invoice.objects.filter(pk__in=keys).values_list("status", flat=True))
            assert len(found) == 1, "some were approved and some were not"
            return found

        deed = acting(market, approve_invoices, invoice_ids=keys, approver=finance)
        points = dies(deed, state, tmp_path)
        assert verbs("invoice.approved") == 3
        print(f"approving three: died at {points} points, done once")

    def test_sending_back(self, market, finance, tmp_path):
        order = invoicing.delivered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        deed = acting(
            market, send_back_invoice, invoice_id=invoice.pk, finance=finance, reason="No."
        )
        points = dies(deed, OF_INVOICE(invoice.pk), tmp_path)
        assert [line.billed_quantity for line in receipts.lines_of(order)] == [0]
        print(f"sending back: died at {points} points, done once")


@pytest.fixture
def house(fresh_db):
    made = payments.house()
    other = payments.payee(made.council, email="other@example.com")
    payments.invoices(made, [100, "20.50", -30])
    payments.invoices(made, [7], supplier=other)
    return made


class TestRuns:
    def test_making_the_file_for_the_bank(self, house, tmp_path):
        run = payments.approved(house)
        deed = acting(house, export_run, run_id=run.pk, payments=house.preparer)
        points = dies(deed, OF_RUN(run.pk), tmp_path)
        with stewardship():
            assert Journal.objects.filter(kind="PAYMENT").count() == 2
            assert Document.objects.filter(name=f"{run.number}.xml").count() == 1
            assert Job.objects.filter(name="invoicing.advise_payees").count() == 1
        print(f"making the bank's file: died at {points} points, done once")

    @pytest.mark.slow
    def test_preparing(self, house, tmp_path):
        deed = acting(
            house, prepare_run, preparer=house.preparer, payer=payments.PAYER,
            pay_on=payments.PAY_ON, due_by_on=payments.TODAY,
        )  # fmt: skip
        points = dies(deed, rows_of(PaymentRun), tmp_path)
        with stewardship():
            (run,) = PaymentRun.objects.all()
            assert (run.payments_count, PaidInvoice.objects.count()) == (2, 4)
        assert run.number.endswith("000001")
        print(f"preparing and fixing a run: died at {points} points, done once")

    @pytest.mark.slow
    def test_approving(self, house, tmp_path):
        run = payments.prepared(house)
        deed = acting(
            house, approve_run, run_id=run.pk, approver=house.checker,
            frozen_sha256=run.frozen_sha256,
        )  # fmt: skip
        points = dies(deed, OF_RUN(run.pk), tmp_path)
        assert verbs("payment-run.approved") == 1
        print(f"approving a run: died at {points} points, done once")

    @pytest.mark.slow
    def test_giving_up(self, house, tmp_path):
        run = payments.prepared(house)
        deed = acting(house, void_run, run_id=run.pk, person=house.finance, reason="No.")
        points = dies(deed, OF_RUN(run.pk), tmp_path)
        with stewardship():
            assert not PaidInvoice.objects.filter(is_open=True).exists()
        print(f"giving a run up: died at {points} points, done once")

    @pytest.mark.slow
    def test_settling(self, house, tmp_path):
        run = payments.exported(house)
        deed = acting(
            house, settle_run, run_id=run.pk, payments=house.preparer,
            settled_on=payments.PAY_ON, at=NOON + timedelta(days=3),
        )  # fmt: skip
        points = dies(deed, OF_RUN(run.pk), tmp_path)
        assert verbs("payment-run.settled") == 1
        print(f"settling a run: died at {points} points, done once")

    @pytest.mark.slow
    def test_having_a_payment_back(self, house, tmp_path):
        payments.exported(house)
        with stewardship():
            payment = Payment.objects.get(supplier=house.supplier)

        def state() -> object:
            with stewardship():
                return Payment.objects.get(pk=payment.pk).failed_at

        deed = acting(
            house, fail_payment, payment_id=payment.pk, payments=house.preparer, reason="AC04",
            failed_on=payments.TODAY,
        )  # fmt: skip
        points = dies(deed, state, tmp_path)
        assert verbs("payment.failed") == 1
        print(f"having a payment back: died at {points} points, done once")

    @pytest.mark.slow
    def test_telling_the_payees(self, house, tmp_path):
        payments.exported(house)
        with stewardship():
            Job.objects.filter(status="OWED").exclude(name="invoicing.advise_payees").delete()
        do, again = job_deed("invoicing.advise_payees")

        def state() -> str:
            with stewardship():
                return Job.objects.get(name="invoicing.advise_payees").status

        points = dies(do, state, tmp_path, again=again)
        with stewardship():
            assert Message.objects.filter(subject__contains="is paying you").count() == 2
        print(f"telling payees: died at {points} points, each told once")


class TestWhatLeaves:
    @pytest.mark.slow
    def test_an_export_to_the_ledger(self, house, tmp_path):
        payments.exported(house)
        deed = acting(house, build_export, finance=house.finance, until_on=payments.TODAY)
        points = dies(deed, rows_of(LedgerExport), tmp_path)
        with stewardship():
            (export,) = LedgerExport.objects.all()
            assert (export.number, export.previous_sha256) == (1, "")
            assert ExportedJournal.objects.count() == Journal.objects.count()
            assert bytes(export.document.content).count(b"\n") > export.lines_count
        print(f"an export to the ledger: died at {points} points, done once")

    def test_an_auditors_file(self, house, settings, tmp_path):
        settings.STATE_DIR, settings.SIGNING_KEY = tmp_path / "state", ""
        auditor = organisations.actor(house.council, "auditor")
        with house.acting():
            bundle = ask_bundle(auditor=auditor, days=Days(payments.TODAY, payments.TODAY), at=NOON)
        with stewardship():
            Job.objects.filter(status="OWED").exclude(name="desk.make_bundle").delete()
        do, again = job_deed("desk.make_bundle")
        points = dies(do, status_of(AuditBundle, bundle.pk), tmp_path, again=again)
        with stewardship():
            bundle = AuditBundle.objects.get(pk=bundle.pk)
            zips = Document.objects.filter(media_type="application/zip")
            assert [each.pk for each in zips] == [bundle.document_id]
        assert (bundle.status, verbs("audit-bundle.made")) == ("MADE", 1)
        print(f"an auditor's file: died at {points} points, done once")
