"""Handing documents out: to whoever may read what they belong to, and to nobody else."""

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.test import Client

from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from tests.factories.organisations import council, person, sign_in, supplier

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 the order"


def keep(home, at, company=None, **facts):
    chosen = {"name": "order.pdf", "media_type": "application/pdf", "content": PDF, **facts}
    with tenant(home.pk):
        return store_document(
            organisation_id=home.pk,
            counterparty_id=company.pk if company else None,
            at=at,
            **chosen,
        )


def fetch(membership, document):
    client = Client()
    if membership:
        sign_in(client, membership)
    return client.get(f"/documents/{document.pk}/")


class TestDocument:
    def test_an_auditor_gets_the_exact_bytes_of_what_belongs_to_nothing(self, at):
        home = council()
        answer = fetch(person(home, Role.AUDITOR), keep(home, at))
        assert answer.content == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]

    def test_nobody_else_learns_that_it_is_there(self, at):
        home, company = council(), supplier()
        kept = keep(home, at, company)
        for someone in (
            person(council(), Role.ADMINISTRATOR), person(supplier()), person(company),
            person(home, Role.BUYER), person(council(), Role.AUDITOR),
        ):  # fmt: skip
            assert fetch(someone, kept).status_code == 404

    def test_a_stranger_signs_in_first(self, at):
        kept = keep(council(), at)
        assert fetch(None, kept).headers["Location"].startswith("/account/login/")

    def test_what_is_not_a_pdf_is_only_ever_saved(self, at):
        home = council()
        kept = keep(home, at, name='a"b\r\n<x>.html', media_type="text/html", content=b"<script>")
        answer = fetch(person(home, Role.AUDITOR), kept)
        assert answer["Content-Disposition"] == 'attachment; filename="a-b--x-.html"'
        assert "sandbox" in answer["Content-Security-Policy"]


class TestStoreDocument:
    def test_the_same_bytes_are_one_document(self, at):
        home = council()
        assert keep(home, at).pk == keep(home, at).pk
        assert keep(home, at).pk != keep(home, at, content=b"other").pk
        assert keep(home, at).pk != keep(council(), at).pk

    def test_is_never_changed(self, at):
        home = council()
        kept = keep(home, at)
        with tenant(home.pk):
            for deed in (
                lambda: Document.objects.filter(pk=kept.pk).update(name="x"),
                lambda: Document.objects.filter(pk=kept.pk)._raw_delete("default"),
            ):
                with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
                    deed()

    def test_one_side_cannot_add_in_the_others_name(self, at):
        home, company = council(), supplier()
        facts = {"name": "x", "media_type": "text/plain", "content": b"x", "at": at}
        refused = pytest.raises(Exception, match="row-level security")
        with tenant(company.pk), refused, transaction.atomic():
            store_document(organisation_id=home.pk, counterparty_id=company.pk, **facts)
