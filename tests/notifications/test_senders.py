"""Many senders and one message."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.core import mail
from django.db import connection

from marketplace.core.tenancy import tenant
from marketplace.jobs.models import Job
from marketplace.jobs.services import run_job
from marketplace.notifications.models import Message
from marketplace.notifications.services import notify
from tests.factories.organisations import council


def test_eight_senders_at_once_send_it_once(fresh_db, at):
    home, together = council(), Barrier(8)
    with tenant(home.pk):
        notify(
            organisation_id=home.pk, to="ada@example.com", subject="An order", body="It is sent.",
            key="order:1:sent", at=at,
        )  # fmt: skip
        key = Job.objects.get().pk

    def send(_number: int) -> bool:
        together.wait()
        try:
            return run_job(key, at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 1
    assert len(mail.outbox) == 1


def test_eight_that_owe_the_same_at_once_owe_it_once(fresh_db, at):
    home, together = council(), Barrier(8)

    def owe(number: int) -> None:
        together.wait()
        with tenant(home.pk):
            notify(
                organisation_id=home.pk, to="ada@example.com", subject="An order", key="order:1",
                body=f"Said by {number}.", at=at,
            )  # fmt: skip
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(owe, range(8)))
    with tenant(home.pk):
        assert Message.objects.count() == 1
