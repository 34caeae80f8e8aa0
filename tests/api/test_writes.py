"""Writing: the same request twice has one effect, and a change is for the version that was read."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from marketplace.ordering.models import Requisition
from tests.api.conftest import API
from tests.api.programs import document
from tests.factories.organisations import sign_in

REQUISITIONS = f"{API}/requisitions"
WHATEVER = {"If-Match": "*"}


@pytest.fixture
def draft(program, wish):
    """A draft with its answer, given up afterwards, since a person has only one."""
    buyer = program("buyer")
    made = buyer.send("POST", REQUISITIONS, wish(), **{"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.content
    yield made
    buyer.send("POST", f"{REQUISITIONS}/{made.json()['id']}/withdrawal", **WHATEVER)


def count(program) -> int:
    program.acts()
    return Requisition.objects.of(program.membership.organisation_id).count()


class TestTheSameKey:
    def test_gives_the_first_answer_again(self, program, wish):
        buyer, key = program("buyer"), {"Idempotency-Key": str(uuid4())}
        first = buyer.send("POST", REQUISITIONS, wish(), **key)
        assert first.status_code == 201, first.content
        there = count(buyer)
        again = buyer.send("POST", REQUISITIONS, wish(), **key)
        assert (again.status_code, again.content) == (201, first.content)
        for name in ("ETag", "Location"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["Idempotent-Replayed"] == "true"
        assert count(buyer) == there
        place = f"{REQUISITIONS}/{first.json()['id']}/withdrawal"
        gone = {"Idempotency-Key": str(uuid4()), **WHATEVER}
        done = buyer.send("POST", place, **gone)
        assert done.status_code == 200
        assert buyer.send("POST", place, **gone).content == done.content
        document(buyer.send("POST", place, **WHATEVER), 409)

    def test_is_not_for_another_body(self, program, wish, draft):
        key = {"Idempotency-Key": str(uuid4()), **WHATEVER}
        buyer, place = program("buyer"), f"{REQUISITIONS}/{draft.json()['id']}"
        assert buyer.send("POST", f"{place}/withdrawal", {}, **key).status_code == 200
        found = document(buyer.send("POST", f"{place}/submission", {}, **key), 422)
        assert found["type"] == "/problems/idempotency.key-reused/"

    def test_is_each_persons_own(self, program, wish, draft):
        """Somebody else's key of the same spelling gives nobody's answer away."""
        key = {"Idempotency-Key": "the-same", **WHATEVER}
        buyer, place = program("buyer"), f"{REQUISITIONS}/{draft.json()['id']}/withdrawal"
        assert buyer.send("POST", place, **key).status_code == 200
        answer = program("requester").send("POST", place, **key)
        document(answer, 404)
        assert "Idempotent-Replayed" not in answer.headers

    def test_may_be_tried_again_after_a_refusal(self, program, wish):
        buyer, key = program("buyer"), {"Idempotency-Key": str(uuid4())}
        document(buyer.send("POST", REQUISITIONS, wish(lines=[{}]), **key), 422)
        made = buyer.send("POST", REQUISITIONS, wish(), **key)
        assert made.status_code == 201
        buyer.send("POST", f"{REQUISITIONS}/{made.json()['id']}/withdrawal", **WHATEVER)

    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "\t", '""'])
    def test_must_be_one(self, program, key):
        answer = program("buyer").send("POST", REQUISITIONS, {}, **{"Idempotency-Key": key})
        assert document(answer, 422)["type"] == "/problems/idempotency.key-malformed/"


class TestTheVersion:
    def test_must_be_named(self, program, wish, draft):
        place = f"{REQUISITIONS}/{draft.json()['id']}"
        document(program("buyer").send("PUT", place, wish()), 428)

    @pytest.mark.parametrize(
        "sent", ['"0"', '"999999"', "W/{tag}", "{bare}", '"', '""', '"\\"', "é", '"1' + "0" * 5000]
    )
    def test_must_be_the_one_that_was_read(self, program, wish, draft, sent):
        tag = draft.headers["ETag"]
        sent = sent.format(tag=tag, bare=tag.strip('"'))
        place = f"{REQUISITIONS}/{draft.json()['id']}"
        document(program("buyer").send("PUT", place, wish(), **{"If-Match": sent}), 412)

    @pytest.mark.parametrize("sent", ["*", "{tag}", '"0", {tag}'])
    def test_lets_the_change_pass_and_is_another_afterwards(self, program, wish, draft, sent):
        tag, place = draft.headers["ETag"], f"{REQUISITIONS}/{draft.json()['id']}"
        named = {"If-Match": sent.format(tag=tag)}
        changed = program("buyer").send("PUT", place, wish(title="Other"), **named)
        assert changed.status_code == 200, changed.content
        assert changed.json()["title"] == "Other"
        assert changed.headers["ETag"] != tag
        assert program("buyer").get(place).headers["ETag"] == changed.headers["ETag"]
        document(program("buyer").send("PUT", place, wish(), **{"If-Match": tag}), 412)

    def test_is_asked_for_before_the_body_is_judged(self, program, draft):
        place = f"{REQUISITIONS}/{draft.json()['id']}"
        document(program("buyer").send("PUT", place, {"lines": 3}), 428)


class TestABrowsersSession:
    @pytest.fixture
    def browser(self, program):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        return sign_in(client, program("buyer").membership)

    def test_reads(self, browser):
        assert browser.get(REQUISITIONS).status_code == 200

    def test_does_not_write_without_the_token_of_our_pages(self, browser, program, wish):
        there = count(program("buyer"))
        answer = browser.post(REQUISITIONS, wish(), content_type="application/json")
        document(answer, 403)
        assert count(program("buyer")) == there

    def test_does_not_write_with_somebody_elses(self, browser, wish):
        browser.cookies["csrf"] = "a" * 32
        answer = browser.post(
            REQUISITIONS, wish(), "application/json", headers={"X-CSRFToken": "b" * 32}
        )
        document(answer, 403)

    def test_writes_with_it(self, browser, wish):
        browser.cookies["csrf"] = "a" * 32
        headers = {"X-CSRFToken": "a" * 32}
        made = browser.post(REQUISITIONS, wish(), "application/json", headers=headers)
        assert made.status_code == 201, made.content
        place = f"{REQUISITIONS}/{made.json()['id']}/withdrawal"
        gone = browser.post(place, {}, "application/json", headers={**headers, **WHATEVER})
        assert gone.status_code == 200

    def test_a_bad_token_is_not_saved_by_a_good_session(self, browser):
        answer = browser.get(REQUISITIONS, headers={"Authorization": "Bearer mkt_wrong"})
        document(answer, 401)
