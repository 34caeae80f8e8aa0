"""Mail that is owed, and sent once."""

from email import message_from_bytes
from email.policy import default

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from marketplace.core.tenancy import tenant
from marketplace.documents.services import store_document
from marketplace.jobs import services
from marketplace.jobs.models import Job
from marketplace.jobs.services import run_due_jobs
from marketplace.notifications.models import Message
from marketplace.notifications.services import notify, send_message
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

    def test_what_a_dead_sender_held_is_sent_when_its_claim_is_old(self, home, at):
        """The claim is the job's; nothing of the message's own keeps the next sender away."""
        owe(home, at)
        job = Job.objects.get()
        assert services._take(job.pk, later(at)) is not None  # and then this worker dies
        assert run_due_jobs(at=later(at)) == 0
        assert run_due_jobs(at=later(at) + services.CLAIM_LASTS) == 1
        assert len(mail.outbox) == 1

    def test_has_the_same_message_id_each_time(self, home, at, settings):
        owe(home, at)
        message = Message.objects.get()
        send_message(message_id=message.pk, at=at)
        expected = f"<{message.pk}@{settings.MAIL_DOMAIN}>"
        Message.objects.update(sent_at=None)
        send_message(message_id=message.pk, at=later(at))
        assert [letter.message()["Message-ID"] for letter in mail.outbox] == [expected, expected]


class TestWhatGoesOut:
    """The bytes that a mail server is handed."""

    def sent(self, home, at, **facts):
        owe(home, at, **facts)
        assert run_due_jobs(at=later(at)) == 1
        return message_from_bytes(mail.outbox[0].message().as_bytes(), policy=default)

    @pytest.mark.parametrize(
        "subject",
        [
            "Order\r\nBcc: everybody@example.com", "Order\nBcc: everybody@example.com",
            "Order\rBcc: everybody@example.com", "Order\r\n\r\nBcc: everybody@example.com",
            "Order\u2028Bcc: everybody@example.com", "Order\x0b\x0c\x85Bcc: everybody@example.com",
            "Archeb\u00f4l\r\nBcc: everybody@example.com",
        ],
    )  # fmt: skip
    def test_a_subject_stays_one_header(self, home, at, subject):
        letter = self.sent(home, at, subject=subject)
        assert letter["Bcc"] is None
        assert letter["Subject"].endswith("Bcc: everybody@example.com")
        assert "\n" not in letter["Subject"]

    def test_an_address_with_a_second_line_is_never_sent(self, home, at):
        owe(home, at, to="ada@example.com\nBcc: everybody@example.com")
        assert run_due_jobs(at=later(at)) == 0
        assert mail.outbox == []

    @pytest.mark.parametrize(
        ("media_type", "content"),
        [
            ("text/csv", b"a,b\r\n1,\xa3\r\n"), ("text/plain", b"one\ntwo\rthree\r\nno end"),
            ("application/xml", "<a>Llŷn</a>".encode("utf-16")),
            ("application/pdf", bytes(range(256))),
            ("text/plain", b".\r\n.\r\nFrom me"), ("application/octet-stream", b""),
        ],
    )  # fmt: skip
    def test_what_is_attached_arrives_byte_for_byte(self, home, at, media_type, content):
        kept = store_document(
            organisation_id=home.pk, name="an order.dat", media_type=media_type, content=content,
            at=at,
        )  # fmt: skip
        (part,) = self.sent(home, at, attachments=[kept]).iter_attachments()
        assert part.get_payload(decode=True) == content
        assert part.get_content_type() == media_type
        assert part.get_filename() == "an order.dat"

    def test_a_name_full_of_tricks_names_one_file(self, home, at):
        kept = store_document(
            organisation_id=home.pk, name='../../etc/a"\r\nX-Evil: 1;.pdf', content=b"x", at=at,
            media_type="application/pdf",
        )  # fmt: skip
        letter = self.sent(home, at, attachments=[kept])
        (part,) = letter.iter_attachments()
        assert part.get_filename() == 'a" X-Evil: 1;.pdf'
        assert part["X-Evil"] is None
        assert letter["X-Evil"] is None


class TestWalls:
    def test_another_council_reads_nothing(self, home, at):
        owe(home, at)
        with tenant(council().pk):
            assert not Message.objects.exists()
