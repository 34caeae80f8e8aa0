"""The same request twice has one effect, however close together the two are."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from rest_framework.request import Request

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for, stewardship, tenant
from marketplace.web import idempotency
from marketplace.web.idempotency import KeyMissing, idempotent
from marketplace.web.models import IdempotencyKey
from tests.web.site import COUNCIL, PERSON

URL = "/api/v1/keys"


def send(client: Client, body: dict, key: str | None = "k1", **headers: str):
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.post(
        URL,
        json.dumps(body),
        content_type="application/json",
        headers={"X-Acting": "buyer", **headers},
    )


def effects() -> int:
    with tenant(COUNCIL):
        return IdempotencyKey.objects.filter(path="").count()


def kept() -> int:
    with tenant(COUNCIL):
        return IdempotencyKey.objects.exclude(path="").count()


@pytest.mark.usefixtures("db")
class TestIdempotent:
    def test_answers_the_second_time_what_it_answered_the_first(self, client):
        first = send(client, {"name": "a"})
        second = send(client, {"name": "a"})
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert first["Location"] == second["Location"]
        assert first["Content-Type"] == second["Content-Type"]
        assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
        assert effects() == 1

    def test_the_order_of_names_makes_no_difference(self, client):
        send(client, {"name": "a", "answer": 201})
        assert send(client, {"answer": 201, "name": "a"})["Idempotent-Replayed"] == "true"

    def test_a_quoted_key_is_the_same_key(self, client):
        send(client, {"name": "a"}, key="abc")
        assert send(client, {"name": "a"}, key='"abc"')["Idempotent-Replayed"] == "true"

    def test_refuses_the_key_for_another_request(self, client):
        send(client, {"name": "a"})
        answer = send(client, {"name": "b"})
        assert answer.status_code == 422
        assert json.loads(answer.content)["type"] == "/problems/idempotency.key-reused/"
        assert effects() == 1

    def test_another_key_and_no_key_are_other_requests(self, client):
        for key in ("k1", "k2", None, None):
            assert send(client, {"name": "a"}, key=key).status_code == 201
        assert effects() == 4

    @pytest.mark.parametrize("key", ["", " ", "é", "a b", "x" * 256])
    def test_refuses_what_is_no_key(self, client, key):
        assert send(client, {"name": "a"}, key=key).status_code == 422
        assert effects() == 0

    def test_an_operation_may_insist_on_a_key(self, rf):
        handler = idempotent(required=True)(lambda view, request: pytest.fail("it ran"))
        with pytest.raises(KeyMissing):
            handler(None, Request(rf.post(URL)))

    def test_a_refusal_undoes_the_effect_and_frees_the_key(self, client):
        assert send(client, {"name": "refuse"}).status_code == 409
        assert (effects(), kept()) == (0, 0)
        assert send(client, {"name": "a"}).status_code == 201

    def test_a_defect_undoes_the_effect_and_frees_the_key(self, client):
        assert send(client, {"name": "break"}).status_code == 500
        assert (effects(), kept()) == (0, 0)
        assert send(client, {"name": "a"}).status_code == 201

    @pytest.mark.parametrize("answer", [400, 409, 422, 500, 503])
    def test_an_answer_that_is_no_success_is_given_and_not_kept(self, client, answer):
        assert send(client, {"name": "a", "answer": answer}).status_code == answer
        assert (effects(), kept()) == (0, 0)

    def test_one_persons_key_is_not_anothers(self, client):
        send(client, {"name": "a"})
        with tenant(COUNCIL):
            IdempotencyKey.objects.filter(key="k1").update(person_id=uuid7())
        assert "Idempotent-Replayed" not in send(client, {"name": "b"})

    def test_role_is_checked_before_anything_is_replayed(self, client):
        send(client, {"name": "a"})
        assert send(client, {"name": "a"}, **{"X-Acting": "finance"}).status_code == 403


class TestRows:
    def row(self, **changes) -> IdempotencyKey:
        facts = {"organisation_id": COUNCIL, "person_id": PERSON, "key": "k", "path": "/x"}
        return IdempotencyKey(**facts | {"at": datetime(2026, 11, 23, tzinfo=UTC)} | changes)

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"status": 500}, "idempotency_key_only_success"),
            ({"status": 409}, "idempotency_key_only_success"),
            ({"status": 199}, "idempotency_key_only_success"),
            ({"key": ""}, "idempotency_key_not_empty"),
        ],
    )
    def test_the_database_keeps_successes_only(self, db, changes, name):
        refused = pytest.raises(IntegrityError, match=name)
        with tenant(COUNCIL), refused, transaction.atomic():
            self.row(**changes).save()

    def test_the_database_keeps_a_key_once(self, db):
        with tenant(COUNCIL):
            self.row().save()
            refused = pytest.raises(IntegrityError, match="idempotency_key_once")
            with refused, transaction.atomic():
                self.row().save()

    def test_another_council_sees_none(self, db):
        with tenant(COUNCIL):
            self.row().save()
        with tenant(uuid7()):
            assert not IdempotencyKey.objects.exists()

    def test_old_ones_are_forgotten(self, db):
        now = datetime(2026, 11, 23, tzinfo=UTC)
        with tenant(COUNCIL):
            self.row(key="old", at=now - timedelta(days=8)).save()
            self.row(key="new", at=now - timedelta(days=6)).save()
        assert idempotency.forget_keys(before=now - timedelta(days=7)) == 1
        with stewardship():
            assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


def many_at_once(count: int) -> list:
    def one(_number: int):
        try:
            return send(Client(raise_request_exception=False), {"name": "a"})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=10) as pool:
        return list(pool.map(one, range(count)))


def test_fifty_at_once_have_one_effect(small_site, fresh_db):
    answers = many_at_once(50)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert effects() == 1


def test_the_race_is_real_without_the_unique_index(small_site, fresh_db, monkeypatch):
    """Negative control: with a check instead of the index, several have an effect."""

    def look_then_write(acting, key, request, mark, at):
        act_for(COUNCIL)
        if IdempotencyKey.objects.filter(key=key).exists():
            return None
        row = IdempotencyKey(
            organisation_id=COUNCIL, person_id=uuid7(), key=key, path="/", fingerprint=mark, at=at
        )
        row.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        return str(row.pk)

    monkeypatch.setattr(idempotency, "_claim", look_then_write)
    many_at_once(10)
    assert effects() > 1
