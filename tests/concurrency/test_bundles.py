"""Bundles while others work: asked for twice, written while things are posted, cancelled midway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from django.db import connections, transaction

from marketplace.core.tenancy import act_for
from marketplace.desk.bundles import services
from marketplace.desk.bundles.keys import public_key
from marketplace.desk.bundles.services import ask_bundle, cancel_bundle, make_bundle
from marketplace.desk.bundles.subjects import Days
from marketplace.desk.bundles.writing import Writer
from marketplace.desk.models import AuditBundle
from marketplace.documents.models import Document
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole
from tests import servers
from tests.concurrency.race import at_once
from tests.desk.bundles.making import checked
from tests.factories import ledger, ordering, organisations

AT = ordering.NOON
DAYS = Days(date(2026, 11, 1), date(2026, 11, 23))


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def books(fresh_db):
    books = ledger.books(organisations.council(), amount=1_000_000)
    act_for(books.council.pk)
    post(books)
    return books


@pytest.fixture
def auditor(books):
    return organisations.actor(books.council, "auditor")


def post(books):
    draft = ledger.draft(books.spend(5), books.credit(AccountRole.RECEIPTS, 5))
    with transaction.atomic():
        post_journals(council_id=books.council.pk, drafts=[draft], posted_by=None, at=AT)


def aside(books, deed):
    """Do something on another connection, and wait until it has committed."""

    def work():
        try:
            act_for(books.council.pk)
            return deed()
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(timeout=30)


def after(monkeypatch, subject, deed):
    """Do something when the worker has written a subject."""
    real = Writer.add_rows

    def add_rows(self, name, *args):
        count = real(self, name, *args)
        if name == subject:
            deed()
        return count

    monkeypatch.setattr(Writer, "add_rows", add_rows)


class TestAskedForAtOnce:
    def deed(self, books, auditor):
        return books.council.pk, lambda: ask_bundle(auditor=auditor, days=DAYS, at=AT)

    def test_one_is_made(self, books, auditor):
        ends = at_once([self.deed(books, auditor)] * 5)
        assert sorted(ends) == ["BundleWaits"] * 4 + ["won"]

    def test_the_race_is_real_without_the_databases_rule(self, fresh_db, books, auditor):
        with psycopg.connect(servers.admin_url(fresh_db), autocommit=True) as admin:
            admin.execute("DROP INDEX auditbundle_one_waits")
        assert at_once([self.deed(books, auditor)] * 2) == ["won", "won"]


class TestWrittenWhileOthersPost:
    def bundle(self, books, auditor, monkeypatch):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=AT)
        after(monkeypatch, "journals", lambda: aside(books, lambda: post(books)))
        made = make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=AT)
        return bytes(Document.objects.get(pk=made.document_id).content)

    def test_it_tells_one_state(self, books, auditor, monkeypatch, tmp_path):
        content = self.bundle(books, auditor, monkeypatch)
        code, said = checked(tmp_path, content, "--key", public_key())
        assert code == 0, said

    def test_the_race_is_real_without_one_state(self, books, auditor, monkeypatch, tmp_path):
        monkeypatch.setattr(services, "_ONE_STATE", "SELECT 1")
        content = self.bundle(books, auditor, monkeypatch)
        code, said = checked(tmp_path, content, "--key", public_key())
        assert code == 1
        assert "are there, and it is not" in said


class TestWhileItIsWritten:
    def test_others_see_how_far_it_is(self, books, auditor, monkeypatch):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=AT)
        seen = []

        def look():
            seen.append(AuditBundle.objects.get(pk=bundle.pk).percent)

        after(monkeypatch, "periods", lambda: aside(books, look))
        make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=AT)
        assert 0 < seen[0] < 100

    def test_it_is_left_where_it_is_when_it_is_cancelled(self, books, auditor, monkeypatch):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=AT)
        written = []

        def cancel():
            aside(books, lambda: cancel_bundle(auditor=auditor, bundle_id=bundle.pk, at=AT))

        after(monkeypatch, "orders", cancel)
        after(monkeypatch, "periods", lambda: written.append("periods"))
        assert (
            make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=AT).status
            == "CANCELLED"
        )
        assert written == []
        assert not Document.objects.exists()

    def test_a_worker_that_dies_leaves_nothing_and_the_next_makes_it(
        self, books, auditor, monkeypatch
    ):
        bundle = ask_bundle(auditor=auditor, days=DAYS, at=AT)

        def die():
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            after(patch, "orders", die)
            with pytest.raises(KeyboardInterrupt):
                make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=AT)
        assert not Document.objects.exists()
        assert (
            make_bundle(council_id=bundle.council_id, bundle_id=bundle.pk, at=AT).status == "MADE"
        )
        assert Document.objects.count() == 1
