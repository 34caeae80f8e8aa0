"""Operations are strict in what they take, and say in documents what is wrong."""

import json

import pytest

from marketplace.web.api import Operation

URL = "/api/v1/echo"


def document(answer) -> dict:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return json.loads(answer.content)


@pytest.fixture
def send(client):
    def post(body, url=URL, **headers):
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = {"X-Acting": "buyer", **headers}
        return client.post(url, raw, content_type="application/json", headers=headers)

    return post


class TestWhoMayCall:
    def test_a_stranger_is_told_to_sign_in(self, client):
        answer = client.get(URL)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert document(answer)["type"] == "/problems/request.not-signed-in/"

    def test_the_wrong_role_is_told_which_is_right(self, client):
        answer = client.get(URL, headers={"X-Acting": "finance"})
        assert answer.status_code == 403
        assert document(answer)["roles"] == ["buyer", "approver"]

    def test_a_session_needs_no_scope(self, client):
        assert client.get(URL, headers={"X-Acting": "buyer"}).json() == {"ok": True}

    @pytest.mark.parametrize(
        ("scopes", "number"), [("echo:read", 200), ("echo:write", 403), ("", 403)]
    )
    def test_a_token_needs_the_scope_of_the_method(self, client, scopes, number):
        answer = client.get(URL, headers={"Authorization": f"Bearer {scopes}"})
        assert answer.status_code == number
        if number == 403:
            found = document(answer)
            assert (found["type"], found["scope"]) == (
                "/problems/token.scope-missing/", "echo:read",
            )  # fmt: skip

    def test_a_misspelt_audience_fails_when_the_class_is_made(self):
        with pytest.raises(ValueError, match="byuer"):
            type("Wrong", (Operation,), {"access": "byuer"})


class TestWhatIsTaken:
    def test_takes_what_it_knows(self, send):
        answer = send({"note": "x", "count": 3})
        assert (answer.status_code, answer.json()) == (201, {"note": "x", "count": 3})

    def test_refuses_a_field_that_it_does_not_know(self, send):
        found = document(send({"notes": "x"}))
        assert found["status"] == 422
        assert found["errors"] == [
            {"pointer": "#/notes", "detail": "There is no field of this name."}
        ]

    def test_refuses_an_unknown_field_inside_a_line_and_points_at_it(self, send):
        body = {"lines": [{"count": 1, "name": "a"}, {"count": 1, "name": "b", "x/y": 1}]}
        found = document(send(body, url="/api/v1/lines"))
        assert [e["pointer"] for e in found["errors"]] == ["#/lines/1/x~1y"]

    def test_points_at_every_mistake(self, send):
        body = {"lines": [{"count": 0, "name": "toolong"}, {}]}
        pointers = [e["pointer"] for e in document(send(body, url="/api/v1/lines"))["errors"]]
        assert pointers == [
            "#/lines/0/count",
            "#/lines/0/name",
            "#/lines/1/count",
            "#/lines/1/name",
        ]

    @pytest.mark.parametrize("count", ["3", 3.0, 3.5, True, "", [3], {"a": 1}])
    def test_a_whole_number_is_a_whole_number(self, send, count):
        found = document(send({"count": count}))
        assert found["errors"][0]["pointer"] == "#/count"

    @pytest.mark.parametrize(
        ("body", "number"),
        [
            (b"{", 400),
            (b'{"count": NaN}', 400),
            (b'{"count": Infinity}', 400),
            (b"\xff", 400),
            (b'{"note": "a\\u0000b"}', 400),
            (b'{"a\\u0000": 1}', 400),
            (b'{"note": "a\\u001bb"}', 400),
            (b'{"note": "a\\u202eb"}', 400),
            (b'{"count": 1, "note": "a", "count": 2}', 400),
            (b'{"note": {"a": 1, "a": 1}}', 400),
            (b"[" * 100_000, 400),
            (b"null", 422),
            (b"[]", 422),
            (b'"text"', 422),
            (b"3", 422),
        ],
    )
    def test_refuses_what_is_no_object(self, send, body, number):
        assert document(send(body))["status"] == number

    def test_names_what_is_given_twice(self, send):
        found = document(send(b'{"count": 1, "count": 1}'))
        assert found["detail"] == "The name “count” is given twice."

    def test_takes_texts_of_several_lines_in_any_letters(self, send):
        note = "Ŵyn\r\n\tعربي 🪑"
        assert send({"note": note}).json() == {"note": note}

    @pytest.mark.parametrize("amount", [3, 2.5, "3", "2.50", "0", "-1.5", 1000.0])
    def test_takes_numbers_in_plain_digits(self, send, amount):
        assert send({"amount": amount}).status_code == 201

    @pytest.mark.parametrize(
        "amount",
        ["٣", "1_0", "5\n", " 5", "+5", "1e3", "1E3", ".5", "5.", "", "1,000", "½", "0x1", True,
         None, [1], 1e30, "NaN", "9" * 40],
    )  # fmt: skip
    def test_takes_no_other_numbers(self, send, amount):
        found = document(send({"amount": amount}))
        assert (found["status"], found["errors"][0]["pointer"]) == (422, "#/amount")

    @pytest.mark.parametrize("day", ["1900-01-01", "2028-02-29", "2999-12-31"])
    def test_takes_days(self, send, day):
        assert send({"day": day}).json() == {"day": day}

    @pytest.mark.parametrize(
        "day",
        ["0001-01-01", "1899-12-31", "3000-01-01", "2027-02-29", "20270301", "2027-W09-1",
         "2027-3-1", "٢٠٢٧-03-01", "2027-03-01\n", "2027-03-01T00:00", 20270301, "", True],
    )  # fmt: skip
    def test_takes_no_other_days(self, send, day):
        found = document(send({"day": day}))
        assert (found["status"], found["errors"][0]["pointer"]) == (422, "#/day")

    def test_refuses_other_kinds_of_content(self, client):
        answer = client.post(
            URL, "count=3", content_type="text/plain", headers={"X-Acting": "buyer"}
        )
        assert document(answer)["status"] == 415

    def test_answers_in_json_whatever_was_asked_for(self, client):
        answer = client.get(URL, headers={"X-Acting": "buyer", "Accept": "text/html"})
        assert answer["Content-Type"] == "application/json"


class TestIfMatch:
    @pytest.mark.parametrize(
        ("sent", "number"),
        [
            (None, 428),
            ("", 428),
            ('"2"', 412),
            ('W/"3"', 412),
            ('"3"', 200),
            ("*", 200),
            ('"1", "3"', 200),
            ("3", 412),
        ],
    )
    def test_a_change_names_the_version_that_it_changes(self, client, sent, number):
        headers = {"X-Acting": "buyer"} | ({} if sent is None else {"If-Match": sent})
        answer = client.put("/api/v1/versioned", headers=headers)
        assert answer.status_code == number
        if number == 200:
            assert answer["ETag"] == '"4"'
        else:
            assert document(answer)["status"] == number
