"""How long the rows of a file may take to come into the tables."""

import time

import pytest
from django.db import connection

from catalogue.imports import loading
from catalogue.imports.services.price_lists import TooLongForOneAnswer
from catalogue.models import ImportRun
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    made = organisations.actor(organisations.supplier(), "supplier")
    with tenant(made.organisation_id):
        yield made


@pytest.fixture
def slow(monkeypatch):
    """Let each row take as long as thousands do on a busy day."""
    original = loading.content_hash

    def slowly(offer):
        time.sleep(0.5)
        return original(offer)

    monkeypatch.setattr(loading, "content_hash", slowly)


def allow(longest):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [longest])


class TestTooLongForOneAnswer:
    def test_a_file_may_take_longer_than_a_page(self, seller, slow, at):
        allow("200ms")
        assert make.load(seller, [make.row()], at=at).verdict == "DONE"

    def test_where_nothing_ends_a_statement_nothing_is_set(self, seller, at):
        allow("0")
        make.load(seller, [make.row()], at=at)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)

    def test_what_takes_longer_still_is_refused(self, seller, slow, at, monkeypatch):
        monkeypatch.setattr(loading, "LONGEST_LOAD", "200ms")
        allow("100ms")
        with pytest.raises(TooLongForOneAnswer, match="Nothing was changed") as refused:
            make.load(seller, [make.row()], at=at)
        assert refused.value.errors[0].pointer == "file"
        assert not ImportRun.objects.exists()
