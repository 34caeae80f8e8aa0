"""Writing the trail: one statement, one chain an organisation, nothing in between."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier, Event
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.audit.canonical import GENESIS, canonical, chained
from marketplace.audit.models import ChainHead
from marketplace.audit.models import Event as Entry
from marketplace.audit.selectors import chain_verdict
from marketplace.audit.services import record
from marketplace.core.errors import Busy
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship, tenant
from tests import servers
from tests.factories import organisations as make


def write(council, at, *, times: int = 1, verb: str = "supplier.renamed", **more) -> None:
    """Write events about a council into its chain, as itself."""
    with tenant(council.pk):
        for _ in range(times):
            record(verb, council, actor=None, at=at, organisation_id=council.pk, **more)


def events(council) -> list[Entry]:
    with stewardship():
        return list(Entry.objects.filter(chain=council.pk).order_by("sequence"))


def verdict(council):
    with stewardship():
        return chain_verdict(council.pk)


class TestRecord:
    def test_keeps_who_did_what_to_which_and_when(self, db, at):
        council = make.council()
        buyer = make.actor(council, "buyer", name="Ada Buyer")
        subject = make.supplier(name="Acme")
        with tenant(council.pk):
            record(
                "supplier.suspended", subject, actor=buyer, at=at, organisation_id=council.pk,
                counterparty_id=subject.pk, before={"limit": Decimal("1.50")}, after={"on": at},
                note="They asked.",
            )  # fmt: skip
        (kept,) = events(council)
        assert (kept.verb, kept.subject_type, kept.subject_id) == (
            "supplier.suspended", "organisations.organisation", subject.pk,
        )  # fmt: skip
        assert (kept.actor_id, kept.actor_name, kept.at) == (buyer.user_id, "Ada Buyer", at)
        assert (kept.counterparty_id, kept.note) == (subject.pk, "They asked.")
        assert kept.before == {"limit": "1.50"}
        assert kept.after == {"on": "2026-11-23T12:00:00.000000+00:00"}

    def test_is_one_statement(self, db, at):
        council = make.council()
        with tenant(council.pk):
            record("a.begun", council, actor=None, at=at, organisation_id=council.pk)
            with CaptureQueriesContext(connection) as said:
                record("a.ended", council, actor=None, at=at, organisation_id=council.pk)
        assert len(said) == 1

    def test_a_chain_stands_from_its_first_event(self, db, at):
        council, other = make.council(), make.council()
        write(council, at, times=3)
        write(other, at)
        kept, previous = events(council), GENESIS
        for place, event in enumerate(kept, start=1):
            assert event.sequence == place
            assert bytes(event.previous_hash) == previous
            previous = chained(previous, event.body)
            assert bytes(event.hash) == previous
        assert (verdict(council).events, verdict(council).breaks) == (3, ())
        assert verdict(council).head == previous.hex()
        assert (verdict(other).events, verdict(other).breaks) == (1, ())

    def test_an_organisation_without_events_has_a_whole_chain(self, db):
        found = verdict(make.council())
        assert (found.events, found.breaks, found.head) == (0, (), GENESIS.hex())

    def test_leaves_nothing_when_the_caller_rolls_back(self, db, at):
        council = make.council()
        write(council, at)
        with transaction.atomic():
            write(council, at)
            transaction.set_rollback(True)
        write(council, at)
        assert [event.sequence for event in events(council)] == [1, 2]
        assert verdict(council).breaks == ()

    @pytest.mark.parametrize(
        "odd", ["£", "Ŵ", "𝔘", "‮", "\t\n\r", "'; DROP TABLE x; --", '"\\/', " ", "a" * 9_000]
    )
    def test_any_words_are_kept_as_they_are(self, db, at, odd):
        council = make.council()
        write(council, at, note=odd, before={"text": odd}, after={odd: [odd]})
        assert events(council)[0].note == odd
        assert verdict(council).breaks == ()

    def test_a_float_is_a_mistake_of_ours(self, db, at):
        with pytest.raises(TypeError, match="float"):
            write(make.council(), at, after={"amount": 1.5})


def append_naively(body: str) -> None:
    """How it would be done without holding the chain's end: read it, add, move it."""
    facts = json.loads(body)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        place, previous = owner.execute(
            "SELECT sequence, hash FROM audit_chainhead WHERE chain = %s", [facts["chain"]]
        ).fetchone()
        together.wait()
        owner.execute(
            "INSERT INTO audit_event (id, chain, sequence, at, verb, subject_type, subject_id,"
            " subject_reference, actor_name, before, after, note, request_id, body,"
            " previous_hash, hash) VALUES (%s, %s, %s, %s, '', '', %s, '', '', '{}', '{}', '',"
            " '', %s, %s, sha256(%s || convert_to(%s, 'UTF8')))",
            [facts["id"], facts["chain"], place + 1, facts["at"], facts["subject_id"], body,
             previous, previous, body],
        )  # fmt: skip
        owner.execute(
            "UPDATE audit_chainhead SET sequence = %s WHERE chain = %s", [place + 1, facts["chain"]]
        )


together = Barrier(2)


class TestManyWriters:
    def test_eight_at_once_make_no_gap_and_no_fork(self, module_db, at):
        council = make.council()
        start = Barrier(8)

        def work(_: int) -> None:
            start.wait()
            for _ in range(15):
                with transaction.atomic():
                    write(council, at)
            connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert [event.sequence for event in events(council)] == list(range(1, 121))
        assert verdict(council).breaks == ()

    def test_two_write_the_first_event_at_once(self, module_db, at):
        council, start = make.council(), Barrier(2)

        def work(_: int) -> None:
            with transaction.atomic():
                start.wait()
                write(council, at)
            connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        assert (verdict(council).events, verdict(council).breaks) == (2, ())

    def test_two_organisations_do_not_wait_for_each_other(self, module_db, at):
        one, other = make.council(), make.council()
        write(one, at)
        held, go = Event(), Event()

        def hold() -> None:
            with transaction.atomic():
                write(one, at)
                held.set()
                assert go.wait(20)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            holding = pool.submit(hold)
            assert held.wait(20)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            write(other, at)
            with pytest.raises(Busy, match="Please try again"):
                write(one, at)
            go.set()
            holding.result()
        assert (verdict(other).events, verdict(one).events) == (1, 2)

    def test_the_race_is_real_without_the_lock(self, module_db, at):
        """Negative control: read, add and move lets two take one place; the index stops one."""
        council = make.council()
        write(council, at)

        def work(_: int) -> str:
            try:
                append_naively(body_of(council, at))
            except psycopg.errors.UniqueViolation:
                return "refused"
            return "kept"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(work, range(2))) == ["kept", "refused"]


def body_of(council, at, **more) -> str:
    """The words of an event, as `record` makes them."""
    return canonical(
        {
            "id": uuid7(), "chain": council.pk, "at": at, "verb": "supplier.forged",
            "subject_type": "organisations.organisation", "subject_id": council.pk,
            "subject_reference": "", "actor_id": None, "actor_name": "", "counterparty_id": None,
            "before": {}, "after": {}, "note": "", "request_id": "", **more,
        }
    )  # fmt: skip


CHANGES = [
    f"{change} {rest}".format(table=table)
    for table in ("audit_event", "audit_chainhead")
    for change, rest in (
        ("INSERT INTO", "{table} (chain, sequence, hash) VALUES (gen_random_uuid(), 1, '')"),
        ("UPDATE", "{table} SET sequence = 7"),
        ("DELETE FROM", "{table}"),
        ("TRUNCATE", "{table}"),
        ("ALTER TABLE", "{table} DISABLE TRIGGER ALL"),
    )
]


class TestWalls:
    @pytest.fixture
    def web(self, module_db):
        """A plain connection of the web's role."""
        with psycopg.connect(os.environ["DATABASE_WEB_URL"], autocommit=True) as connected:
            yield connected

    @pytest.fixture
    def worker(self, module_db):
        with psycopg.connect(os.environ["DATABASE_WORKER_URL"], autocommit=True) as connected:
            yield connected

    @staticmethod
    def act_for(connected: psycopg.Connection, organisation_id: UUID | str) -> None:
        connected.execute(
            "SELECT set_config('marketplace.organisation', %s, false)", [str(organisation_id)]
        )

    def test_no_role_of_the_application_changes_the_trail(self, web, worker, at):
        council = make.council()
        write(council, at)
        for connected, role in ((web, ""), (worker, ""), (worker, "marketplace_steward")):
            self.act_for(connected, council.pk)
            if role:
                connected.execute(f"SET ROLE {role}")
            for statement in CHANGES:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connected.execute(statement)
        assert verdict(council).breaks == ()

    def test_not_even_the_owner_changes_an_event(self, module_db, at):
        council = make.council()
        write(council, at)
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            for statement in (
                "UPDATE audit_event SET note = 'x'", "DELETE FROM audit_event",
                "TRUNCATE audit_event",
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only ever"):
                    owner.execute(statement)

    def test_nobody_forges_anothers_chain(self, web, at):
        mine, theirs = make.council(), make.council()
        self.act_for(web, mine.pk)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="two sides"):
            web.execute("SELECT audit_append(%s)", [body_of(theirs, at)])
        assert verdict(theirs).events == 0

    def test_nobody_in_particular_writes_to_no_chain(self, web, at):
        for chain in (make.council().pk, None):
            with pytest.raises(psycopg.Error):
                web.execute("SELECT audit_append(%s)", [body_of(make.council(), at, chain=chain)])

    @pytest.mark.parametrize("verb", ["council.renamed", "order.cancelled", "order.answered"])
    def test_the_other_side_adds_nothing_that_nobody_vouches_for(self, web, at, verb):
        council, supplier = make.council(), make.supplier()
        self.act_for(web, supplier.pk)
        forged = body_of(council, at, counterparty_id=supplier.pk, verb=verb)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="what both share"):
            web.execute("SELECT audit_append(%s)", [forged])
        assert verdict(council).events == 0

    def test_a_role_that_was_put_on_is_what_counts(self, module_db, at):
        """Where a council has one login for all, its sessions begin by putting on a role."""
        mine, theirs = make.council(), make.council()
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("SELECT audit_append(%s)", [body_of(theirs, at)])
        with psycopg.connect(servers.admin_url(module_db), autocommit=True) as admin:
            admin.execute("SET ROLE marketplace_web")
            self.act_for(admin, mine.pk)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute("SELECT audit_append(%s)", [body_of(theirs, at)])

    def test_an_organisation_reads_its_own_chain_and_its_dealings(self, db, at):
        council, other, supplier = make.council(), make.council(), make.supplier()
        write(council, at, counterparty_id=supplier.pk)
        write(council, at)
        write(other, at)
        counts = []
        for organisation in (council, other, supplier):
            with tenant(organisation.pk):
                counts.append((Entry.objects.count(), ChainHead.objects.count()))
        assert counts == [(2, 1), (1, 1), (1, 0)]
