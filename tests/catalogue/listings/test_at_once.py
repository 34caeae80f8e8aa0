"""Two people of one supplier who offer the same part number at the same time."""

from threading import Barrier

import pytest
from django.db import IntegrityError

from catalogue.listings import services
from catalogue.listings.services import PartNumberTaken, add_listing
from catalogue.models import Listing
from marketplace.core.tenancy import tenant
from tests.catalogue.imports.test_at_once import at_once
from tests.factories import catalogue as make
from tests.factories import organisations


@pytest.fixture
def seller(fresh_db, django_db_blocker):
    with django_db_blocker.unblock():
        yield organisations.actor(organisations.supplier(), "supplier")


def both(seller, at):
    def add():
        with tenant(seller.organisation_id):
            return add_listing(supplier=seller, facts=make.row(part_number="A1"), at=at)

    answers = at_once(add, add)
    with tenant(seller.organisation_id):
        assert Listing.objects.count() == 1
    return sorted(type(each).__name__ for each in answers)


def meet(monkeypatch, name):
    """Let both come to a step of the service before either goes on."""
    barrier = Barrier(2, timeout=20)
    step = getattr(services, name)

    def met(*args):
        barrier.wait()
        return step(*args)

    monkeypatch.setattr(services, name, met)


def test_one_is_told_that_it_is_taken(seller, at, monkeypatch):
    meet(monkeypatch, "hold_listings")
    assert both(seller, at) == [Listing.__name__, PartNumberTaken.__name__]


def test_the_race_is_real_without_the_lock(seller, at, monkeypatch):
    """Negative control: unheld, both find the number free, and the database has to refuse one."""
    monkeypatch.setattr(services, "hold_listings", lambda supplier_id: None)
    meet(monkeypatch, "content_hash")
    assert both(seller, at) == [IntegrityError.__name__, Listing.__name__]
