"""Pages by key: nothing is shown twice or passed over, forwards and backwards."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core.errors import Invalid
from marketplace.core.tenancy import stewardship, tenant
from marketplace.web.models import IdempotencyKey
from marketplace.web.paging import BadCursor, page_by_key
from tests.web.site import COUNCIL, PERSON

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYS = ("-at", "method", "-id")


@pytest.fixture
def rows(db):
    def make(marks: list[tuple[int, str]]) -> None:
        IdempotencyKey.objects.bulk_create(
            IdempotencyKey(
                organisation_id=COUNCIL,
                person_id=PERSON,
                key=f"key-{n}",
                method=method,
                path="",
                fingerprint="",
                at=START + timedelta(microseconds=minute),
            )
            for n, (minute, method) in enumerate(marks)
        )

    with tenant(COUNCIL):
        yield make


def query():
    return IdempotencyKey.objects.of(COUNCIL)


def walk(size: int) -> tuple[list[list], list[list]]:
    """All pages forwards, then all pages backwards from the last one."""
    forwards, cursor = [], None
    while True:
        page = page_by_key(query(), cursor, keys=KEYS, size=size)
        forwards.append([row.pk for row in page.rows])
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    backwards = [forwards[-1]]
    while page.previous_cursor is not None:
        page = page_by_key(query(), page.previous_cursor, keys=KEYS, size=size)
        backwards.insert(0, [row.pk for row in page.rows])
    return forwards, backwards


class TestPageByKey:
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        marks=st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from(["", "GET", "POST"])), max_size=12
        ),
        size=st.integers(1, 5),
    )
    def test_shows_every_row_once_in_order_whichever_way_one_goes(self, rows, marks, size):
        with stewardship():  # a tenant may not take its keys away
            IdempotencyKey.objects.all().delete()
        rows(marks)
        everything = list(query().order_by(*KEYS).values_list("pk", flat=True))
        forwards, backwards = walk(size)
        assert [pk for page in forwards for pk in page] == everything
        assert [pk for page in backwards for pk in page] == everything
        assert all(len(page) == size for page in forwards[:-1])

    def test_a_row_that_comes_meanwhile_moves_nothing(self, rows):
        rows([(n, "GET") for n in range(6)])
        first = page_by_key(query(), None, keys=KEYS, size=3)
        IdempotencyKey.objects.create(
            organisation_id=COUNCIL, person_id=PERSON, key="new", at=START + timedelta(days=1)
        )
        second = page_by_key(query(), first.next_cursor, keys=KEYS, size=3)
        assert not {r.pk for r in first.rows} & {r.pk for r in second.rows}
        assert [r.key for r in second.rows] == ["key-2", "key-1", "key-0"]

    def test_asks_the_database_once(self, rows, django_assert_num_queries):
        rows([(n, "GET") for n in range(6)])
        first = page_by_key(query(), None, keys=KEYS, size=3)
        with django_assert_num_queries(1):
            page_by_key(query(), first.next_cursor, keys=KEYS, size=3)

    def test_nothing_is_an_empty_page(self, rows):
        page = page_by_key(query(), None, keys=KEYS)
        assert page.is_empty
        assert (page.next_cursor, page.previous_cursor) == (None, None)


def cursor(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


ID = "0190a000-0000-7000-8000-000000000001"
NOW = "2026-11-23 12:00:00+00:00"


class TestBadCursors:
    @pytest.mark.parametrize(
        "nonsense",
        [
            "x",
            "%%%",
            "é",
            "n" * 1001,
            cursor([]),
            cursor({}),
            cursor("n"),
            cursor(None),
            cursor(["n"]),
            cursor(["n", NOW, "GET"]),
            cursor(["q", NOW, "GET", ID]),
            cursor(["n", "x", "GET", ID]),
            cursor(["n", NOW, "GET", "1"]),
            cursor(["n", None, "GET", ID]),
            cursor(["n", NOW, 3, ID]),
            cursor(["n", "2026-11-23 12:00:00", "GET", ID]),
            cursor(["n", NOW, "a\x00", ID]),
            cursor(["n", NOW, "x" * 11, ID]),
            cursor([["n"], NOW, "GET", ID]),
            cursor(["n", NOW, "GET", ID, ID]),
            cursor(["n", "9999-99-99 12:00:00+00:00", "GET", ID]),
            "W" * 900,
        ],
    )
    def test_are_refused(self, nonsense):
        with pytest.raises(BadCursor):
            page_by_key(IdempotencyKey.objects.all(), nonsense, keys=KEYS)

    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(
        st.text(max_size=60)
        | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(cursor)
    )
    def test_whatever_is_sent_is_refused_rather_than_a_defect(self, nonsense):
        if nonsense:
            with pytest.raises(Invalid):
                page_by_key(IdempotencyKey.objects.all(), nonsense, keys=KEYS)

    def test_the_refusal_is_answered_with_422(self, client):
        from marketplace.web.problems import status_of

        assert status_of(BadCursor()) == 422
