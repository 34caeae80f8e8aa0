"""Death before and after every statement, and every commit, of what moves money.

A child process does the deed and kills itself at the n-th point, for every n that there is. After
each death either nothing has happened or everything has; and in the end it has happened once.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, connections

from marketplace.audit.models import Event as Entry
from marketplace.audit.selectors import chain_verdict
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_job
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, OrderLine, Requisition
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer
from tests.factories import ordering

NOON = ordering.NOON
MOST_POINTS = 400


@pytest.fixture
def market(fresh_db, settings, tmp_path):
    """A market whose letters are files, so that a child's letter outlives it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return ordering.market()


def dies_at(point: int, deed: Callable[[], object], said: Path) -> bool:
    """Do a deed in a child that kills itself at a point; tell whether it came to that."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            _do_until(point, deed)
        except BaseException:  # noqa: BLE001  # whatever it is, pytest must not go on in here
            said.write_text(traceback.format_exc())
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, said.read_text()
    return False


def _do_until(point: int, deed: Callable[[], object]) -> None:
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around_statement(execute, sql, params, many, context):
        pass_point()
        result = execute(sql, params, many, context)
        pass_point()
        return result

    wrapper = type(connections["default"])
    kept_commit = wrapper._commit

    def around_commit(self):
        pass_point()
        kept_commit(self)
        pass_point()

    wrapper._commit = around_commit
    with connection.execute_wrapper(around_statement):
        deed()


def die_everywhere(
    deed: Callable[[], object],
    *,
    is_done: Callable[[], bool],
    whole: Callable[[], list[str]],
    folder: Path,
    again: Callable[[], object] = lambda: None,
) -> int:
    """Die at each point in turn until the deed is done; return how many points there were."""
    for point in range(1, MOST_POINTS):
        died = dies_at(point, deed, folder / "said")
        problems = whole()
        assert problems == [], f"after death at point {point}"
        if is_done():
            return point
        assert died, "it neither died nor did its deed"
        again()
    raise AssertionError("it never ended")


def counts() -> dict[str, int]:
    """How many rows there are of everything that a deed may make."""
    with stewardship():
        return {
            kind.__name__: kind.objects.count()
            for kind in (CommitmentEntry, Entry, Job, Message, Order, OrderLine)
        }


class Watch:
    """Holds what there was before a deed against what there is after each death."""

    def __init__(self, market: ordering.Market, status: Callable[[], str]) -> None:
        self.market, self.status = market, status
        self.status_before, self.before = status(), counts()

    def whole(self) -> list[str]:
        now = counts()
        with stewardship():
            problems = [str(each) for each in commitments_out_of_line()]
            problems += [str(each) for each in lines_below_nought()]
            problems += [each.reason for each in chain_verdict(self.market.council.pk).breaks]
        if self.status() == self.status_before and now != self.before:
            problems.append(f"half done: {self.before} became {now}")
        return problems

    def is_done(self) -> bool:
        return self.status() != self.status_before


def status_of(kind: type, key) -> Callable[[], str]:
    def status() -> str:
        with stewardship():
            return kind.objects.get(pk=key).status

    return status


def owed_job(name: str) -> Job:
    with stewardship():
        return Job.objects.get(name=name, status=JobStatus.OWED)


def job_deed(name: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Doing a job as a worker does, and making it due at once again after a death."""
    job = owed_job(name)

    def do() -> None:
        run_job(job.pk, at=NOON)

    def again() -> None:
        with stewardship():
            Job.objects.filter(pk=job.pk, status="OWED").update(due_at=None, attempts=0)

    return do, again


def test_approving(market, tmp_path):
    waiting = ordering.submitted(market)
    watch = Watch(market, status_of(Requisition, waiting.pk))

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
    watch = Watch(market, status_of(Requisition, requisition.pk))
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
    watch = Watch(market, status_of(Requisition, basket.pk))

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
    watch = Watch(market, status_of(Order, order.pk))
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
    watch = Watch(market, status_of(Order, order.pk))
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
    watch = Watch(market, status_of(Order, order.pk))

    def cancel() -> None:
        with market.acting():
            cancel_order(
                order_id=order.pk, buyer=market.buyer, reason="Not needed any more.", at=NOON
            )

    points = die_everywhere(cancel, is_done=watch.is_done, whole=watch.whole, folder=tmp_path)
    with market.acting():
        assert Budget.objects.get().committed_amount == 0
    print(f"cancelling: died at {points} points, done once")
