"""What was paid, before every judge there is: the bundle's program, and two strangers' ledgers."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest

from invoicing.ledgers.hledger import write_hledger
from invoicing.ledgers.selectors import ledger_accounts, ledger_journals
from invoicing.ledgers.services import build_export
from invoicing.models import Payment
from marketplace.core.tenancy import act_for
from marketplace.desk.bundles.keys import public_key
from marketplace.desk.bundles.services import ask_bundle, make_bundle
from marketplace.desk.bundles.subjects import Days
from marketplace.documents.models import Document
from tests.desk.bundles.making import checked
from tests.desk.bundles.test_services import opened, rows
from tests.factories import organisations, payments
from tests.invoicing.ledgers.test_hledger import judged, verdict
from tests.invoicing.ledgers.test_services import reckoned

pytestmark = pytest.mark.django_db

LATER = payments.NOON + timedelta(days=20)


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def house():
    """A council that paid three invoices less a credit note, and gave another run up."""
    house = payments.house()
    payments.invoices(house, ["120.00", "0.01", "999.99", "-20.50"])
    payments.settled(house)
    payments.invoices(house, ["77.77"])
    payments.prepared(house)
    act_for(house.council.pk)
    return house


@pytest.fixture
def bundle(house):
    auditor = organisations.actor(house.council, "auditor")
    days = Days(payments.TODAY - timedelta(days=60), LATER.date())
    asked = ask_bundle(auditor=auditor, days=days, at=LATER)
    made = make_bundle(council_id=asked.council_id, bundle_id=asked.pk, at=LATER)
    return bytes(Document.objects.get(pk=made.document_id).content)


def test_the_bundle_holds_and_each_payment_is_what_it_pays_for(bundle, tmp_path):
    code, said = checked(tmp_path, bundle, "--key", public_key())
    assert code == 0, said
    files = opened(bundle)
    assert [row["status"] for row in rows(files, "payment_runs")] == ["SETTLED", "PREPARED"]
    assert {row["amount"] for row in rows(files, "payments")} == {"1099.50", "77.77"}
    assert len(rows(files, "paid_invoices")) == 5
    assert {row["payee_account_ends"] for row in rows(files, "payments")} == {
        Payment.objects.first().payee_account_number[-4:]
    }
    number = Payment.objects.first().payee_account_number.encode()
    assert not [name for name, text in files.items() if number in text]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL is not installed here.")
def test_a_strangers_program_finds_the_signature_right(bundle, tmp_path):
    files = opened(bundle)
    key = bytes.fromhex("302a300506032b6570032100" + public_key())
    for name, content in (
        ("key.der", key), ("manifest.json", files["manifest.json"]),
        ("signature", bytes.fromhex(files["signature"].decode())),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)

    def judge():
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der",
             "-rawin", "-in", "manifest.json", "-sigfile", "signature"],
            cwd=tmp_path, capture_output=True, check=False,
        ).returncode  # fmt: skip

    assert judge() == 0
    (tmp_path / "manifest.json").write_bytes(files["manifest.json"] + b" ")
    assert judge() != 0


@judged
def test_strangers_agree_with_the_books(judge, house):
    until = LATER.date()
    journals = ledger_journals(house.council.pk, until=until)
    assert {each.kind for each in journals} >= {"INVOICE", "CREDIT_NOTE", "PAYMENT", "BANK"}
    content = write_hledger(journals, ledger_accounts(house.council.pk), closed_on=until)
    assert verdict(judge, content) == ""


def test_the_file_for_the_finance_ledger_comes_to_its_trailer(house):
    export = build_export(finance=house.finance, until_on=LATER.date(), at=LATER)
    ours, theirs = reckoned(bytes(Document.objects.get(pk=export.document_id).content))
    assert ours == theirs
    assert ours["journals"] == export.journals_count == 7
