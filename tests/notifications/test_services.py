"""Mail that is owed, and sent once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from marketplace.core.tenancy import tenant
from marketplace.documents.services import store_document
from marketplace.jobs.services import run_due_jobs
from marketplace.notifications.models import Message
from marketplace.notifications.services import CLAIM_LASTS, notify, send_message
from tests.factories.organisations import council

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    made = council()
    with tenant(made.pk):
        yield made


def owe(home, at, **facts):
    chosen = {
        "to": "ada@example.com",
        "subject": "An order\r\nBcc: everybody@example.com",
        "body": "It is on its way.",
        "key": "order:1:sent",
        "link": "/orders/1/",
        **facts,
    }
    notify(organisation_id=home.pk, at=at, **chosen)


def later(at):
    return at.replace(year=2100)


class TestNotify:
    def test_sends_once_with_a_link_and_no_header_of_ones_own(self, home, at, settings):
        owe(home, at)
        owe(home, at, body="Another time.")
        assert run_due_jobs(at=later(at)) == 1
        (letter,) = mail.outbox
        assert letter.subject == "An order Bcc: everybody@example.com"
        assert f"{settings.SITE_ADDRESS}/orders/1/" in letter.body
        assert letter.recipients() == ["ada@example.com"]
        assert run_due_jobs(at=later(at)) == 0

    def test_another_council_has_keys_of_its_own(self, home, at):
        owe(home, at)
        other = council()
        with tenant(other.pk):
            owe(other, at)
        assert run_due_jobs(at=later(at)) == 2

    def test_attaches_documents(self, home, at):
        kept = store_document(
            organisation_id=home.pk, name="o.txt", media_type="text/plain", content=b"hi", at=at
        )
        owe(home, at, attachments=[kept])
        run_due_jobs(at=later(at))
        (part,) = mail.outbox[0].attachments
        assert (part.get_filename(), part.get_payload(decode=True)) == ("o.txt", b"hi")

    def test_is_undone_with_its_transaction(self, home, at):
        with transaction.atomic():
            owe(home, at)
            transaction.set_rollback(True)
        assert run_due_jobs(at=later(at)) == 0


class TestSendMessage:
    def test_keeps_owing_what_the_server_refused(self, home, at, monkeypatch):
        owe(home, at)
        message = Message.objects.get()

        def away(self, messages):
            raise ConnectionRefusedError

        with monkeypatch.context() as patched:
            patched.setattr(EmailBackend, "send_messages", away)
            with pytest.raises(ConnectionRefusedError):
                send_message(message_id=message.pk, at=at)
        assert send_message(message_id=message.pk, at=at)
        assert not send_message(message_id=message.pk, at=at)
        assert len(mail.outbox) == 1

    def test_leaves_alone_what_another_worker_holds_until_its_claim_is_old(self, home, at):
        owe(home, at)
        message = Message.objects.get()
        Message.objects.update(claimed_at=at)
        assert not send_message(message_id=message.pk, at=at + CLAIM_LASTS)
        assert send_message(message_id=message.pk, at=at + CLAIM_LASTS + timedelta(seconds=1))

    def test_has_the_same_message_id_each_time(self, home, at, settings):
        owe(home, at)
        message = Message.objects.get()
        send_message(message_id=message.pk, at=at)
        expected = f"<{message.pk}@{settings.MAIL_DOMAIN}>"
        assert mail.outbox[0].extra_headers["Message-ID"] == expected


class TestConstraints:
    def test_sent_was_claimed(self, home, at):
        owe(home, at)
        with pytest.raises(IntegrityError, match="message_sent_was_claimed"), transaction.atomic():
            Message.objects.update(sent_at=at, claimed_at=None)

    def test_another_council_reads_nothing(self, home, at):
        owe(home, at)
        with tenant(council().pk):
            assert not Message.objects.exists()
