"""The last wall: who a connection acts for, and what it sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for, acting, clear, stewardship, tenant
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.organisations.models import Organisation, SupplierLink
from tests import servers
from tests.factories import organisations as make

NOBODY = ("", "")


def backend() -> int:
    """The process of the database server that answers this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def in_role() -> str:
    """The database role that this connection is in now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def end_backend(pid: int) -> None:
    """End the process of the database server that answers somebody's connection."""
    with psycopg.connect(servers.admin_url(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])


def fail_in_sql() -> None:
    """Put the present transaction into an error that only a rollback ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


@pytest.mark.django_db
class TestTenant:
    def test_nests_and_gives_back_who_it_was_before(self):
        outer, inner, person = uuid7(), uuid7(), uuid7()
        with tenant(outer, person):
            with tenant(inner):
                assert acting() == (str(inner), "")
            assert acting() == (str(outer), str(person))
        assert acting() == NOBODY

    def test_gives_back_after_a_mistake_in_the_program(self):
        with pytest.raises(ZeroDivisionError), tenant(uuid7()):
            raise ZeroDivisionError
        assert acting() == NOBODY

    def test_tells_the_error_of_the_statement_and_not_one_of_its_own(self):
        with (
            pytest.raises(DatabaseError, match="division by zero"),
            transaction.atomic(),
            tenant(uuid7()),
        ):
            fail_in_sql()
        assert acting() == NOBODY

    def test_a_rollback_gives_back_what_was_set_before_it(self):
        outer = uuid7()
        with tenant(outer):
            with pytest.raises(DatabaseError), transaction.atomic(), tenant(uuid7()):
                fail_in_sql()
            assert acting() == (str(outer), "")
        assert acting() == NOBODY

    def test_works_on_inside_after_an_inner_savepoint_was_rolled_back(self):
        own = uuid7()
        with tenant(own):
            with pytest.raises(DatabaseError), transaction.atomic():
                fail_in_sql()
            assert acting() == (str(own), "")

    def test_nobody_may_be_named_too(self):
        with tenant(uuid7()), tenant(None):
            assert acting() == NOBODY

    @pytest.mark.parametrize("odd", ["' OR true --", "not-a-key"])
    def test_what_is_no_key_is_nobody_and_no_sql(self, odd):
        with tenant(odd), pytest.raises(DatabaseError, match="uuid"), transaction.atomic():
            list(SupplierLink.objects.all())


class TestTenantOverBreaks:
    def test_a_connection_that_is_lost_within_hides_no_error(self, module_db):
        def lose_it_within() -> None:
            with tenant(uuid7()):
                end_backend(backend())
                acting()

        with pytest.raises(DatabaseError, match=r"terminat|closed"):
            lose_it_within()
        connection.close()
        assert acting() == NOBODY


@pytest.mark.django_db
class TestStewardship:
    def test_nests(self):
        before = in_role()
        with stewardship():
            with stewardship():
                pass
            assert in_role() == "marketplace_steward"
        assert in_role() == before

    def test_ends_after_an_error_of_the_database(self):
        with pytest.raises(DatabaseError, match="division"), transaction.atomic(), stewardship():
            fail_in_sql()
        assert in_role() == "marketplace_worker"

    def test_without_it_the_worker_sees_no_tenant(self, at):
        council, supplier = make.council(), make.supplier()
        make.link(council, supplier)
        assert SupplierLink.objects.count() == 0
        with stewardship():
            assert SupplierLink.objects.count() == 1


def test_the_database_refuses_stewardship_to_the_web(as_web):
    with as_web():
        with (
            pytest.raises(ProgrammingError, match="permission denied to set role"),
            stewardship(),
        ):
            pass
        assert in_role() == "marketplace_web"


@pytest.fixture(scope="module")
def pair(module_db):
    """Two councils, each with one document of its own, really kept."""
    councils = make.council(), make.council()
    for council in councils:
        with tenant(council.pk):
            store_document(
                organisation_id=council.pk, name="own.txt", media_type="text/plain",
                content=council.slug.encode(), at=datetime.now(UTC),
            )  # fmt: skip
    return councils


class TestTheWall:
    def test_nobody_sees_nothing_whatever_the_query_says(self, pair, as_web):
        with as_web():
            assert Document.objects.count() == 0
            assert Document._base_manager.count() == 0
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM documents_document WHERE true OR true")
                assert cursor.fetchone() == (0,)

    def test_each_sees_its_own(self, pair, as_web):
        with as_web():
            for council in pair:
                with tenant(council.pk):
                    (found,) = Document.objects.all()
                    assert bytes(found.content) == council.slug.encode()

    def test_nobody_writes_for_another(self, pair, as_web, at):
        mine, theirs = pair
        with as_web(), tenant(mine.pk):
            with pytest.raises(ProgrammingError, match="row-level security"):
                store_document(
                    organisation_id=theirs.pk, name="x", media_type="text/plain", content=b"x",
                    at=at,
                )  # fmt: skip
            assert SupplierLink.objects.filter(council=theirs).update(reason="x") == 0
            assert SupplierLink.objects.filter(council=theirs).delete()[0] == 0

    def test_nothing_that_a_foreign_key_reaches_leaks(self, pair, as_web):
        mine, theirs = pair
        with as_web(), tenant(mine.pk):
            assert list(theirs.memberships.all()) == []

    def test_a_row_cannot_be_given_away(self, as_web):
        council, other, supplier = make.council(), make.council(), make.supplier()
        link = make.link(council, supplier)
        with as_web(), tenant(council.pk), pytest.raises(ProgrammingError, match="row-level"):
            SupplierLink.objects.filter(pk=link.pk).update(council=other)

    def test_the_web_founds_no_organisation(self, pair, as_web):
        with as_web(), pytest.raises(ProgrammingError, match="row-level security"):
            Organisation.objects.create(kind="COUNCIL", name="By the web", slug="by-the-web")

    def test_the_web_makes_and_drops_no_table(self, as_web):
        for statement in (
            "CREATE TABLE x (y int)",
            "DROP TABLE documents_document",
            "ALTER TABLE documents_document DISABLE ROW LEVEL SECURITY",
            "DROP POLICY documents_document_seen ON documents_document",
            "TRUNCATE documents_document",
            "SET ROLE marketplace_owner",
            "SET ROLE postgres",
            "SET SESSION AUTHORIZATION postgres",
        ):
            with (
                as_web(),
                connection.cursor() as cursor,
                pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
            ):
                cursor.execute(statement)

    def test_switching_row_security_off_shows_an_error_and_no_row(self, pair, as_web):
        with as_web(), connection.cursor() as cursor:
            cursor.execute("SET row_security = off")
            with pytest.raises(DatabaseError, match="row-level security"):
                cursor.execute("SELECT * FROM documents_document")


class TestOnePooledConnection:
    """Everybody's requests share one connection, the worst case that a pool can make."""

    def test_two_tenants_in_turn_never_see_each_other(self, pair, as_web):
        backends = set()
        for turn in range(20):
            council = pair[turn % 2]
            with as_web():
                backends.add(backend())
                assert acting() == NOBODY, "the one before has left its name behind"
                assert Document.objects.count() == 0
                act_for(council.pk, uuid7())  # and nothing clears it but the pool
                (found,) = Document.objects.all()
                assert bytes(found.content) == council.slug.encode()
        assert len(backends) == 1

    def test_eight_threads_at_once_each_see_only_their_own(self, pair, as_web):
        together = Barrier(8)

        def visit(number: int) -> list[bytes]:
            council, seen = pair[number % 2], []
            together.wait()
            for _ in range(15):
                with as_web():
                    assert Document.objects.count() == 0
                    act_for(council.pk)
                    seen += [bytes(each.content) for each in Document.objects.all()]
            return seen

        with ThreadPoolExecutor(8) as pool:
            for number, seen in enumerate(pool.map(visit, range(8))):
                assert set(seen) == {pair[number % 2].slug.encode()}
                assert len(seen) == 15

    @pytest.mark.parametrize("how", ["error in a transaction", "transaction left open", "role"])
    def test_a_request_that_ended_badly_leaves_nothing_behind(self, pair, as_web, how):
        with as_web():
            act_for(pair[0].pk)
            first = backend()
            connection.set_autocommit(False)
            if how == "error in a transaction":
                with pytest.raises(DatabaseError):
                    fail_in_sql()
            elif how == "transaction left open":
                Document.objects.count()
            else:
                with connection.cursor() as cursor:
                    cursor.execute("SET ROLE marketplace_web")
        with as_web():
            assert (acting(), Document.objects.count(), in_role()) == (NOBODY, 0, "marketplace_web")
            assert backend() == first

    def test_the_name_would_stay_without_the_pools_reset(self, pair, as_web):
        """Negative control: so it is the reset that the tests above are about."""
        with as_web(tidy=False):
            act_for(pair[0].pk)
        with as_web(tidy=False):
            assert acting() == (str(pair[0].pk), "")

    def test_a_connection_that_died_is_replaced_by_one_that_is_nobodys(self, pair, as_web):
        with as_web():
            act_for(pair[0].pk)
            dead = backend()
        end_backend(dead)
        with as_web():
            try:
                seen = acting()
            except DatabaseError:  # the first to meet it hears of it; the next has another
                connection.close()
                seen = acting()
            assert seen == NOBODY
            assert backend() != dead

    def test_clear_makes_it_nobodys_at_once(self, pair, as_web):
        with as_web():
            act_for(pair[0].pk)
            clear()
            assert Document.objects.count() == 0


@pytest.mark.django_db
def test_an_append_only_row_stays_as_it_is(at):
    council = make.council()
    with tenant(council.pk):
        kept = store_document(
            organisation_id=council.pk, name="x", media_type="text/plain", content=b"x", at=at
        )
        for change in (
            lambda: Document.objects.filter(pk=kept.pk).update(name="y"),
            lambda: Document.objects.filter(pk=kept.pk).delete(),
        ):
            with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
                change()
