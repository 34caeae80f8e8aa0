"""Delivery points, kept by program."""

from __future__ import annotations

import pytest

from tests.factories import ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

HALL = {"name": "Hall", "address": "1 Corn Square\nZT1 1AA"}


@pytest.fixture
def council():
    return organisations.council()


class TestPrograms:
    """Over a session's cookie, which the operations take too; tokens are tested for all at once."""

    @pytest.fixture
    def send(self, client, council):
        sign_in(client, organisations.person(council, "administrator"))
        client.cookies["csrf"] = "a" * 32

        def put(path, body, **headers):
            named = {"X-CSRFToken": "a" * 32, **headers}
            return client.put(f"/api/v1/{path}", body, "application/json", headers=named)

        return put

    BODIES = {
        "cost-centres": {"name": "Library", "directorate": "Culture"},
        "accounts": {"name": "Paper", "categories": ["3019"]},
        "delivery-points": HALL,
    }

    @pytest.mark.parametrize("path", BODIES)
    def test_add_and_then_change_the_version_they_saw(self, client, send, path):
        body = self.BODIES[path]
        assert client.get(f"/api/v1/{path}/0010").status_code == 404
        made = send(f"{path}/0010", body)
        assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
        changed = {**body, "name": "Other", "is_active": False}
        assert send(f"{path}/0010", changed).status_code == 428
        assert send(f"{path}/0010", changed, **{"If-Match": '"9"'}).status_code == 412
        done = send(f"{path}/0010", changed, **{"If-Match": '"1"'})
        assert (done.json()["name"], done.json()["version"]) == ("Other", 2)
        listed = client.get(f"/api/v1/{path}", {"is_active": "false"}).json()["results"]
        assert [each["code"] for each in listed] == ["0010"]
        assert client.get(f"/api/v1/{path}", {"is_active": "true"}).json()["results"] == []

    @pytest.mark.parametrize("path", BODIES)
    def test_are_refused_by_name(self, send, path):
        answer = send(f"{path}/a b", self.BODIES[path])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/code"
        assert send(f"{path}/1", {**self.BODIES[path], "colour": "red"}).status_code == 422

    def test_are_told_that_an_address_needs_a_postcode(self, send):
        answer = send("delivery-points/1", {"name": "Hall", "address": "1 Corn Square"})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "#/address"
        assert "postcode" in error["detail"]
        made = send("delivery-points/1", {"name": "Hall", "address": "1 Corn Square\nzt11aa"})
        assert made.json()["address"] == HALL["address"]

    def test_name_a_holder_by_address(self, send, council):
        organisations.person(council, "approver", email="holder@example.com")
        body = {"name": "Library", "holder": "Holder@example.com"}
        assert send("cost-centres/1", body).json()["holder"] == "holder@example.com"
        answer = send("cost-centres/2", {**body, "holder": "nobody@example.com"})
        assert answer.json()["errors"][0]["pointer"] == "#/holder"

    def test_set_the_budgets_of_a_year(self, send, council):
        ledger.cost_centre(council, code="010")
        ledger.account(council, code="14")
        figure = {"cost_centre": "010", "account": "14", "amount": "500.00"}
        done = send("budgets/2026", {"figures": [figure]})
        assert done.json()["after_amount"] == "500.00"
        assert send("budgets/2026", {"figures": [figure]}).json()["changed_count"] == 0
        wrong = {**figure, "account": "15"}
        answer = send("budgets/2026", {"figures": [figure, wrong]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/figures/1/account"
        assert send("budgets/26", {"figures": [figure]}).status_code == 422
