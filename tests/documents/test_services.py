"""Keeping bytes as evidence: once, exactly, for ever, for their two sides alone."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from marketplace.audit.selectors import timeline
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document, DocumentScan, ScanState, ScanVerdict
from marketplace.documents.selectors import NotClean, bytes_for_programs, document
from marketplace.documents.services import _safe_name, record_scan, store_document
from tests.factories import organisations as make


def keep(home, at, **facts) -> Document:
    chosen = {"name": "order.xml", "media_type": "application/xml", "content": b"<a/>", **facts}
    with tenant(home.pk):
        return store_document(organisation_id=home.pk, at=at, **chosen)


class TestStoreDocument:
    @pytest.mark.parametrize("content", [b"", b"<a/>", bytes(range(256)) * 500])
    def test_keeps_the_exact_bytes_with_their_hash(self, db, at, content):
        home = make.council()
        kept = keep(home, at, content=content)
        auditor = make.actor(home, "auditor")
        with tenant(home.pk):
            found = document(auditor, kept.pk)
        assert bytes(found.content) == content
        assert (found.size_bytes, found.stored_at) == (len(content), at)
        assert found.sha256 == hashlib.sha256(content).hexdigest()

    def test_the_same_bytes_under_the_same_name_are_one(self, db, at):
        home = make.council()
        assert keep(home, at).pk == keep(home, at).pk

    def test_and_they_are_not_read_back_to_be_told_apart(self, db, at):
        kept = keep(make.council(), at, content=b"x" * 100_000)
        assert "content" in kept.get_deferred_fields()

    @pytest.mark.parametrize("other", [{"name": "other.xml"}, {"content": b"<b/>"}])
    def test_another_name_or_other_bytes_are_another(self, db, at, other):
        home = make.council()
        assert keep(home, at).pk != keep(home, at, **other).pk

    def test_the_same_from_outside_is_another_than_what_was_made_here(self, db, at):
        home = make.council()
        ours, theirs = keep(home, at), keep(home, at, from_outside=True)
        assert ours.pk != theirs.pk
        with tenant(home.pk):
            states = (ours.scan_state, theirs.scan_state)
        assert states == (ScanState.OURS, ScanState.WAITING)

    def test_the_same_for_another_side_or_another_council_is_another(self, db, at):
        home, company = make.council(), make.supplier()
        keys = {
            keep(home, at).pk, keep(home, at, counterparty_id=company.pk).pk,
            keep(make.council(), at).pk,
        }  # fmt: skip
        assert len(keys) == 3

    def test_eight_at_once_keep_it_once(self, fresh_db, at):
        home, together = make.council(), Barrier(8)

        def store(_number):
            together.wait()
            try:
                return keep(home, at).pk
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(store, range(8)))) == 1
        with stewardship():
            assert Document.objects.count() == 1

    def test_nobody_keeps_one_for_another(self, db, at):
        home, other = make.council(), make.council()
        with tenant(home.pk), pytest.raises(DatabaseError, match="row-level"), transaction.atomic():
            store_document(
                organisation_id=other.pk, name="x", media_type="text/plain", content=b"x", at=at
            )


class TestDocument:
    """What belongs to an order or a price list is asked for in test_audiences.py."""

    def test_one_that_belongs_to_nothing_is_its_owners_auditors_alone(self, db, at):
        home, company = make.council(), make.supplier()
        kept = keep(home, at, counterparty_id=company.pk)
        with tenant(home.pk):
            assert document(make.actor(home, "auditor"), kept.pk) == kept
            others = ("requester", "buyer", "approver", "receiver", "finance", "administrator")
            with pytest.raises(Missing):
                document(make.actor(home, *others), kept.pk)
        with tenant(company.pk), pytest.raises(Missing):
            document(make.actor(company), kept.pk)

    def test_a_strangers_auditor_reads_none(self, db, at):
        home, stranger = make.council(), make.council()
        kept = keep(home, at)
        with tenant(stranger.pk):
            with pytest.raises(Missing):
                document(make.actor(stranger, "auditor"), kept.pk)
            with pytest.raises(Missing):  # the first wall was climbed; the last one stands
                document(make.actor(home, "auditor"), kept.pk)
            with pytest.raises(Missing):
                bytes_for_programs(home.pk, kept.pk)


def scan(kept, verdict, at, **facts):
    return record_scan(document_id=kept.pk, verdict=verdict, engine="Clam 1", at=at, **facts)


class TestScans:
    @pytest.fixture
    def home(self, db):
        return make.council()

    @pytest.fixture
    def sent(self, home, at):
        return keep(home, at, from_outside=True)

    def opened(self, home, kept) -> ScanState:
        auditor = make.actor(home, "auditor")
        with tenant(home.pk):
            return document(auditor, kept.pk).scan_state

    def test_what_was_made_here_is_clean_by_its_origin(self, home, at):
        kept = keep(home, at)
        assert self.opened(home, kept) is ScanState.OURS

    def test_what_came_from_outside_waits_for_its_scan(self, home, sent):
        with pytest.raises(NotClean, match="no virus scanner"):
            self.opened(home, sent)

    def test_what_was_found_clean_is_opened(self, home, sent, at):
        scan(sent, ScanVerdict.CLEAN, at)
        assert self.opened(home, sent) is ScanState.CLEAN

    def test_what_was_found_harmful_is_opened_by_nobody(self, home, sent, at):
        scan(sent, ScanVerdict.HARMFUL, at, finding="Eicar")
        with pytest.raises(NotClean, match="harmful"):
            self.opened(home, sent)
        with tenant(home.pk), pytest.raises(NotClean, match="harmful"):
            bytes_for_programs(home.pk, sent.pk)

    def test_the_latest_verdict_counts(self, home, sent, at):
        scan(sent, ScanVerdict.HARMFUL, at)
        scan(sent, ScanVerdict.CLEAN, at + timedelta(days=1))
        assert self.opened(home, sent) is ScanState.CLEAN

    def test_even_of_what_was_made_here(self, home, at):
        kept = keep(home, at)
        scan(kept, ScanVerdict.HARMFUL, at)
        with pytest.raises(NotClean, match="harmful"):
            self.opened(home, kept)

    def test_our_programs_read_what_waits(self, home, sent):
        with tenant(home.pk):
            assert bytes_for_programs(home.pk, sent.pk) == b"<a/>"

    def test_leaves_its_trace(self, home, sent, at):
        scan(sent, ScanVerdict.HARMFUL, at, finding="Eicar")
        with tenant(home.pk):
            event = timeline(sent).get()
        assert (event.verb, event.subject_reference) == ("document.scanned", "order.xml")
        assert event.after == {"verdict": "HARMFUL", "engine": "Clam 1", "finding": "Eicar"}

    def test_there_must_be_a_document(self, home, at):
        with pytest.raises(Missing):
            record_scan(document_id=home.pk, verdict=ScanVerdict.CLEAN, engine="Clam 1", at=at)

    def test_its_owner_cannot_say_it_is_clean(self, home, sent, at):
        with tenant(home.pk), pytest.raises(DatabaseError, match="row-level"), transaction.atomic():
            DocumentScan.objects.create(
                organisation=home, document=sent, verdict="CLEAN", engine="Me", at=at
            )

    def test_is_seen_by_whoever_sees_the_document(self, home, at):
        company, stranger = make.supplier(), make.council()
        scan(keep(home, at, counterparty_id=company.pk), ScanVerdict.CLEAN, at)
        for somebody, seen in ((home, 1), (company, 1), (stranger, 0)):
            with tenant(somebody.pk):
                assert DocumentScan.objects.count() == seen

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("documentscan_verdict_known", {"verdict": "PERHAPS"}),
            ("documentscan_has_engine", {"engine": ""}),
        ],
    )
    def test_makes_sense(self, home, sent, at, constraint, facts):
        chosen = {"verdict": "CLEAN", "engine": "Clam 1", **facts}
        with (
            stewardship(),
            pytest.raises(IntegrityError, match=constraint),
            transaction.atomic(),
        ):
            DocumentScan.objects.create(organisation=home, document=sent, at=at, **chosen)


class TestNobodyChangesIt:
    @pytest.mark.parametrize(
        "deed",
        [
            "UPDATE documents_document SET content = 'x'", "DELETE FROM documents_document",
            "UPDATE documents_document SET from_outside = false",
            "TRUNCATE documents_document CASCADE",
            "UPDATE documents_documentscan SET verdict = 'CLEAN'",
            "DELETE FROM documents_documentscan",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("role", ["marketplace_worker", "marketplace_steward"])
    def test_through_the_applications_roles(self, db, at, deed, role):
        home = make.council()
        keep(home, at)
        with tenant(home.pk), transaction.atomic(), connection.cursor() as cursor:
            if role != "marketplace_worker":
                cursor.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(DatabaseError, match=r"only ever added|permission denied"):
                cursor.execute(deed)
            transaction.set_rollback(True)

    @pytest.mark.parametrize(
        "deed",
        [
            "UPDATE documents_document SET name = 'x'", "DELETE FROM documents_document",
            "TRUNCATE documents_document CASCADE",
        ],
    )  # fmt: skip
    def test_nor_as_the_owner_of_the_table(self, module_db, at, deed):
        keep(make.council(), at)
        with (
            psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner,
            pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only ever added"),
        ):
            owner.execute(deed)


class TestSafeName:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("order.pdf", "order.pdf"), ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.csv", "y.csv"),
            ("a\r\nX: 1.pdf", "a X: 1.pdf"), ("\x00\x01", "document"), ("", "document"),
            (" .. ", "document"), ("archebŵl ✓.xml", "archebŵl ✓.xml"), ("a‮fdp.exe", "a fdp.exe"),
            ("x" * 300 + ".pdf", "x" * 196 + ".pdf"), ("x" * 300, "x" * 200),
        ],
    )  # fmt: skip
    def test_keeps_what_a_person_knows_it_by(self, sent, kept):
        assert _safe_name(sent) == kept

    @given(st.text(max_size=400))
    def test_is_never_empty_long_or_tricky(self, sent):
        name = _safe_name(sent)
        assert 0 < len(name) <= 200
        assert name.isprintable()
        assert not set("/\\\r\n\x00") & set(name)
        assert _safe_name(name) == name
