"""What the database refuses of documents, whoever goes round the services."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import tenant
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("shared", [True, False])
def test_the_same_document_is_kept_once(at, shared):
    """Also between a council and nobody: two that have no other side have the same one."""
    home, company = organisations.council(), organisations.supplier()
    with tenant(home.pk):
        kept = store_document(
            organisation_id=home.pk, counterparty_id=company.pk if shared else None,
            name="a.pdf", media_type="application/pdf", content=b"x", at=at,
        )  # fmt: skip
        row = Document.objects.filter(pk=kept.pk).values().get() | {"id": uuid7()}
        with pytest.raises(IntegrityError, match='"document_kept_once"'), transaction.atomic():
            Document.objects.create(**row)
        for another in ({"name": "b.pdf"}, {"sha256": "0" * 64}, {"from_outside": True}):
            Document.objects.create(**{**row, "id": uuid7(), **another})
