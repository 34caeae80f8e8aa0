"""Writing the trail."""

import json
import os
import threading

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from marketplace.audit.models import ChainHead, Event
from marketplace.audit.selectors import chain_verdict, events_of, timeline
from marketplace.core.actors import Role
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for, stewardship, tenant
from tests.factories.audit import write
from tests.factories.organisations import actor, council, supplier


def appends(connection, chain, at, body):
    """Tell whether a connection may add to a chain."""
    facts = json.loads(body) | {
        "id": str(uuid7()),
        "chain": str(chain),
        "at": at.isoformat(),
        "subject_type": "x.x", "subject_id": str(chain), "subject_reference": "", "actor_id": None,
        "actor_name": "", "before": {}, "after": {}, "note": "", "request_id": "",
    }  # fmt: skip
    try:
        connection.execute("SELECT audit_append(%s)", [json.dumps(facts)])
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


@pytest.mark.django_db
class TestRecord:
    def test_costs_one_statement(self, at):
        home = council()
        with tenant(home.pk), CaptureQueriesContext(connection) as queries:
            write(home, at)
        assert len(queries) == 1

    def test_counts_places_and_chains_hashes(self, at):
        home = council()
        with tenant(home.pk):
            write(home, at, 3)
            first, second, third = timeline(home)
            assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
            assert bytes(first.previous_hash) == bytes(32)
            assert bytes(third.previous_hash) == bytes(second.hash)
            assert chain_verdict(home.pk).breaks == ()

    def test_keeps_who_and_what(self, at):
        home = council()
        who = actor(home, Role.BUYER, name="Ada")
        with tenant(home.pk):
            write(home, at, actor=who, note="because")
            event = timeline(home).get()
        assert (event.actor_name, event.actor_id, event.note) == ("Ada", who.user_id, "because")
        assert (event.before, event.after) == ({"name": "Old"}, {"name": "New 0"})

    def test_is_undone_with_its_transaction(self, at):
        home = council()
        with tenant(home.pk):
            with transaction.atomic():
                write(home, at)
                transaction.set_rollback(True)
            write(home, at)
            assert timeline(home).get().sequence == 1

    def test_the_other_side_may_read_it_and_nobody_else(self, at):
        home, company, stranger = council(), supplier(), council()
        with tenant(home.pk):
            write(home, at, counterparty_id=company.pk)
        for who, seen in ((home, 1), (company, 1), (stranger, 0)):
            with tenant(who.pk):
                assert events_of(who.pk).count() == seen
                assert Event.objects.count() == seen


@pytest.mark.django_db
class TestNobodyChangesIt:
    @pytest.mark.parametrize(
        "deed",
        [
            "UPDATE audit_event SET note = 'x'",
            "DELETE FROM audit_event",
            "INSERT INTO audit_event SELECT * FROM audit_event",
            "TRUNCATE audit_event",
            "UPDATE audit_chainhead SET sequence = 9",
            "DELETE FROM audit_chainhead",
        ],
    )
    @pytest.mark.parametrize("steward", [False, True])
    def test_through_the_applications_roles(self, at, deed, steward):
        home = council()
        act_for(home.pk)
        write(home, at)
        with transaction.atomic(), connection.cursor() as cursor:
            if steward:
                cursor.execute("SET LOCAL ROLE marketplace_steward")
            with pytest.raises(ProgrammingError, match="permission denied"):
                cursor.execute(deed)
            transaction.set_rollback(True)


class TestTheWebsOwnLogin:
    def test_a_web_process_adds_only_to_its_own_dealings(self, fresh_db, at):
        """The web's own login: the worker's may become the steward, so more is open to it."""
        home, company = council(), supplier()
        body = json.dumps({"verb": "x.done", "counterparty_id": str(company.pk)})
        alone = json.dumps({"verb": "x.done", "counterparty_id": None})
        with psycopg.connect(os.environ["DATABASE_WEB_URL"], autocommit=True) as web:
            for acts_for, words, may in (
                (home.pk, alone, True),
                (company.pk, body, True),
                (company.pk, alone, False),
                ("", alone, False),
            ):
                web.execute(
                    "SELECT set_config('marketplace.organisation', %s, false)", [str(acts_for)]
                )
                assert appends(web, home.pk, at, words) is may


class TestManyAtOnce:
    def test_one_chain_without_gaps(self, fresh_db, django_db_blocker, at):
        with django_db_blocker.unblock():
            home = council()

            def append():
                try:
                    with tenant(home.pk):
                        write(home, at, 25)
                finally:
                    connection.close()

            threads = [threading.Thread(target=append) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with stewardship():
                verdict = chain_verdict(home.pk)
                assert ChainHead.objects.get(chain=home.pk).sequence == 150
        assert (verdict.events, verdict.breaks) == (150, ())


@pytest.mark.django_db
class TestConstraints:
    def test_the_owner_cannot_change_a_row_either(self, at):
        """Even the tables' owner meets the trigger; only switching it off lets a change through."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass"
                " AND NOT tgisinternal AND tgenabled = 'O' ORDER BY 1"
            )
            assert [name for (name,) in cursor.fetchall()] == [
                "audit_event_append_only",
                "audit_event_no_truncate",
            ]

    def test_named_constraints_stand(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_event'::regclass"
            )
            names = {name for (name,) in cursor.fetchall()}
        assert {"event_one_a_place", "event_sequence_counts"} <= names
