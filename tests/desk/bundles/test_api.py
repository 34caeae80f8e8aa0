"""Bundles by program."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.core.tenancy import act_for, stewardship
from tests.access.world import token_for
from tests.desk.bundles.making import checked
from tests.factories import audit, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"
    return settings


@pytest.fixture
def call(client):
    council = organisations.council()
    act_for(council.pk)
    audit.write(council, timezone.now(), 3)
    with stewardship():
        bearer = token_for(organisations.person(council, "auditor"))

    def ask(method, name, *args, **body):
        headers = {"authorization": f"Bearer {bearer}"}
        if method == "get":
            return client.get(reverse(name, args=args), headers=headers)
        return client.post(
            reverse(name, args=args), body, content_type="application/json",
            headers={**headers, "idempotency-key": str(uuid4())},
        )  # fmt: skip

    return ask


def days():
    today = timezone.localdate().isoformat()
    return {"since_on": today, "until_on": today}


def test_from_asking_to_checking(call, tmp_path):
    asked = call("post", "api-audit-bundles", **days())
    assert (asked.status_code, asked.json()["status"]) == (201, "WAITING")
    key = asked.json()["id"]
    assert call("get", "api-audit-bundle-file", key).status_code == 404
    ordering.do_jobs(at=timezone.now())
    made = call("get", "api-audit-bundle", key).json()
    assert (made["status"], made["percent"]) == ("MADE", 100)
    public = call("get", "api-audit-bundles-key").json()["public_key"]
    assert made["public_key"] == public
    file = call("get", "api-audit-bundle-file", key)
    assert file["ETag"] == f'"{made["sha256"]}"'
    code, said = checked(tmp_path, file.content, "--key", public)
    assert code == 0, said
    assert call("get", "api-audit-bundles").json()["results"] == [made]


def test_what_cannot_be_done_says_why(call):
    late = call("post", "api-audit-bundles", since_on="2026-01-01", until_on="2999-01-01")
    assert late.status_code == 422
    assert "bundle.days-not-right" in late.json()["type"]
    key = call("post", "api-audit-bundles", **days()).json()["id"]
    again = call("post", "api-audit-bundles", **days())
    assert again.status_code == 409
    assert "bundle.another-waits" in again.json()["type"]
    done = call("post", "api-audit-bundle-cancel", key)
    assert done.json()["status"] == "CANCELLED"
    ended = call("post", "api-audit-bundle-cancel", key)
    assert ended.status_code == 409
    assert "bundle.ended" in ended.json()["type"]


def test_a_damaged_key_is_told(call, state):
    state.SIGNING_KEY = "secret"
    answer = call("get", "api-audit-bundles-key")
    assert answer.status_code == 409
    assert "bundle.signing-key-not-right" in answer.json()["type"]
