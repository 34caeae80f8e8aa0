"""Whatever is wrong with a request, the answer is a document that says so, and never a 5xx."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.api.conftest import API
from tests.api.programs import document
from tests.api.test_description import OPERATIONS, WRITES

REQUISITIONS = f"{API}/requisitions"
DEEP = 100_000
# Texts that are JSON or nearly, with what makes each hard.
HARD = {
    "nothing": (b"", 422),
    "half": (b'{"title": ', 400),
    "not UTF-8": (b"\xff\xfe{}", 400),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400),
    "NUL in a text": (rb'{"title": "a\u0000b", "lines": []}', 400),
    "NUL in a name": (rb'{"\u0000": 1, "lines": []}', 400),
    "half of a pair": (rb'{"title": "\ud83d", "lines": []}', 422),
    "half of a pair in a name": (rb'{"\udc00": 1, "lines": []}', 422),
    "an infinite number": (b'{"title": 1e309, "lines": []}', 400),
    "NaN": (b'{"title": NaN, "lines": []}', 400),
    "minus infinity": (b'{"title": -Infinity, "lines": []}', 400),
    "a very long number": (b'{"title": ' + b"9" * 5000 + b', "lines": []}', 400),
    "lists in lists": (b"[" * DEEP + b"]" * DEEP, 400),
    "objects in objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
    "a text": (b'"title"', 422),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "lines that are none": (b'{"lines": 3}', 422),
    "a line that is none": (b'{"lines": [null]}', 422),
    "an unknown field": (b'{"lines": [], "stauts": "APPROVED"}', 422),
}


# What a reader of JSON says to itself is not said to whoever sent it.
SAID = {
    "half": "The body is not JSON: look at line 1, character 11.",
    "not UTF-8": "The body is not in UTF-8.",
    "a byte order mark": "The body begins with a byte order mark. Leave it out.",
    "a very long number": "A number in the body has too many digits.",
    "NaN": "The body is not JSON: it has no NaN.",
}


@pytest.mark.parametrize("kind", SAID)
def test_says_what_is_wrong_with_a_body_in_our_own_words(program, kind):
    sent = program("buyer").send("POST", REQUISITIONS, HARD[kind][0])
    assert document(sent, 400)["detail"] == SAID[kind]


class TestAddresses:
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    @pytest.mark.parametrize("code", ["%00", "A%00B", "%E2%80%AE"])
    @pytest.mark.parametrize("codes", ["cost-centres", "accounts", "delivery-points"])
    def test_one_with_what_nobody_can_read(self, program, codes, code, method):
        document(program("buyer").send(method, f"{API}/{codes}/{code}"), 404)

    def test_one_that_is_none(self, program):
        found = document(program("buyer").get(f"{API}/nothing"), 404)
        assert found["instance"] == f"{API}/nothing"

    @pytest.mark.parametrize(
        "key",
        [
            str(UUID("0193c5a0-0000-7000-8000-00000000dead")),
            "not-a-key",
            "0" * 400,
            "%00",
            "..%2f..",
        ],
    )
    def test_a_row_that_is_not_there(self, program, key):
        document(program("buyer").get(f"{REQUISITIONS}/{key}"), 404)

    @pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "WEIRD"])
    def test_a_method_that_is_not_answered(self, program, method):
        answer = program("buyer").send(method, REQUISITIONS)
        document(answer, 405)
        assert "POST" in answer.headers["Allow"]


class TestBodies:
    @pytest.mark.parametrize(("body", "status"), HARD.values(), ids=HARD.keys())
    def test_one_that_is_hard_to_read(self, program, body, status):
        document(program("buyer").send("POST", REQUISITIONS, body), status)

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "\x00"]
    )
    def test_of_another_kind(self, program, kind):
        answer = program("buyer").send("POST", REQUISITIONS, b"<a/>", content_type=kind)
        document(answer, 415)

    def test_one_that_is_huge(self, program):
        body = b'{"title": "' + b"x" * 30_000_000 + b'"}'
        document(program("buyer").send("POST", REQUISITIONS, body), 413)

    def test_one_that_is_larger_than_what_is_taken_in_at_once(self, program):
        body = b'{"title": "' + b"x" * 5_000_000 + b'"}'
        document(program("buyer").send("POST", REQUISITIONS, body), 413)

    @pytest.mark.parametrize("name", ["title", "reason", "deliver_to"])
    def test_a_text_that_is_too_long(self, program, wish, name):
        answer = program("buyer").send("POST", REQUISITIONS, wish(**{name: "x" * 100_000}))
        assert document(answer, 422)["errors"][0]["pointer"] == f"#/{name}"

    @pytest.mark.parametrize(
        "day", ["0000-01-01", "9999-12-31T00:00", "2026-02-30", 20261123, "1e5", "9999-12-32"]
    )
    def test_a_day_that_is_none(self, program, wish, day):
        answer = program("buyer").send("POST", REQUISITIONS, wish(needed_by_on=day))
        assert document(answer, 422)["errors"][0]["pointer"] == "#/needed_by_on"

    @pytest.mark.parametrize(
        "written",
        ["1e3", "1E2", "2e0", "1.00000000000000000000000000000000001", "0.1e1", "-0.0", "1e-400",
         "9" * 4000, "true", "[]"],
    )  # fmt: skip
    def test_a_quantity_that_is_not_in_plain_digits(self, program, wish, written):
        """As a text and as a number alike: what is written is judged, not what it comes to."""
        line = wish()["lines"][0]
        for value in (written, f'"{written}"'):
            body = json.dumps(wish(lines=[{**line, "quantity": "?"}])).replace('"?"', value)
            found = document(program("buyer").send("POST", REQUISITIONS, body), 422)
            assert found["errors"][0]["pointer"] == "#/lines/0/quantity"

    def test_lists_in_lists_however_deep(self, program):
        """Not deep enough for the reader to give up, and too deep for whoever comes after it."""
        for depth in (*range(40, 60), *range(700, 1000, 3)):
            for body in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
                answer = program("buyer").send("POST", REQUISITIONS, body)
                assert answer.status_code in {400, 422}, depth

    @pytest.mark.parametrize(
        "character", ["\u200b", "\u202e", "\u2066", "\ufeff", "\ue000", "\u3164", "\U000e0041"]
    )
    def test_a_character_that_nobody_sees(self, program, wish, character):
        answer = program("buyer").send("POST", REQUISITIONS, wish(title=f"Pap{character}er"))
        assert f"U+{ord(character):04X}" in document(answer, 400)["detail"]

    def test_more_lines_than_anybody_orders(self, program, wish):
        body = wish(lines=wish()["lines"] * 5000)
        found = document(program("buyer").send("POST", REQUISITIONS, body), 409)
        assert found["type"] == "/problems/basket.full/"


class TestQueries:
    @pytest.mark.parametrize(
        ("path", "query", "status"),
        [
            ("requisitions", {"words": "a\x00b"}, 400),
            ("requisitions", {"status": "LOST"}, 422),
            ("requisitions", {"colour": "red"}, 422),
            ("orders", {"words": "x" * 101}, 422),
            ("listings", {"price_from": "NaN"}, 422),
            ("listings", {"price_from": "1e309"}, 422),
            ("listings", {"category": "3019764३"}, 422),
            ("listings", {"supplier": "x"}, 422),
            ("budgets", {"year": "1e3"}, 422),
            ("budgets", {"year": "9" * 50}, 422),
        ],
    )
    def test_what_cannot_be_asked(self, program, path, query, status):
        document(program("buyer").get(f"{API}/{path}", **query), status)

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            ("requisitions", {"words": "%' OR 1=1 --"}),
            ("requisitions", {"words": "\\"}),
            ("listings", {"query": "' & | ! ( :* <->"}),
            ("listings", {"query": "\U0001f600 \u202e"}),
            ("listings", {"price_from": "0", "price_to": "99999999.999999"}),
            ("orders", {"words": "_%"}),
        ],
    )
    def test_what_is_odd_but_fair(self, program, path, query):
        assert program("buyer").get(f"{API}/{path}", **query).status_code == 200

    @pytest.mark.parametrize("name", ["since", "until"])
    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-03-29", "2026-10-25"])
    def test_the_first_and_the_last_day_that_there_is(self, program, name, day):
        assert program("auditor").get(f"{API}/events", **{name: day}).status_code == 200


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
class TestEveryOperation:
    def test_a_stranger_is_told_to_sign_in(self, program, client, path, method, operation):
        answer = client.generic(method.upper(), _filled(path), b"{}", "application/json")
        document(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_body_that_is_no_json(self, program, path, method, operation):
        if method not in WRITES or "application/json" not in operation.get("requestBody", {}).get(
            "content", {}
        ):
            return
        who = "supplier" if path.endswith("/answer") else "approver"
        answer = program(who).send(
            method.upper(), _filled(path), b"{", **{"If-Match": '"1"', "Idempotency-Key": "k"}
        )
        found = document(answer, answer.status_code)
        assert found["status"] in {400, 403, 404}


def _filled(path: str) -> str:
    """Return the address with a key for each parameter."""
    return "/".join(
        {"{year}": "2026", "{place}": "1"}.get(
            step, str(UUID("0193c5a0-0000-7000-8000-00000000dead"))
        )
        if step.startswith("{")
        else step
        for step in path.split("/")
    )
