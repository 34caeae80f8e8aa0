"""Asking for one's own rows, and holding them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import date
from threading import Event
from time import monotonic
from uuid import UUID

import pytest
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils.translation import override

from marketplace.core.errors import Busy, Missing
from marketplace.core.ids import uuid7
from marketplace.core.models import Stateful
from marketplace.core.states import IllegalMove, Machine, move
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import LinkStatus, Membership, SupplierLink
from tests.factories import organisations as make


@pytest.fixture
def link(db):
    return make.link(make.council(), make.supplier())


class TestOf:
    def test_starts_from_one_organisations_rows(self, link):
        make.link(make.council(), make.supplier())
        with stewardship():
            assert list(SupplierLink.objects.of(link.council_id)) == [link]

    def test_a_row_of_two_sides_belongs_to_both(self, link):
        with stewardship():
            assert list(SupplierLink.objects.of(link.supplier_id)) == [link]

    def test_can_be_narrowed_and_keeps_its_wall(self, link):
        with stewardship():
            asked = SupplierLink.objects.filter(status="ACTIVE").of(uuid7()).filter(pk=link.pk)
            assert list(asked) == []


@pytest.mark.parametrize("ask", ["one", "lock"])
class TestOneRow:
    def test_finds_its_own(self, link, ask):
        with tenant(link.council_id):
            assert getattr(SupplierLink.objects.of(link.council_id), ask)(link.pk) == link

    def test_anothers_is_missing_and_not_forbidden(self, link, ask):
        with stewardship(), pytest.raises(Missing, match="There is no such supplier here"):
            getattr(SupplierLink.objects.of(uuid7()), ask)(link.pk)

    def test_is_missing_without_of_too_since_the_wall_stands(self, link, ask):
        with tenant(make.council().pk), pytest.raises(Missing):
            getattr(SupplierLink.objects.all(), ask)(link.pk)

    @pytest.mark.parametrize(
        "key", [UUID("0193c5a0-0000-7000-8000-00000000dead"), "not a key", "", "0" * 500]
    )
    def test_what_is_no_key_is_missing_too(self, link, ask, key):
        with tenant(link.council_id), pytest.raises(Missing):
            getattr(SupplierLink.objects.of(link.council_id), ask)(key)


@pytest.mark.parametrize("ask", ["one", "lock"])
class TestByKey:
    """A row asked for by its key, of an organisation's whole or of a part of it."""

    def test_is_the_whole_row(self, link, ask):
        with tenant(link.council_id):
            row = getattr(SupplierLink.objects.of(link.council_id), ask)(str(link.pk))
            whole = SupplierLink.objects.get(pk=link.pk)
        assert {each.attname: getattr(row, each.attname) for each in row._meta.fields} == {
            each.attname: getattr(whole, each.attname) for each in row._meta.fields
        }
        assert row.get_deferred_fields() == set()

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_what_else_was_asked_still_counts(self, link, ask, place):
        rows = SupplierLink.objects.all()
        rows = rows.exclude(pk=link.pk) if place == "before" else rows
        rows = rows.of(link.council_id)
        rows = rows.exclude(pk=link.pk) if place == "after" else rows
        with tenant(link.council_id), pytest.raises(Missing):
            getattr(rows, ask)(link.pk)

    @pytest.mark.parametrize("whose", ["council", "supplier"])
    def test_of_two_organisations_at_once_is_neither_alone(self, link, ask, whose):
        other = make.council()
        first, second = (link.council_id, other.pk)
        if whose == "supplier":
            first, second = second, first
        with tenant(link.council_id), pytest.raises(Missing):
            getattr(SupplierLink.objects.of(first).of(second), ask)(link.pk)

    def test_what_was_left_out_is_left_out(self, link, ask):
        rows = SupplierLink.objects.defer("is_local").of(link.council_id)
        with tenant(link.council_id):
            assert getattr(rows, ask)(link.pk).get_deferred_fields() == {"is_local"}


class TestLock:
    def test_needs_a_transaction(self, fresh_db):
        link = make.link(make.council(), make.supplier())
        with tenant(link.council_id), pytest.raises(TransactionManagementError):
            SupplierLink.objects.of(link.council_id).lock(link.pk)

    def test_is_one_statement_that_lets_others_refer_to_the_row(self, link):
        with tenant(link.council_id), CaptureQueriesContext(connection) as said:
            SupplierLink.objects.of(link.council_id).lock(link.pk)
        (statement,) = [each["sql"] for each in said if "supplierlink" in each["sql"]]
        assert "FOR NO KEY UPDATE OF" in statement

    def test_holds_several_in_the_order_of_their_keys(self, db):
        council = make.council()
        links = [make.link(council, make.supplier()) for _ in range(5)]
        with tenant(council.pk):
            held = SupplierLink.objects.of(council.pk).lock_all([x.pk for x in reversed(links)])
            assert [each.pk for each in held] == sorted(each.pk for each in links)
            assert SupplierLink.objects.of(council.pk).lock_all([]) == []

    def test_leaves_out_what_is_somebody_elses(self, link):
        other = make.link(make.council(), make.supplier())
        with tenant(link.council_id):
            held = SupplierLink.objects.of(link.council_id).lock_all([link.pk, other.pk])
        assert held == [link]

    def test_holds_all_that_is_asked_for_in_one_statement(self, link):
        other = make.link(make.council(), make.supplier())
        rows = SupplierLink.objects.of(link.council_id)
        with tenant(link.council_id), CaptureQueriesContext(connection) as said:
            assert rows.filter(pk__in=[link.pk, other.pk]).hold() == [link]
            assert rows.exclude(pk=link.pk).hold() == []
        statements = [each["sql"] for each in said if "supplierlink" in each["sql"]]
        assert len(statements) == 2
        assert all("ORDER BY" in each and "FOR NO KEY UPDATE OF" in each for each in statements)


class TestAddIfNew:
    def test_writes_the_whole_row_once(self, link):
        twin = copy(link)
        twin.pk, twin.supplier_id = uuid7(), make.supplier().pk
        with tenant(link.council_id):
            assert SupplierLink.objects.add_if_new(twin)
            kept = SupplierLink.objects.get(pk=twin.pk)
            assert model_to_dict(kept) == model_to_dict(twin)
            again = copy(twin)
            again.pk = uuid7()
            again._state.adding = True
            assert not SupplierLink.objects.add_if_new(again)
            assert SupplierLink.objects.filter(supplier_id=twin.supplier_id).get() == twin

    def test_what_was_written_can_be_saved_again(self, link):
        twin = copy(link)
        twin.pk, twin.supplier_id = uuid7(), make.supplier().pk
        twin._state.adding = True
        with tenant(link.council_id):
            SupplierLink.objects.add_if_new(twin)
            twin.save()
            assert SupplierLink.objects.of(link.council_id).count() == 2


def change_together(council_id, link_id, *, held: Event, go: Event) -> None:
    """Hold a row until told to let it go."""
    with tenant(council_id), transaction.atomic():
        SupplierLink.objects.of(council_id).lock(link_id)
        held.set()
        assert go.wait(20)
    connection.close()


class TestLockAgainstOthers:
    @pytest.fixture
    def held(self, module_db):
        """A row that another connection holds until the test ends."""
        link = make.link(make.council(), make.supplier())
        held, go = Event(), Event()
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(change_together, link.council_id, link.pk, held=held, go=go)
            assert held.wait(20)
            yield link
            go.set()
            other.result()

    def test_is_busy_when_somebody_holds_the_row_for_too_long(self, held):
        with tenant(held.council_id), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '100ms'")
            begun = monotonic()
            with pytest.raises(Busy, match="Please try again"):
                SupplierLink.objects.of(held.council_id).lock(held.pk)
            assert 0.09 < monotonic() - begun < 2
            transaction.set_rollback(True)

    def test_a_new_row_that_refers_to_a_held_one_does_not_wait(self, module_db):
        council = make.council()
        with ThreadPoolExecutor(1) as pool:
            held, go = Event(), Event()

            def hold() -> None:
                with stewardship(), transaction.atomic():
                    type(council).objects.select_for_update(no_key=True).get(pk=council.pk)
                    held.set()
                    assert go.wait(20)
                connection.close()

            other = pool.submit(hold)
            assert held.wait(20)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            make.person(council, "buyer")  # would be refused after a second
            go.set()
            other.result()
            with stewardship():
                assert Membership.objects.filter(organisation=council).count() == 1

    def test_two_that_hold_the_same_rows_never_deadlock(self, module_db):
        council = make.council()
        keys = [make.link(council, make.supplier()).pk for _ in range(6)]

        def hold(order: int) -> int:
            wanted = keys if order % 2 else list(reversed(keys))
            done = 0
            for _ in range(20):
                with tenant(council.pk), transaction.atomic():
                    done += len(SupplierLink.objects.of(council.pk).lock_all(wanted))
            connection.close()
            return done

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(hold, range(6))) == [120] * 6

    def test_two_that_hold_one_row_after_another_do_and_it_is_told_as_busy(self, module_db):
        """Negative control: one at a time, in opposite orders, the database must end one."""
        council = make.council()
        keys = [make.link(council, make.supplier()).pk for _ in range(2)]
        first_held = [Event(), Event()]

        def hold(number: int) -> str:
            try:
                with tenant(council.pk), transaction.atomic():
                    rows = SupplierLink.objects.of(council.pk)
                    rows.lock(keys[number])
                    first_held[number].set()
                    assert first_held[1 - number].wait(20)
                    rows.lock(keys[1 - number])
                return "both"
            except Busy:
                return "busy"
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(hold, range(2))) == ["both", "busy"]


@isolate_apps("marketplace.config")
def test_a_stateful_row_moves_by_its_table_and_tells_its_status_in_words():
    class Shut(models.TextChoices):
        OPEN = "OPEN", "open to all"
        SHUT = "SHUT", "shut for good"

    class Door(Stateful):
        machine = Machine(move("shut", Shut.OPEN, Shut.SHUT))
        status = models.CharField(max_length=5, choices=Shut, default=Shut.OPEN)

        class Meta:
            app_label = "config"

    door = Door()
    assert door.verbs() == ["shut"]
    door.move("shut")
    assert (door.status, door.verbs()) == (Shut.SHUT, [])
    assert Door().check_move("shut") == Shut.SHUT
    for way in (door.move, door.check_move):
        with override("en-gb"), pytest.raises(IllegalMove, match="shut for good") as refused:
            way("shut")
    assert refused.value.facts == {"verb": "shut", "current_status": "SHUT"}
    assert door.status == Shut.SHUT


def test_a_key_is_there_before_the_row_is_kept():
    one, other = (SupplierLink(since=date(2026, 4, 1)) for _ in range(2))
    assert one.pk.version == 7
    assert one.pk < other.pk
    assert one.status == LinkStatus.ACTIVE
