"""Invoices from the command line: what became of each, in words and as JSON."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from invoicing.formats.gate import LARGEST_BYTES
from invoicing.formats.ubl import write_ubl
from invoicing.models import Arrival, Invoice
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from tests.factories import invoicing, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


@pytest.fixture
def file(market, order, tmp_path):
    path = tmp_path / "invoice.xml"
    path.write_bytes(write_ubl(invoicing.said_of(market, order)))
    return path


def run(*arguments):
    """Run the command; return what it printed, and with what it ended."""
    printed, code = StringIO(), 0
    try:
        call_command("import_invoice", *map(str, arguments), stdout=printed)
    except CommandError as error:
        code = error.returncode
        printed.write(f"\n{error}")
    return printed.getvalue(), code


class TestImportInvoice:
    def test_recognises_council_supplier_and_order(self, market, order, file):
        said, code = run(file)
        assert code == 0
        assert "INV-1001 of Chairs Ltd, 190.80 GBP: agrees with its order." in said
        with stewardship():
            invoice = Invoice.objects.get()
            assert (invoice.status, invoice.supplier_id, invoice.order_id) == (
                "MATCHED", market.supplier.pk, order.pk,
            )  # fmt: skip
            assert Arrival.objects.get().channel == "COMMAND"

    def test_does_not_read_it_again_when_the_worker_comes(self, market, file):
        run(file)
        ordering.do_jobs()
        with stewardship():
            assert Invoice.objects.count() == 1

    def test_tells_programs_the_same(self, market, order, file):
        said, code = run(file, file, "--json", "--council", market.council.slug)
        first, second = json.loads(said)
        assert (code, first["fate"], second["fate"]) == (0, "MATCHED", "REPEAT")
        assert (first["order"], first["findings"]) == (order.number, [])

    def test_says_in_words_what_is_held(self, market, tmp_path):
        order = ordering.answered(market)
        path = tmp_path / "x.xml"
        path.write_bytes(write_ubl(invoicing.said_of(market, order)))
        said, code = run(path, "--supplier", market.supplier.slug)
        assert code == 0
        assert "held." in said
        assert "With line 1, the quantity billed is 2. What has come is 0." in said

    def test_ends_with_one_when_a_file_was_refused_and_takes_in_the_others(self, file, tmp_path):
        bad = tmp_path / "bad.xml"
        bad.write_bytes(b"%PDF-1.7")
        said, code = run(bad, file)
        assert code == 1
        assert "bad.xml: refused. It is a PDF" in said
        assert "agrees with its order" in said

    def test_reads_what_is_too_large_only_for_its_hash(self, market, tmp_path):
        path = tmp_path / "large.xml"
        with path.open("wb") as stream:
            stream.truncate(LARGEST_BYTES + 1)
        said, code = run(path, "--council", market.council.slug)
        assert (code, "20 MB" in said) == (1, True)
        with stewardship():
            event = Event.objects.get(verb="arrival.refused")
        assert event.after["size_bytes"] == LARGEST_BYTES + 1

    def test_refuses_a_file_for_nobody(self, market, order, tmp_path):
        organisations.council()
        said = invoicing.said_of(market, order)
        path = tmp_path / "x.xml"
        path.write_bytes(write_ubl(said).replace(b"Ambridge Council", b"Nowhere"))
        printed, code = run(path)
        assert (code, "--council" in printed) == (1, True)

    def test_refuses_a_supplier_that_the_council_does_not_buy_from(self, market, file):
        stranger = organisations.supplier()
        said, code = run(file, "--supplier", stranger.slug)
        assert (code, "does not buy from" in said) == (1, True)

    @pytest.mark.parametrize(
        "arguments", [("--council", "nowhere"), ("--supplier", "nobody"), ()], ids=len
    )
    def test_ends_with_two_when_asked_wrongly(self, market, file, tmp_path, arguments):
        path = file if arguments else tmp_path / "missing.xml"
        assert run(path, *arguments)[1] == 2
