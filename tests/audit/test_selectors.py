"""Reading the trail, and finding every way in which it can be tampered with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from marketplace.audit.models import Event
from marketplace.audit.selectors import (
    Wanted,
    chain_verdict,
    chains,
    events_of,
    events_wanted,
    timeline,
)
from marketplace.audit.services import record
from marketplace.config.databases import database_from_url
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship, tenant
from marketplace.web.downloads import in_lots
from marketplace.web.paging import page_by_key
from tests import servers
from tests.factories import organisations as make

LENGTH = 6
COLUMNS = [field.column for field in Event._meta.concrete_fields]


@pytest.fixture
def intruder(django_db_setup, django_db_blocker):
    """A superuser who has switched off every trigger and constraint that would tell on them.

    All of a test runs on this one connection and in one transaction, which is undone at its end.
    """
    ours = connections["default"]
    url = servers.admin_url(str(ours.settings_dict["NAME"]))
    with django_db_blocker.unblock():
        wrapper = type(ours)({**ours.settings_dict, **database_from_url(url, pooled=False)})
        connections["default"] = wrapper
        try:
            with transaction.atomic(), wrapper.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute("ALTER TABLE audit_event DROP CONSTRAINT event_one_a_place")
                yield cursor
                transaction.set_rollback(True)
        finally:
            wrapper.close()
            connections["default"] = ours


@pytest.fixture
def council(intruder, at):
    """A council with six events."""
    made = make.council()
    with tenant(made.pk):
        for number in range(LENGTH):
            record(
                "supplier.renamed", made, actor=None, at=at + timedelta(minutes=number),
                organisation_id=made.pk, before={"n": number}, after={"n": number + 1},
                note=f"Note {number}.", counterparty_id=uuid7(),
            )  # fmt: skip
    return made


def breaks(council, **more) -> list[str]:
    with stewardship():
        return [
            f"{each.sequence}: {each.reason}" for each in chain_verdict(council.pk, **more).breaks
        ]


OTHER = {
    "id": "gen_random_uuid()", "chain": "gen_random_uuid()", "sequence": "sequence + 100",
    "at": "at + interval '1 microsecond'", "subject_id": "gen_random_uuid()",
    "actor_id": "gen_random_uuid()", "counterparty_id": "NULL",
    "before": """'{"n": 1.0}'""", "after": """'{"n": 99}'""",
    "previous_hash": "sha256('x')", "hash": "sha256('x')",
}  # fmt: skip


class TestTampering:
    def test_the_untouched_chain_is_whole(self, council):
        assert breaks(council) == []

    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("place", [1, 3, LENGTH])
    def test_a_changed_column_is_found(self, council, intruder, column, place):
        other = OTHER.get(column, f"{column} || 'x'")
        intruder.execute(
            f"UPDATE audit_event SET {column} = {other} WHERE chain = %s AND sequence = %s",
            [council.pk, place],
        )
        assert breaks(council)

    def test_changed_words_with_columns_to_match_are_found(self, council, intruder):
        intruder.execute(
            "UPDATE audit_event SET note = 'Note X.', body = replace(body, 'Note 2.', 'Note X.')"
            " WHERE sequence = 3"
        )
        assert breaks(council) == ["3: Its words were changed after it was recorded."]

    def test_and_with_their_hash_made_anew_too(self, council, intruder):
        intruder.execute(
            "UPDATE audit_event SET note = 'Note X.', body = replace(body, 'Note 2.', 'Note X.'),"
            " hash = sha256(previous_hash || convert_to(replace(body, 'Note 2.', 'Note X.'),"
            " 'UTF8')) WHERE sequence = 3"
        )
        assert breaks(council) == ["4: It does not stand on the event before it."]

    @pytest.mark.parametrize("place", range(1, LENGTH + 1))
    def test_a_removed_event_is_found(self, council, intruder, place):
        intruder.execute("DELETE FROM audit_event WHERE sequence = %s", [place])
        assert breaks(council)

    def test_a_removed_event_is_found_when_the_others_close_the_gap(self, council, intruder):
        intruder.execute("DELETE FROM audit_event WHERE sequence = 3")
        intruder.execute("UPDATE audit_event SET sequence = sequence - 1 WHERE sequence > 3")
        intruder.execute("UPDATE audit_chainhead SET sequence = sequence - 1")
        assert breaks(council)[0].startswith("3: It does not stand on")

    @pytest.mark.parametrize("place", [1, 4, LENGTH + 1])
    def test_an_added_event_is_found(self, council, intruder, place):
        intruder.execute(
            "UPDATE audit_event SET sequence = sequence + 1 WHERE sequence >= %s", [place]
        )
        columns = ", ".join(COLUMNS)
        chosen = columns.replace("sequence", str(place)).replace("id,", "gen_random_uuid(),", 1)
        intruder.execute(
            f"INSERT INTO audit_event ({columns}) SELECT {chosen} FROM audit_event LIMIT 1"
        )
        assert breaks(council)

    def test_a_doubled_event_is_found(self, council, intruder):
        columns = ", ".join(COLUMNS)
        intruder.execute(
            "ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey;"
            f"INSERT INTO audit_event ({columns}) SELECT {columns} FROM audit_event"
            " WHERE sequence = 3"
        )
        assert breaks(council)

    def test_two_events_that_changed_places_are_found(self, council, intruder):
        intruder.execute(
            "UPDATE audit_event SET sequence = CASE sequence WHEN 2 THEN 4 ELSE 2 END"
            " WHERE sequence IN (2, 4)"
        )
        assert breaks(council)

    @pytest.mark.parametrize("kept", [0, 1, LENGTH - 1])
    def test_an_end_that_was_cut_off_is_found(self, council, intruder, kept):
        intruder.execute("DELETE FROM audit_event WHERE sequence > %s", [kept])
        assert breaks(council) == [f"{kept}: The chain should end at event {LENGTH}."]

    def test_an_emptied_table_is_found(self, council, intruder):
        intruder.execute("TRUNCATE audit_event")
        assert breaks(council) == [f"0: The chain should end at event {LENGTH}."]

    def test_a_recorded_end_that_was_removed_is_found(self, council, intruder):
        intruder.execute("DELETE FROM audit_chainhead")
        assert breaks(council) == [f"{LENGTH}: The chain has events but no recorded end."]
        with stewardship():
            assert chains() == [council.pk]

    def test_an_event_moved_to_another_chain_is_found_in_both(self, council, intruder, at):
        other = make.council()
        with tenant(other.pk):
            record("a.begun", other, actor=None, at=at, organisation_id=other.pk)
        intruder.execute(
            "UPDATE audit_event SET chain = %s, sequence = 2 WHERE chain = %s AND sequence = %s",
            [other.pk, council.pk, LENGTH],
        )
        assert breaks(council)
        assert breaks(other)

    def test_every_break_is_told_and_not_only_the_first(self, council, intruder):
        intruder.execute("UPDATE audit_event SET note = 'x' WHERE sequence IN (2, 5)")
        assert [each[0] for each in breaks(council)] == ["2", "5"]


class TestWrittenAnew:
    """Who may do anything can write a whole chain anew; only an end kept elsewhere shows it."""

    REWRITE = """
        DO $$
        DECLARE event record; last bytea := decode(repeat('00', 32), 'hex'); words text;
        BEGIN
            FOR event IN SELECT * FROM audit_event ORDER BY sequence LOOP
                words := replace(event.body, 'Note 2.', 'Note X.');
                UPDATE audit_event SET note = replace(note, 'Note 2.', 'Note X.'), body = words,
                    previous_hash = last, hash = sha256(last || convert_to(words, 'UTF8'))
                    WHERE id = event.id RETURNING hash INTO last;
            END LOOP;
            UPDATE audit_chainhead SET hash = last;
        END $$;
    """

    def test_is_not_seen_from_within(self, council, intruder):
        intruder.execute(self.REWRITE)
        assert breaks(council) == []

    def test_is_seen_beside_an_end_that_was_published(self, council, intruder):
        with stewardship():
            published = {LENGTH: chain_verdict(council.pk).head}
        assert breaks(council, published=published) == []
        intruder.execute(self.REWRITE)
        assert breaks(council, published=published) == [
            f"{LENGTH}: It is not the event that was published in this place."
        ]

    def test_an_end_cut_off_cleanly_is_seen_beside_it_too(self, council, intruder):
        with stewardship():
            published = {LENGTH: chain_verdict(council.pk).head}
        intruder.execute("DELETE FROM audit_event WHERE sequence > 4")
        intruder.execute(
            "UPDATE audit_chainhead SET sequence = 4,"
            " hash = (SELECT hash FROM audit_event WHERE sequence = 4)"
        )
        assert breaks(council) == []
        assert breaks(council, published=published) == [
            f"{LENGTH}: It was published, and the chain ends before it."
        ]


class TestQuestions:
    def test_a_timeline_is_oldest_first_and_only_of_its_subjects(self, db, at):
        council = make.council()
        one, other = make.supplier(), make.supplier()
        with tenant(council.pk):
            for number, subject in enumerate((one, other, one)):
                record(
                    f"supplier.n{number}", subject, actor=None, at=at + timedelta(minutes=number),
                    organisation_id=council.pk,
                )  # fmt: skip
            assert [event.verb for event in timeline(one)] == ["supplier.n0", "supplier.n2"]
            assert timeline(one, other).count() == 3

    def test_an_organisations_events_are_its_chain_and_its_dealings_newest_first(self, db, at):
        council, supplier = make.council(), make.supplier()
        with tenant(council.pk):
            for number, who in enumerate((None, supplier.pk)):
                record(
                    f"order.n{number}", council, actor=None, at=at + timedelta(minutes=number),
                    organisation_id=council.pk, counterparty_id=who,
                )  # fmt: skip
            assert [e.verb for e in events_of(council.pk, 9)] == ["order.n1", "order.n0"]
        with tenant(supplier.pk):
            assert [event.verb for event in events_of(supplier.pk, 9)] == ["order.n1"]
            assert [event.verb for event in timeline(council)] == ["order.n1"]


class TestVerbs:
    """A trail is asked for one kind of deed, however long it is."""

    @pytest.mark.parametrize(
        ("beginning", "found"),
        [
            ("order", ["order.sent-again", "order.sent", "order.answered"]),
            ("ORDER.SENT", ["order.sent-again", "order.sent"]),
            ("order.a", ["order.answered"]),
            ("sent", []),
            ("%", []),
        ],
    )
    def test_are_asked_for_by_how_they_begin_on_both_sides(self, db, at, beginning, found):
        council, supplier = make.council(), make.supplier()
        verbs = ("order.answered", "order.sent", "budgets.set", "order.sent-again")
        with tenant(council.pk):
            for number, verb in enumerate(verbs):
                record(
                    verb, council, actor=None, at=at + timedelta(minutes=number),
                    organisation_id=council.pk, counterparty_id=supplier.pk,
                )  # fmt: skip
        for side in (council, supplier):
            with tenant(side.pk):
                parts = events_wanted(side.pk, Wanted(verb=beginning))
                rows = page_by_key(parts, None, keys=("-at", "-id")).rows
                assert [each.verb for each in rows] == found

    @pytest.mark.parametrize(("side", "index"), [(0, "event_by_verb"), (1, "event_by_others_verb")])
    def test_are_walked_by_an_index_behind_the_walls(self, db, at, side, index):
        council, supplier = make.council(), make.supplier()
        reader = (council, supplier)[side]
        with tenant(council.pk):
            record(
                "order.sent", council, actor=None, at=at, organisation_id=council.pk,
                counterparty_id=supplier.pk,
            )  # fmt: skip
        with tenant(reader.pk), connection.cursor() as cursor:
            # A table of one row is always read whole; what is asked is which way there is.
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            part = events_wanted(reader.pk, Wanted(verb="order"))[side]
            plan = part.order_by("-at", "-id")[:26].explain()
        assert f"Index Scan Backward using {index} " in plan
        assert "Index Cond" in plan
        assert "(verb)::text = 'order.sent'::text" in plan.split("Filter")[0]


class TestTheFunctionOfWords:
    """It runs as the tables' owner, so it must keep to the acting organisation itself."""

    @pytest.mark.django_db
    def test_gives_keys_to_the_two_sides_of_an_event_only(self, at):
        one, other, stranger = make.council(), make.supplier(), make.council()
        with tenant(one.pk):
            record("order.sent", one, actor=None, at=at, organisation_id=one.pk,
                   counterparty_id=other.pk, note="The zebra order.")  # fmt: skip
        wanted = Wanted(words="zebra")
        for who, seen in ((one, 1), (other, 1), (stranger, 0)):
            with tenant(who.pk):
                sides = events_wanted(who.pk, wanted)
                assert sum(side.count() for side in sides) == seen
                with connection.cursor() as cursor:
                    cursor.execute("SELECT audit_events_with(ARRAY['%zebra%'], 9)")
                    assert len(cursor.fetchall()) == seen
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_events_with(ARRAY['%zebra%'], 9)")
            assert cursor.fetchall() == []


@pytest.mark.django_db
@pytest.mark.parametrize("lot", [1, 2, 3, 7, 8])
def test_the_trail_is_handed_out_in_order_whole_and_once(at, lot):
    """Also where several events have one instant, on either side."""
    one, other = make.council(), make.council()
    for number in range(7):
        chain = other if number % 3 == 1 else one
        with tenant(chain.pk):
            record("order.sent", one, actor=None, at=at + timedelta(minutes=number // 4),
                   organisation_id=chain.pk, counterparty_id=one.pk)  # fmt: skip
    with tenant(one.pk):
        sides = events_wanted(one.pk, Wanted())
        given = list(in_lots(sides, keys=("-at", "-id"), size=lot))
        assert len(given) == len({each.pk for each in given}) == 7
        assert given == sorted(given, key=lambda each: (each.at, each.pk), reverse=True)
