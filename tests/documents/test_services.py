"""Keeping bytes as evidence: once, exactly, for ever, for their two sides alone."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document, ScanState
from marketplace.documents.selectors import NotClean, document
from marketplace.documents.services import _safe_name, store_document
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
        with tenant(home.pk):
            found = document(home.pk, kept.pk)
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
    def test_its_two_sides_read_it_and_nobody_else(self, db, at):
        home, company, stranger = make.council(), make.supplier(), make.council()
        kept = keep(home, at, counterparty_id=company.pk)
        for side in (home, company):
            with tenant(side.pk):
                assert document(side.pk, kept.pk) == kept
        with tenant(stranger.pk), pytest.raises(Missing):
            document(stranger.pk, kept.pk)
        with tenant(stranger.pk), pytest.raises(Missing):
            document(home.pk, kept.pk)  # the first wall was climbed; the last one stands

    def test_one_without_another_side_is_its_owners_alone(self, db, at):
        home, company = make.council(), make.supplier()
        kept = keep(home, at)
        with tenant(company.pk), pytest.raises(Missing):
            document(company.pk, kept.pk)

    @pytest.mark.parametrize(
        ("state", "words"), [(ScanState.WAITING, "few minutes"), (ScanState.HARMFUL, "harmful")]
    )
    def test_what_was_not_found_clean_is_not_opened(self, db, at, state, words):
        home = make.council()
        kept = keep(home, at, scan_state=state)
        with tenant(home.pk), pytest.raises(NotClean, match=words):
            document(home.pk, kept.pk)

    def test_what_was_found_clean_is(self, db, at):
        home = make.council()
        kept = keep(home, at, scan_state=ScanState.CLEAN)
        with tenant(home.pk):
            assert document(home.pk, kept.pk) == kept


class TestNobodyChangesIt:
    @pytest.mark.parametrize(
        "deed",
        [
            "UPDATE documents_document SET content = 'x'", "DELETE FROM documents_document",
            "UPDATE documents_document SET scan_state = 'CLEAN'",
            "TRUNCATE documents_document CASCADE",
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
