"""Taking in what arrives: kept whatever it is, and answered at once where it cannot be read."""

from __future__ import annotations

import hashlib

import pytest

from invoicing.formats.gate import LARGEST_BYTES, FileTooLarge
from invoicing.formats.ubl import write_ubl
from invoicing.intake.services import arrivals
from invoicing.intake.services.arrivals import (
    SendingNotAllowed,
    give_up_arrival,
    refuse_unread,
    take_invoice,
)
from invoicing.models import Arrival, Invoice
from invoicing.states import Channel
from marketplace.audit.models import Event
from marketplace.audit.selectors import chain_verdict
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document
from marketplace.documents.services import record_scan
from marketplace.jobs.models import Job
from tests.access.logins import the_web
from tests.factories import invoicing, ordering, organisations
from tests.factories.ordering import NOON

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Invoice/>'
LATIN = '<?xml version="1.0" encoding="UTF-8"?><Invoice>Caf\xe9</Invoice>'.encode("latin-1")


@pytest.fixture
def market(db):
    return invoicing.market()


@pytest.fixture
def said(market):
    return invoicing.said_of(market, invoicing.delivered(market))


def taken(market, content=b"<x/>", **facts):
    chosen = {
        "council_id": market.council.pk,
        "sender": market.seller,
        "supplier_id": market.supplier.pk,
        "name": "invoice.xml",
        "channel": Channel.PORTAL,
        "at": NOON,
        **facts,
    }
    with tenant(chosen["sender"].organisation_id if chosen["sender"] else market.council.pk):
        return take_invoice(content=content, **chosen)


class TestTakeInvoice:
    def test_keeps_the_bytes_for_the_council_and_owes_the_reading(self, market, said):
        arrival = taken(market, write_ubl(said))
        assert (arrival.status, arrival.received_at) == ("WAITS", NOON)
        with stewardship():
            document = Document.objects.get(pk=arrival.document_id)
            job = Job.objects.get(name="invoicing.read_arrival")
        assert bytes(document.content) == write_ubl(said)
        assert (document.organisation_id, document.counterparty_id) == (
            market.council.pk, market.supplier.pk,
        )  # fmt: skip
        assert document.from_outside
        assert job.organisation_id == market.supplier.pk

    def test_takes_the_same_again_as_an_arrival_of_its_own(self, market, said):
        first, second = taken(market, write_ubl(said)), taken(market, write_ubl(said))
        assert first.pk != second.pk
        assert first.document_id == second.document_id

    def test_by_a_finance_officer_of_the_council(self, market, said):
        officer = invoicing.finance(market)
        arrival = taken(market, write_ubl(said), sender=officer, supplier_id=None)
        assert (arrival.supplier_id, arrival.sent_by_id) == (None, officer.user_id)

    @pytest.mark.parametrize(
        ("content", "code", "word"),
        [
            (DOCTYPE, "e-invoice.doctype", "DOCTYPE"),
            (b"%PDF-1.7\n...", "e-invoice.not-xml", "PDF"),
            (LATIN, "e-invoice.wrong-encoding", "byte"),
            (b"", "e-invoice.not-xml", "empty"),
            (b"<Order/>", "e-invoice.not-an-invoice", "order"),
            (b"<Invoice>", "e-invoice.broken-xml", ""),
            (b"{}", "e-invoice.not-xml", "JSON"),
            (b"\x00" * 50, "e-invoice.not-xml", "empty"),
        ],
        ids=["doctype", "pdf", "latin-1", "empty", "order", "torn", "json", "noughts"],
    )
    def test_keeps_what_is_no_invoice_with_the_reason(self, market, content, code, word):
        arrival = taken(market, content)
        assert (arrival.status, arrival.refusal_code) == ("REFUSED", code)
        assert word in arrival.refusal_detail
        with stewardship():
            event = Event.objects.get(subject_id=arrival.pk)
            assert bytes(Document.objects.get(pk=arrival.document_id).content) == content
            assert not Job.objects.filter(name="invoicing.read_arrival").exists()
        assert (event.verb, event.after["reason"]) == ("arrival.refused", code)
        assert event.after["sha256"] == hashlib.sha256(content).hexdigest()

    def test_keeps_nothing_of_what_is_too_large_but_its_hash(self, market):
        content = b"<x>" + b" " * LARGEST_BYTES
        with pytest.raises(FileTooLarge):
            taken(market, content)
        with stewardship():
            assert not Arrival.objects.exists()
            assert not Document.objects.filter(from_outside=True).exists()
            event = Event.objects.get(verb="arrival.refused")
        assert event.after["sha256"] == hashlib.sha256(content).hexdigest()
        assert event.after["size_bytes"] == len(content)
        assert event.subject_reference == "invoice.xml"

    def test_of_what_nobody_read_only_its_size_and_hash_are_told(self, market):
        with market.acting():
            refuse_unread(
                council_id=market.council.pk, sender=None, supplier_id=None, name="x", sha256="0",
                size_bytes=7, detail="It is too large.", at=NOON,
            )  # fmt: skip
            assert Event.objects.get(verb="arrival.refused").after["size_bytes"] == 7

    @pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nSet-Cookie: x.xml", "x" * 400, ""])
    def test_a_name_keeps_nothing_that_does_harm(self, market, name):
        kept = taken(market, name=name).name
        assert "/" not in kept
        assert kept.isprintable()
        assert 0 < len(kept) <= 200

    def test_not_from_somebody_of_the_council_without_the_role(self, market):
        with pytest.raises(SendingNotAllowed):
            taken(market, sender=market.buyer, supplier_id=None)

    def test_not_from_another_council(self, market):
        stranger = organisations.actor(organisations.council(), "finance")
        with pytest.raises(Missing):
            taken(market, sender=stranger, supplier_id=None)

    def test_not_from_a_supplier_for_another(self, market):
        other = organisations.supplier()
        organisations.link(market.council, other)
        with pytest.raises(SendingNotAllowed):
            taken(market, sender=organisations.actor(other))

    def test_not_to_a_council_that_does_not_buy_from_it(self, market):
        with pytest.raises(Missing):
            taken(market, council_id=organisations.council().pk)

    def test_the_database_keeps_a_suppliers_papers_from_councils_it_does_not_sell_to(self, market):
        from django.db import DatabaseError, transaction

        from marketplace.documents.services import store_document

        with (
            market.selling(),
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
        ):
            store_document(
                organisation_id=organisations.council().pk, counterparty_id=market.supplier.pk,
                name="x", media_type="x", content=b"x", at=NOON, from_outside=True,
            )  # fmt: skip


class TestOnTheWebsLogin:
    """As a request stands: no steward, the supplier's own walls."""

    @pytest.fixture
    def market(self, module_db):
        return invoicing.market()

    @pytest.mark.parametrize("content", [b"", DOCTYPE, None], ids=["empty", "doctype", "invoice"])
    def test_a_supplier_sends_in(self, market, said, content):
        with the_web(), market.selling():
            arrival = arrivals.take_invoice(
                council_id=market.council.pk, sender=market.seller,
                supplier_id=market.supplier.pk, name="x.xml",
                content=write_ubl(said) if content is None else content,
                channel=Channel.PORTAL, at=NOON,
            )  # fmt: skip
        assert arrival.status == ("WAITS" if content is None else "REFUSED")
        with stewardship():
            assert chain_verdict(market.supplier.pk).breaks == ()


class TestGivingUp:
    def test_says_so_once(self, market, said):
        arrival = taken(market, write_ubl(said))
        with market.acting():
            facts = {"council_id": market.council.pk, "arrival_id": arrival.pk, "at": NOON}
            assert give_up_arrival(**facts).refusal_code == "e-invoice.given-up"
            give_up_arrival(**facts)
            assert Event.objects.filter(verb="arrival.refused").count() == 1

    def test_does_nothing_to_what_was_read(self, market, said):
        invoice = invoicing.taken(market, said)
        with market.acting():
            given_up = give_up_arrival(
                council_id=market.council.pk, arrival_id=invoice.arrival_id, at=NOON
            )
        assert given_up.status == "TAKEN"

    def test_what_the_scanner_found_harmful_is_not_read(self, market, said):
        from marketplace.documents.models import ScanVerdict

        arrival = taken(market, write_ubl(said))
        record_scan(
            document_id=arrival.document_id, verdict=ScanVerdict.HARMFUL, engine="x", at=NOON
        )
        read = invoicing.read(market, arrival)
        assert (read.status, read.refusal_code) == ("REFUSED", "document.not-clean")
        with stewardship():
            assert not Invoice.objects.exists()

    def test_the_job_gives_up_on_the_councils_side(self, market, said):
        from invoicing.tasks import give_up_arrival as job

        arrival = taken(market, write_ubl(said))
        with market.selling():
            job(council_id=str(market.council.pk), arrival_id=str(arrival.pk), at=NOON)
        with stewardship():
            assert Arrival.objects.get(pk=arrival.pk).status == "REFUSED"


def test_a_scan_is_owed_by_whoever_sent_it(market, said, settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    with stewardship():
        before = set(Job.objects.values_list("pk", flat=True))
    taken(market, write_ubl(said))
    with stewardship():
        (job,) = Job.objects.filter(name="documents.scan_document").exclude(pk__in=before)
    assert job.organisation_id == market.supplier.pk
    assert ordering.NOON == NOON
