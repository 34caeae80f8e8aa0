"""The auditor's pages."""

import csv
import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.audit import selectors
from marketplace.audit.selectors import timeline
from marketplace.audit.services import record
from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from tests.factories import ordering
from tests.factories.audit import write
from tests.factories.organisations import actor, council, person, sign_in, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return council(name="Castermere")


@pytest.fixture
def auditor(client, home):
    return sign_in(client, person(home, Role.AUDITOR, name="Samuel Abara"))


class TestEvents:
    def test_lists_the_newest_first_page_by_page(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, 60)
        seen, address = [], "/audit/"
        while address:
            text = auditor.get(address).content.decode()
            seen += [part.split('"', 1)[0] for part in text.split('datetime="')[1:]]
            following = text.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0]
            address = f"/audit/{following}" if 'rel="next"' in text else ""
        assert len(seen) == 60
        assert seen == sorted(seen, reverse=True)

    def test_names_what_it_is_about_and_leads_there(self, auditor, home):
        market = ordering.market()
        order = ordering.sent(market)
        reader = sign_in(Client(), person(market.council, Role.AUDITOR))
        text = " ".join(reader.get("/audit/?verb=order.sent").content.decode().split())
        address = reverse("order", args=[order.pk])
        assert f'Order <a class="govuk-link" href="{address}">{order.number}</a>' in text
        assert f"Everything about {order.number}" in text
        assert reader.get(address).status_code == 200
        asked = reverse("requisition", args=[order.requisition_id])
        trail = reader.get("/audit/").content.decode()
        assert f'href="{asked}">REQ-26-000001</a>' in trail
        assert reader.get(asked).status_code == 200
        basket = reader.get("/audit/?verb=basket").content.decode()
        assert f'href="{asked}"' not in basket  # it had no number yet
        with tenant(market.council.pk):
            one = timeline(order).filter(verb="order.sent").get()
        assert f'href="{address}"' in reader.get(f"/audit/{one.pk}/").content.decode()

    def test_does_not_cost_more_with_more(self, auditor, home, at):
        auditor.get("/audit/")
        counts = []
        for number in (1, 20):
            with tenant(home.pk):
                write(home, at, number)
            with CaptureQueriesContext(connection) as queries:
                auditor.get("/audit/")
            counts.append(len(queries))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("verb=council", 4),
            ("verb=order", 0),
            ("person=ada", 1),
            ("person=grace", 0),
            ("words=SPECIAL", 1),
            ("words=a+spec", 1),
            ("words=sp", 1),
            ("words=%25", 0),
            ("words=ada", 0),
            ("words=special&person=ADA", 0),
            ("since-day=24&since-month=11&since-year=2026", 0),
            ("since-day=23&since-month=11&since-year=2026", 4),
            ("until-day=22&until-month=11&until-year=2026", 0),
            ("until-day=23&until-month=11&until-year=2026", 4),
        ],
    )
    @pytest.mark.parametrize("most", [selectors.MOST_FOUND, 0])
    def test_searches(self, auditor, home, at, query, found, most, monkeypatch):
        monkeypatch.setattr(selectors, "MOST_FOUND", most)  # with 0 everything is common
        who = actor(home, Role.BUYER, name="Ada Byron")
        with tenant(home.pk):
            write(home, at, 2)
            write(home, at, actor=who)
            write(home, at, note="a special one")
        text = auditor.get(f"/audit/?{query}").content.decode()
        assert text.count("<time") == found

    @pytest.mark.parametrize("query", ["since-day=31&since-month=2&since-year=2026", "subject=x"])
    def test_says_what_is_wrong_with_a_search(self, auditor, query):
        answer = auditor.get(f"/audit/?{query}")
        assert answer.status_code == 422

    @pytest.mark.parametrize("query", ["since-day=31&since-month=2&since-year=2026", "subject=x"])
    @pytest.mark.parametrize("name", ["events", "events-csv", "events-json"])
    def test_hands_out_nothing_for_a_search_that_it_cannot_read(
        self, auditor, home, at, name, query
    ):
        with tenant(home.pk):
            write(home, at, note="not asked for")
        answer = auditor.get(f"{reverse(name)}?{query}")
        assert answer.status_code == 422
        assert "Content-Disposition" not in answer
        text = answer.content.decode()
        assert "There is a problem" in text
        assert "not asked for" not in text
        assert "<time" not in text

    def test_a_nonsense_cursor_is_refused(self, auditor):
        assert auditor.get("/audit/?after=nonsense").status_code == 422

    @pytest.mark.parametrize("role", [Role.BUYER, Role.REQUESTER, Role.FINANCE, Role.PAYMENTS])
    def test_is_for_auditors_and_administrators(self, client, home, role):
        sign_in(client, person(home, role))
        for page in ("/audit/", "/audit/events.csv", "/audit/events.jsonl", "/audit/chain/"):
            assert client.get(page).status_code == 403

    def test_a_supplier_has_no_such_page(self, client):
        sign_in(client, person(supplier()))
        assert client.get("/audit/").status_code == 403


class TestEvent:
    def test_says_before_and_after_in_words(self, auditor, home, at):
        with tenant(home.pk):
            record(
                "person.changed",
                home,
                actor=None,
                at=at,
                organisation_id=home.pk,
                before={"roles": ["buyer"], "approval_limit_amount": None, "active": True},
                after={"roles": ["buyer", "approver"], "approval_limit_amount": "5.00"},
            )
            event = timeline(home).get()
        text = auditor.get(f"/audit/{event.pk}/").content.decode()
        for words in ("Person changed", "Approval limit", "buyer, approver", "Yes", "£5.00"):
            assert words in text
        assert event.hash_hex in text

    def test_of_what_is_new_says_nothing_of_before(self, auditor, home, at):
        with tenant(home.pk):
            record(
                "order.made", home, actor=None, at=at, organisation_id=home.pk,
                after={"received_on": "2026-11-23"},
            )  # fmt: skip
            made = timeline(home).get()
        text = auditor.get(f"/audit/{made.pk}/").content.decode()
        assert "23 November 2026" in text
        assert ">What it says<" in text
        assert "Before" not in text

    def test_another_councils_is_not_there(self, auditor, at):
        other = council()
        with tenant(other.pk):
            write(other, at)
            event = timeline(other).get()
        assert auditor.get(f"/audit/{event.pk}/").status_code == 404


class TestExports:
    def test_csv_defuses_formulas_and_keeps_to_the_search(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, note="=HYPERLINK(1)")
            write(home, at + timedelta(days=3))
        answer = auditor.get("/audit/events.csv?until-day=23&until-month=11&until-year=2026")
        assert answer["Content-Disposition"] == 'attachment; filename="events.csv"'
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        header, row = csv.reader(io.StringIO(text))
        assert dict(zip(header, row, strict=True))["note"] == "'=HYPERLINK(1)"

    def test_json_lines_can_be_checked_by_anybody(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, 5)
        answer = auditor.get("/audit/events.jsonl")
        rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
        assert len(rows) == 5
        for row in rows:
            seal = hashlib.sha256(bytes.fromhex(row["previous_hash"]) + row["body"].encode())
            assert seal.hexdigest() == row["hash"]

    def test_streams_one_councils_events_alone(self, home, at):
        other = council()
        for each in (home, other):
            with tenant(each.pk):
                write(each, at, note=f"canary {each.pk}")
        client = sign_in(Client(), person(other, Role.AUDITOR))
        text = b"".join(client.get("/audit/events.jsonl").streaming_content).decode()
        assert f"canary {other.pk}" in text
        assert f"canary {home.pk}" not in text


class TestChain:
    def test_says_that_the_record_is_whole(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, 3)
        assert "The record is whole" in auditor.get("/audit/chain/").content.decode()

    def test_compares_with_a_seal_that_was_written_down(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, 3)
            second = timeline(home)[1].hash_hex
        same = auditor.get(f"/audit/chain/?place=2&seal={second}").content.decode()
        assert "The record is whole" in same
        other = auditor.get(f"/audit/chain/?place=2&seal={'0' * 64}").content.decode()
        assert "The record was changed" in other
        later = auditor.get(f"/audit/chain/?place=9&seal={second}").content.decode()
        assert "The record was changed" in later

    @pytest.mark.parametrize("query", ["place=2", "seal=xyz", "place=x&seal=1", "place=-1"])
    def test_says_what_is_wrong_with_a_seal(self, auditor, home, at, query):
        with tenant(home.pk):
            write(home, at)
        text = auditor.get(f"/audit/chain/?{query}").content.decode()
        assert "There is a problem" in text


class TestApi:
    def test_lists_and_refuses_unknown_questions(self, auditor, home, at):
        with tenant(home.pk):
            write(home, at, 3)
        answer = auditor.get("/api/v1/events?size=2").json()
        assert len(answer["results"]) == 2
        assert answer["next"]
        assert auditor.get("/api/v1/events?colour=red").status_code == 422
