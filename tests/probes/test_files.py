"""Files that are no invoice or would do harm: refused in words, kept as evidence, not booked."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invoicing.formats.gate import FileTooLarge
from invoicing.models import Arrival, Invoice
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from tests.access.world import token_for
from tests.factories import invoicing
from tests.invoicing.settling.deciding import browser, membership_of
from tests.probes import twins

BOMB = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">&d;</Invoice>"""
READS = BOMB.replace('<!ENTITY a "ha">', '<!ENTITY a SYSTEM "file:///etc/passwd">')


def zipped(size: int) -> bytes:
    """Return a small archive that unpacks to a large file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("invoice.xml", b"0" * size)
    return held.getvalue()


def spoilt(said) -> dict[str, tuple[bytes, str]]:
    """Return files that are like an honest invoice and are none, with the code of the refusal."""
    good = twins.bytes_of(said)
    head, sign, body = good.partition(b"?>")
    name = said.seller.legal_name.encode()
    return {
        "a DOCTYPE": (
            head + sign + b'<!DOCTYPE Invoice SYSTEM "x.dtd">' + body, "e-invoice.doctype",
        ),
        "entities that grow": (BOMB.encode(), "e-invoice.doctype"),
        "an entity that reads a file": (READS.encode(), "e-invoice.doctype"),
        "latin-1 that says UTF-8": (
            good.replace(name, "Café Stühle".encode("latin-1")), "e-invoice.wrong-encoding",
        ),
        "a PDF called .xml": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + good, "e-invoice.not-xml"),
        "a zip bomb": (zipped(30_000_000), "e-invoice.not-xml"),
        "a gzip bomb": (gzip.compress(b"0" * 30_000_000), "e-invoice.not-xml"),
        "an empty file": (b"", "e-invoice.not-xml"),
        "blanks": (b" \n\t ", "e-invoice.not-xml"),
        "noughts": (b"\x00" * 5_000, "e-invoice.not-xml"),
        "one that stops": (good[: len(good) // 2], "e-invoice.broken-xml"),
        "two in one": (good + good, "e-invoice.broken-xml"),
        "elements without end": (b"<a>" * 20_000, "e-invoice.too-deep"),
        "an order": (
            b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
            "e-invoice.not-an-invoice",
        ),
        "another namespace": (
            good.replace(b"schema:xsd:Invoice-2", b"schema:xsd:Invoice-9"),
            "e-invoice.not-an-invoice",
        ),
        "a web page": (b"<!DOCTYPE html><html></html>", "e-invoice.not-xml"),
        "JSON": (b'{"invoice": 1}', "e-invoice.not-xml"),
    }  # fmt: skip


NAMES = (
    "a DOCTYPE", "entities that grow", "an entity that reads a file", "latin-1 that says UTF-8",
    "a PDF called .xml", "a zip bomb", "a gzip bomb", "an empty file", "blanks", "noughts",
    "one that stops", "two in one", "elements without end", "an order", "another namespace",
    "a web page", "JSON",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused_and_kept(stage, name):
    content, code = spoilt(stage.said_of(stage.delivered()))[name]
    with stewardship():
        before = Invoice.objects.count()
    arrival = invoicing.arrived(stage.market, content, name="invoice.xml")
    assert (arrival.status, arrival.refusal_code) == ("REFUSED", code)
    assert arrival.refusal_detail.strip()
    twins.check_kept(arrival.pk)
    with stewardship():
        assert Invoice.objects.count() == before
        event = Event.objects.get(subject_id=arrival.pk)
    assert (event.verb, event.after["sha256"]) == ("arrival.refused", arrival.sha256)


def test_two_hundred_megabytes_leave_their_size_and_hash(stage):
    content = bytes(200_000_000)
    with pytest.raises(FileTooLarge, match="20 MB"):
        invoicing.arrived(stage.market, content)
    digest = hashlib.sha256(content).hexdigest()
    with stewardship():
        event = Event.objects.get(verb="arrival.refused")
        assert not Document.objects.filter(sha256=digest).exists()
    assert (event.after["size_bytes"], event.after["sha256"]) == (len(content), digest)


class TestByEveryDoor:
    """The page and the program refuse alike, and keep what they refuse."""

    @pytest.fixture
    def file(self, stage):
        return spoilt(stage.said_of(stage.delivered()))["a DOCTYPE"][0]

    def test_by_a_program(self, stage, file):
        with stewardship():
            bearer = token_for(membership_of(stage.market.seller))
        answer = Client().post(
            f"{reverse('api-invoices')}?council={stage.market.council.pk}", file,
            content_type="application/xml",
            headers={"authorization": f"Bearer {bearer}", "idempotency-key": str(uuid4())},
        )  # fmt: skip
        assert answer.status_code == 422
        assert "DOCTYPE" in answer.json()["detail"]
        self.kept(file)

    def test_by_a_page(self, stage, file):
        upload = SimpleUploadedFile("invoice.xml", file, "application/xml")
        answer = browser(stage.finance).post(reverse("invoice-send"), {"file": upload}, follow=True)
        assert answer.status_code in {200, 422}
        assert "DOCTYPE" in answer.content.decode()
        self.kept(file)

    def kept(self, file):
        with stewardship():
            (arrival,) = Arrival.objects.filter(sha256=hashlib.sha256(file).hexdigest())
        assert arrival.status == "REFUSED"
