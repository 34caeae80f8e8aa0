"""Two price lists of one supplier at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.imports import loading
from catalogue.imports.services import price_lists, uploads
from catalogue.listings.locks import ImportUnderWay, hold_listings
from catalogue.listings.services import change_listing
from catalogue.models import CategoryCount, Listing, Upload
from marketplace.core.models import TenantQuerySet
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations


@pytest.fixture
def seller(fresh_db, django_db_blocker):
    with django_db_blocker.unblock():
        yield organisations.actor(organisations.supplier(), "supplier")


def at_once(*deeds):
    """Do the deeds in threads, each on a connection of its own; return answers or errors."""

    def alone(deed):
        try:
            return deed()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(alone, deeds))


def rows(price):
    return [make.row(part_number=f"P{i}", unit_price=price) for i in range(50)]


def wait_after_copying(monkeypatch, *, lock):
    """Let both files be copied before either is written."""
    barrier = Barrier(2, timeout=20)
    original = loading.leave_out_repeated

    def met(most):
        barrier.wait()
        return original(most)

    monkeypatch.setattr(loading, "leave_out_repeated", met)
    if not lock:
        monkeypatch.setattr(price_lists, "hold_listings", lambda supplier_id: None)
        compared = loading.compare

        def both_compared(delivery):
            found = compared(delivery)
            barrier.wait()
            return found

        monkeypatch.setattr(loading, "compare", both_compared)


def send_two(seller, at, *wrong, **facts):
    return at_once(
        *(
            lambda p=price: make.load(seller, [*rows(p), *wrong], at=at, **facts)
            for price in ("1", "2")
        )
    )


def test_one_waits_for_the_other_and_sees_what_it_did(seller, at, monkeypatch):
    wait_after_copying(monkeypatch, lock=True)
    reports = send_two(seller, at)
    assert sorted((each.new_count, each.changed_count) for each in reports) == [(0, 50), (50, 0)]
    with tenant(seller.organisation_id):
        assert Listing.objects.count() == 50
        assert Listing.objects.values("unit_price").distinct().count() == 1
        assert CategoryCount.objects.get().live_count == 50


def test_the_race_is_real_without_the_lock(seller, at, monkeypatch):
    """Negative control: without the lock both think that every row is new, and one breaks."""
    wait_after_copying(monkeypatch, lock=False)
    answers = send_two(seller, at)
    assert sum(isinstance(each, Exception) for each in answers) == 1


WRONG = {"part_number": "P-wrong", "unit": "fathom"}


def test_the_good_rows_of_two_lists_wait_for_one_another_too(seller, at, monkeypatch):
    make.load(seller, [make.row(part_number="P-wrong", unit_price="7")], at=at)
    wait_after_copying(monkeypatch, lock=True)
    reports = send_two(
        seller, at + timedelta(days=1), make.row(**WRONG), good_rows=True, withdraw_missing=True
    )
    assert sorted((each.new_count, each.changed_count) for each in reports) == [(0, 50), (50, 0)]
    assert [(each.left_out_count, each.withdrawn_count) for each in reports] == [(1, 0), (1, 0)]
    with tenant(seller.organisation_id):
        left = Listing.objects.get(part_number="P-wrong")
        assert (left.unit_price, left.status, left.version) == (7, "LIVE", 1)
        assert Listing.objects.count() == 51


def test_the_race_of_good_rows_is_real_without_the_lock(seller, at, monkeypatch):
    """Negative control: without the lock both think that every good row is new."""
    wait_after_copying(monkeypatch, lock=False)
    answers = send_two(seller, at, make.row(**WRONG), good_rows=True)
    assert sum(isinstance(each, Exception) for each in answers) == 1


def confirm_twice_at_once(seller, at, monkeypatch, *, lock, wrong=()):
    """Confirm one list in two threads, which meet when each has seen that nobody has yet."""
    with tenant(seller.organisation_id):
        run_id = make.load(seller, [*rows("1"), *wrong], at=at, dry_run=True).run_id
    if not lock:
        barrier = Barrier(2, timeout=20)
        owe = uploads._owe

        def met(*given):
            barrier.wait()
            return owe(*given)

        monkeypatch.setattr(uploads, "_owe", met)
        monkeypatch.setattr(TenantQuerySet, "lock", TenantQuerySet.one)

    def confirm():
        with tenant(seller.organisation_id):
            return uploads.confirm_price_list(
                supplier=seller, run_id=run_id, at=at, good_rows=bool(wrong)
            ).pk

    return at_once(confirm, confirm)


BOTH = pytest.mark.parametrize("wrong", [(), (WRONG,)], ids=["whole", "good-rows"])


@BOTH
def test_a_list_that_is_confirmed_twice_at_once_is_taken_in_once(seller, at, monkeypatch, wrong):
    wrong = [make.row(**each) for each in wrong]
    first, second = confirm_twice_at_once(seller, at, monkeypatch, lock=True, wrong=wrong)
    assert first == second
    with tenant(seller.organisation_id):
        assert Upload.objects.count() == 1


@BOTH
def test_without_the_lock_only_the_database_keeps_it_from_being_so(seller, at, monkeypatch, wrong):
    """Negative control: both see that nobody has confirmed it, and the constraint breaks one."""
    wrong = [make.row(**each) for each in wrong]
    answers = confirm_twice_at_once(seller, at, monkeypatch, lock=False, wrong=wrong)
    assert sum(isinstance(each, IntegrityError) for each in answers) == 1


def test_whoever_waits_too_long_is_told_so(seller, at):
    make.load(seller, rows("1"), at=at)
    with tenant(seller.organisation_id):
        listing = Listing.objects.first()

    def impatient(deed):
        with tenant(seller.organisation_id), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
            return deed()

    def send():
        return impatient(lambda: make.load(seller, rows("2"), at=at))

    def change():
        return impatient(
            lambda: change_listing(
                supplier=seller, listing_id=listing.pk, version=1, changes={"name": "X"}, at=at
            )
        )

    with transaction.atomic():
        hold_listings(seller.organisation_id)
        answers = at_once(send, change)
    assert [type(each) for each in answers] == [ImportUnderWay, ImportUnderWay]


def test_two_suppliers_do_not_wait_for_one_another(seller, at):
    other = organisations.actor(organisations.supplier(), "supplier")
    with transaction.atomic():
        hold_listings(other.organisation_id)
        (report,) = at_once(lambda: make.load(seller, rows("1"), at=at))
    assert report.new_count == 50
