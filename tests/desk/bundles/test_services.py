"""Bundles, from the asking to the file: what is in it, and that a stranger finds it whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for, stewardship
from marketplace.desk.bundles import selectors
from marketplace.desk.bundles.keys import public_key
from marketplace.desk.bundles.selectors import bundles, size_of
from marketplace.desk.bundles.services import (
    BundleDaysNotRight,
    BundleEnded,
    BundleNotAllowed,
    BundleTooLarge,
    BundleWaits,
    ask_bundle,
    cancel_bundle,
    give_up_bundle,
    keep_bundle,
    make_bundle,
)
from marketplace.desk.bundles.subjects import SUBJECTS, Days
from marketplace.desk.models import AuditBundle
from marketplace.documents.models import Document, ScanVerdict
from marketplace.documents.selectors import document
from marketplace.documents.services import record_scan
from marketplace.jobs.models import Job
from marketplace.ledger.models import Journal, JournalLine
from marketplace.ordering.models import Order
from tests.desk.bundles.making import checked
from tests.factories import audit, invoicing, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON
DAYS = Days(date(2026, 11, 1), date(2026, 11, 23))
LATER = AT + timedelta(days=3)


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def market():
    """A council that asked for something, ordered it, took it in and has the bill."""
    made = invoicing.market()
    order = invoicing.delivered(made)
    invoicing.taken(made, invoicing.said_of(made, order))
    act_for(made.council.pk)
    return made


@pytest.fixture
def auditor(market):
    return organisations.actor(market.council, "auditor")


def of(bundle):
    return {"council_id": bundle.council_id, "bundle_id": bundle.pk}


def made(auditor, days=DAYS, at=LATER):
    """Ask for a bundle and make it; return it with its bytes."""
    asked = ask_bundle(auditor=auditor, days=days, at=at)
    bundle = make_bundle(council_id=asked.council_id, bundle_id=asked.pk, at=at)
    return bundle, bytes(document(auditor, bundle.document_id).content)


def opened(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(files, name):
    return [json.loads(line) for line in files[f"jsonl/{name}.jsonl"].splitlines()]


class TestTheBundle:
    def test_is_found_whole_by_a_stranger(self, auditor, tmp_path):
        bundle, content = made(auditor)
        assert (bundle.status, bundle.sha256) == ("MADE", hashlib.sha256(content).hexdigest())
        assert bundle.public_key == public_key()
        code, said = checked(tmp_path, content, "--key", public_key())
        assert code == 0, said

    def test_tells_the_story_from_the_requisition_to_the_invoice(self, market, auditor):
        files = opened(made(auditor)[1])
        for name in ("requisitions", "orders", "receipts", "invoices", "arrivals", "journals"):
            assert len(rows(files, name)) == 1, name
        (order,), (invoice,) = rows(files, "orders"), rows(files, "invoices")
        assert order["supplier"] == market.supplier.slug
        assert order["net_amount"] == f"{Order.objects.get().net_amount:f}"
        assert invoice["order_id"] == order["id"]
        assert rows(files, "allocations")[0]["invoice_id"] == invoice["id"]
        assert rows(files, "choices") == []
        assert rows(files, "approval_decisions")
        assert len(rows(files, "journal_lines")) == JournalLine.objects.count()

    def test_has_the_papers_as_they_came_and_went(self, market, auditor):
        files = opened(made(auditor)[1])
        index = {row["sha256"]: row for row in rows(files, "documents")}
        (arrival,) = rows(files, "arrivals")
        assert files[f"originals/{arrival['sha256']}.xml"].startswith(b"<?xml")
        assert index[arrival["sha256"]]["in_bundle"]
        assert index[arrival["sha256"]]["state"] == "WAITING"
        (order,) = rows(files, "orders")
        pdf = next(each for each in index.values() if each["id"] == order["pdf_id"])
        assert files[f"originals/{pdf['sha256']}.pdf"].startswith(b"%PDF")

    def test_leaves_out_what_is_harmful_and_says_so(self, market, auditor, tmp_path):
        (paper,) = Document.objects.filter(from_outside=True).defer("content")
        record_scan(
            document_id=paper.pk, verdict=ScanVerdict.HARMFUL, engine="test", finding="Eicar",
            at=AT,
        )  # fmt: skip
        content = made(auditor)[1]
        files = opened(content)
        (row,) = [row for row in rows(files, "documents") if row["id"] == str(paper.pk)]
        assert (row["state"], row["in_bundle"]) == ("HARMFUL", False)
        assert not [name for name in files if paper.sha256 in name]
        assert checked(tmp_path, content, "--key", public_key())[0] == 0

    def test_has_the_audit_trail_from_the_hash_before_it(self, market, auditor):
        audit.write(market.council, LATER - timedelta(days=1), 2)  # after the period
        files = opened(made(auditor)[1])
        said = json.loads(files["manifest.json"])["chain"]
        events = rows(files, "events")
        own = Event.objects.filter(chain=market.council.pk)
        assert [row["sequence"] for row in events] == list(
            range(said["first_sequence"], said["last_sequence"] + 1)
        )
        last = own.get(sequence=said["last_sequence"])
        assert said["hash_at_end"] == last.hash_hex
        assert events[0]["previous_hash"] == said["hash_before"]
        assert own.count() > said["events"] == len(events)

    def test_has_control_totals(self, market, auditor):
        manifest = json.loads(opened(made(auditor)[1])["manifest.json"])
        said = {each["path"]: each for each in manifest["files"]}
        sums = said["jsonl/journal_lines.jsonl"]["sums"]
        total = sum((each.total_amount for each in Journal.objects.all()), Decimal(0))
        assert sums == {"debit_amount": f"{total:f}", "credit_amount": f"{total:f}"}
        assert said["csv/journals.csv"]["rows"] == said["jsonl/journals.jsonl"]["rows"] == 1

    def test_says_the_same_to_spreadsheets_and_runs_nothing_in_them(self, market, auditor):
        with stewardship():
            Order.objects.update(answer_note="=1+1")
        files = opened(made(auditor)[1])
        for subject in SUBJECTS:
            text = io.StringIO(files[f"csv/{subject.name}.csv"].decode("utf-8-sig"), newline="")
            table, told = list(csv.DictReader(text)), rows(files, subject.name)
            assert [row["id"] for row in table] == [row["id"] for row in told], subject.name
            assert {frozenset(row) for row in told} <= {frozenset(subject.names)}
        table = csv.DictReader(io.StringIO(files["csv/orders.csv"].decode("utf-8-sig")))
        assert next(table)["answer_note"] == "'=1+1"

    def test_tells_no_whole_account_number(self, auditor):
        names = {name for subject in SUBJECTS for name in subject.names}
        assert not {name for name in names if "account_number" in name or "sort_code" in name}

    def test_of_unchanged_data_is_the_same_bytes_but_for_when_it_was_made(self, auditor):
        first, second = made(auditor)[1], made(auditor)[1]
        assert first == second
        later = made(auditor, at=LATER + timedelta(hours=1))[1]
        assert later != first
        one, two = opened(first), opened(later)
        assert {name for name in one if one[name] != two[name]} == {"manifest.json", "signature"}
        manifests = [json.loads(each["manifest.json"]) for each in (one, two)]
        assert [each.pop("made_at") for each in manifests] == [
            "2026-11-26T12:00:00+00:00", "2026-11-26T13:00:00+00:00",
        ]  # fmt: skip
        assert manifests[0] == manifests[1]

    def test_of_other_days_holds_nothing_of_these(self, auditor, tmp_path):
        content = made(auditor, Days(date(2026, 1, 1), date(2026, 1, 31)))[1]
        files = opened(content)
        assert rows(files, "orders") == rows(files, "events") == []
        assert not [name for name in files if name.startswith("originals/")]
        assert checked(tmp_path, content, "--key", public_key())[0] == 0

    def test_is_one_councils(self, market):
        other = organisations.council()
        act_for(other.pk)
        files = opened(made(organisations.actor(other, "auditor"))[1])
        assert rows(files, "orders") == rows(files, "documents") == []

    def test_costs_the_same_for_many(self, market, auditor):
        def cost():
            bundle = ask_bundle(auditor=auditor, days=DAYS, at=LATER)
            with CaptureQueriesContext(connection) as asked:
                make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER)
            return len([each for each in asked if "FETCH" not in each["sql"]])

        few = cost()
        for _ in range(3):
            order = invoicing.delivered(market)
            said = invoicing.said_of(market, order, number=f"X{order.number}")
            invoicing.taken(market, said)
        act_for(market.council.pk)
        assert cost() == few


class TestAskBundle:
    def ask(self, auditor, days=DAYS):
        return ask_bundle(auditor=auditor, days=days, at=LATER)

    def test_owes_it_and_leaves_a_trace(self, auditor):
        bundle = self.ask(auditor)
        assert (bundle.status, bundle.asked_by_name) == ("WAITING", auditor.name)
        assert bundle.rows_count == size_of(auditor.organisation_id, DAYS).rows > 20
        assert Event.objects.filter(verb="audit-bundle.asked", subject_id=bundle.pk).exists()
        with stewardship():
            assert Job.objects.filter(name="desk.make_bundle", status="OWED").count() == 1

    def test_one_at_a_time(self, auditor):
        self.ask(auditor)
        with pytest.raises(BundleWaits):
            self.ask(auditor)

    @pytest.mark.parametrize("role", ["finance", "buyer", "approver", "requester", "payments"])
    def test_is_not_for_everybody(self, market, role):
        with pytest.raises(BundleNotAllowed):
            self.ask(organisations.actor(market.council, role))

    def test_is_for_administrators_too(self, market):
        assert self.ask(organisations.actor(market.council, "administrator"))

    @pytest.mark.parametrize(
        "days",
        [Days(date(2026, 11, 2), date(2026, 11, 1)), Days(date(2026, 11, 1), date(2026, 11, 27))],
    )
    def test_refuses_days_that_are_none(self, auditor, days):
        with pytest.raises(BundleDaysNotRight) as refused:
            self.ask(auditor, days)
        assert refused.value.field == "until_on"

    def test_refuses_more_than_a_file_takes(self, auditor, monkeypatch):
        monkeypatch.setattr(selectors, "MOST_ROWS", 5)
        monkeypatch.setattr("marketplace.desk.bundles.services.MOST_ROWS", 5)
        with pytest.raises(BundleTooLarge, match="A file takes 5"):
            self.ask(auditor)
        monkeypatch.undo()
        monkeypatch.setattr(selectors, "MOST_BYTES", 5)
        with pytest.raises(BundleTooLarge, match="Ask for fewer days"):
            self.ask(auditor)


class TestWhatBecomesOfIt:
    @pytest.fixture
    def bundle(self, auditor):
        return ask_bundle(auditor=auditor, days=DAYS, at=LATER)

    def test_the_worker_makes_it(self, bundle, market):
        ordering.do_jobs(at=LATER)
        act_for(market.council.pk)
        assert bundles(market.council.pk).one(bundle.pk).status == "MADE"
        event = Event.objects.get(verb="audit-bundle.made")
        assert event.after["public_key"] == public_key()

    def test_made_twice_it_is_made_once(self, bundle):
        first = make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER)
        again = make_bundle(
            council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER + timedelta(hours=1)
        )
        assert (again.document_id, again.ended_at) == (first.document_id, LATER)
        assert keep_bundle(**of(bundle), content=b"x", at=LATER).sha256 == first.sha256

    def test_is_cancelled_and_then_not_made(self, bundle, auditor):
        cancel_bundle(auditor=auditor, bundle_id=bundle.pk, at=LATER)
        assert (
            make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER).status
            == "CANCELLED"
        )
        assert keep_bundle(**of(bundle), content=b"x", at=LATER).document is None
        with pytest.raises(BundleEnded):
            cancel_bundle(auditor=auditor, bundle_id=bundle.pk, at=LATER)
        assert Event.objects.filter(verb="audit-bundle.cancelled").count() == 1
        ask_bundle(auditor=auditor, days=DAYS, at=LATER)

    def test_is_cancelled_by_those_who_may_ask(self, bundle, market):
        with pytest.raises(BundleNotAllowed):
            cancel_bundle(
                auditor=organisations.actor(market.council, "buyer"), bundle_id=bundle.pk, at=LATER
            )
        other = organisations.council()
        act_for(other.pk)
        with pytest.raises(Missing):
            cancel_bundle(
                auditor=organisations.actor(other, "auditor"), bundle_id=bundle.pk, at=LATER
            )

    def test_what_cannot_be_made_says_so(self, bundle):
        given_up = give_up_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER)
        assert (given_up.status, bool(given_up.refusal)) == ("FAILED", True)
        assert (
            give_up_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER).ended_at
            == LATER
        )
        assert Event.objects.filter(verb="audit-bundle.failed").count() == 1

    def test_is_read_by_those_who_may_ask(self, bundle, market):
        key = make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER).document_id
        administrator = organisations.actor(market.council, "administrator")
        assert document(administrator, key).name == "audit-2026-11-01-2026-11-23.zip"
        with pytest.raises(Missing):
            document(organisations.actor(market.council, "finance"), key)


class TestTheDatabaseKeeps:
    @pytest.fixture
    def bundle(self, auditor):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=LATER)
        return make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=LATER)

    @pytest.mark.parametrize(
        ("rule", "facts"),
        [
            ("auditbundle_status_known", {"status": "LOST"}),
            ("auditbundle_days_in_order", {"until_on": date(2026, 1, 1)}),
            ("auditbundle_made_has_file", {"document": None}),
        ],
    )
    def test_what_a_bundle_is(self, bundle, rule, facts):
        bundle.pk, bundle._state.adding = uuid7(), True
        for name, value in facts.items():
            setattr(bundle, name, value)
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            bundle.save(force_insert=True)

    def test_one_waits(self, auditor):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=LATER)
        bundle.pk, bundle._state.adding = uuid7(), True
        with pytest.raises(IntegrityError, match="auditbundle_one_waits"), transaction.atomic():
            bundle.save(force_insert=True)

    def test_what_was_handed_out_is_not_changed(self, bundle):
        rows = AuditBundle.objects.filter(pk=bundle.pk)
        for change in (lambda: rows.update(sha256="0" * 64), rows.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert rows.get().sha256 == bundle.sha256
