"""The description of the API: made once, whoever asks for it and however many at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from marketplace.desk import api_docs

SCHEMA, PAGE = "/api/schema/", "/api/docs/"


@pytest.fixture
def unmade():
    """Nobody has asked yet."""
    for made in vars(api_docs).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@pytest.mark.parametrize("asked", [SCHEMA, SCHEMA + "?format=json", PAGE])
@pytest.mark.parametrize("method", ["get", "head"])
def test_many_may_open_it_together(unmade, asked, method):
    def status(_number: int) -> int:
        client = Client(raise_request_exception=False)
        return getattr(client, method)(asked).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(status, range(24))) == {200}


def test_is_yaml_unless_json_is_asked_for(client):
    assert client.get(SCHEMA).content.startswith(b"openapi: 3.1.0")
    for answer in (
        client.get(SCHEMA, headers={"Accept": "application/json"}),
        client.get(SCHEMA + "?format=json"),
    ):
        assert json.loads(answer.content)["openapi"] == "3.1.0"
        assert "Accept" in answer["Vary"]


def test_is_not_sent_again_to_whoever_has_it(client):
    first = client.get(SCHEMA)
    again = client.get(SCHEMA, headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    as_json = client.get(SCHEMA, headers={"Accept": "application/json"})
    assert as_json["ETag"] != first["ETag"]
