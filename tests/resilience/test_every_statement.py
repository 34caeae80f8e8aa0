"""Death before and after every statement of what promises money: from the basket to the answer."""

from __future__ import annotations

import pytest

from marketplace.audit.models import Event as Entry
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_job
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, Requisition
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer
from tests.factories import ordering
from tests.resilience.deaths import Watch, die_everywhere, job_deed, owed_job, status_of

NOON = ordering.NOON


@pytest.fixture
def market(fresh_db, settings, tmp_path):
    """A market whose letters are files, so that a child's letter outlives it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return ordering.market()


def test_approving(market, tmp_path):
    waiting = ordering.submitted(market)
    watch = Watch(status_of(Requisition, waiting.pk))

    def approve() -> None:
        with market.acting():
            approve_requisition(
                requisition_id=waiting.pk, approver=market.approver, at=NOON,
                content_hash=waiting.content_hash,
            )  # fmt: skip

    points = die_everywhere(approve, is_done=watch.is_done, whole=watch.whole, folder=tmp_path)
    assert points > 30
    with market.acting():
        assert Budget.objects.get().committed_amount == 159
        assert CommitmentEntry.objects.count() == 1
        assert Entry.objects.filter(verb="requisition.approved").count() == 1
    assert owed_job("ordering.raise_orders").attempts == 0
    print(f"approving: died at {points} points, done once")


@pytest.mark.slow
def test_raising_orders(market, tmp_path):
    requisition = ordering.approved(market)
    watch = Watch(status_of(Requisition, requisition.pk))
    do, again = job_deed("ordering.raise_orders")
    points = die_everywhere(
        do, is_done=watch.is_done, whole=watch.whole, again=again, folder=tmp_path
    )
    with market.acting():
        assert Order.objects.count() == 1
        assert CommitmentEntry.objects.count() == 3  # promised, moved out, moved in
        assert Budget.objects.get().committed_amount == 159
    print(f"raising orders: died at {points} points, done once")


@pytest.mark.slow
def test_submitting(market, tmp_path):
    basket = ordering.basket(market)
    watch = Watch(status_of(Requisition, basket.pk))

    def submit() -> None:
        with market.acting():
            submit_requisition(
                requisition_id=basket.pk, requester=market.requester, at=NOON,
                details=ordering.DETAILS,
            )  # fmt: skip

    points = die_everywhere(submit, is_done=watch.is_done, whole=watch.whole, folder=tmp_path)
    print(f"submitting: died at {points} points, done once")


@pytest.mark.slow
def test_sending_an_order(market, tmp_path):
    requisition = ordering.approved(market)
    run_job(owed_job("ordering.raise_orders").pk, at=NOON)
    with market.acting():
        order = Order.objects.get(requisition=requisition)
    watch = Watch(status_of(Order, order.pk))
    do, again = job_deed("ordering.send_order")
    points = die_everywhere(
        do, is_done=watch.is_done, whole=watch.whole, again=again, folder=tmp_path
    )
    with market.acting():
        assert Message.objects.filter(to="orders@example.com").count() == 1
    print(f"sending an order: died at {points} points, done once")


@pytest.mark.slow
def test_posting_a_letter(market, tmp_path):
    """What went out cannot be called back: it may go again, under the same name."""
    ordering.approved(market)
    for name in ("ordering.raise_orders", "ordering.send_order"):
        run_job(owed_job(name).pk, at=NOON)
    with stewardship():
        job = Job.objects.filter(name="notifications.send_message", status="OWED").first()
        Job.objects.filter(name="notifications.send_message").exclude(pk=job.pk).delete()

    def do() -> None:
        run_job(job.pk, at=NOON)

    def again() -> None:
        with stewardship():
            Job.objects.filter(pk=job.pk, status="OWED").update(due_at=None, attempts=0)

    def is_done() -> bool:
        with stewardship():
            return Job.objects.get(pk=job.pk).status == JobStatus.DONE

    points = die_everywhere(do, is_done=is_done, whole=list, again=again, folder=tmp_path)
    names = {
        line
        for path in (tmp_path / "mail").glob("*")
        for line in path.read_text(errors="replace").splitlines()
        if line.startswith("Message-ID:")
    }
    assert len(names) == 1
    print(f"posting a letter: died at {points} points, one letter")


@pytest.mark.slow
@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.REFUSED])
def test_answering(market, tmp_path, answer):
    order = ordering.sent(market)
    watch = Watch(status_of(Order, order.pk))
    answers = _answers(market, order, answer)

    def reply() -> None:
        with tenant(market.supplier.pk):
            answer_order(order_id=order.pk, supplier=market.seller, answers=answers, at=NOON)

    points = die_everywhere(reply, is_done=watch.is_done, whole=watch.whole, folder=tmp_path)
    print(f"answering ({answer.value.lower()}): died at {points} points, done once")


def _answers(market, order, answer):
    with market.selling():
        return ordering.answers_to(order, answer)


@pytest.mark.slow
def test_cancelling(market, tmp_path):
    order = ordering.sent(market)
    watch = Watch(status_of(Order, order.pk))

    def cancel() -> None:
        with market.acting():
            cancel_order(
                order_id=order.pk, buyer=market.buyer, reason="Not needed any more.", at=NOON
            )

    points = die_everywhere(cancel, is_done=watch.is_done, whole=watch.whole, folder=tmp_path)
    with market.acting():
        assert Budget.objects.get().committed_amount == 0
    print(f"cancelling: died at {points} points, done once")
