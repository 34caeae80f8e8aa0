"""Delivery points: kept by page, by file, by program and by command."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.models import Budget, CostCentre
from marketplace.ledger.services.code_lists import (
    CodeRow,
    CodesNotRight,
    CodesNotYours,
    add_code,
    set_codes,
)
from marketplace.ledger.services.files import take_codes_file
from marketplace.ordering.models import DeliveryPoint
from marketplace.ordering.services.delivery_points import DELIVERY_POINTS, FILE
from tests.factories import ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

HALL = {"name": "Hall", "address": "1 Corn Square\nZT1 1AA"}


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def buyer(council):
    return organisations.actor(council, "buyer")


def doors():
    with stewardship():
        return list(DeliveryPoint.objects.order_by("code"))


class TestTheList:
    def take(self, buyer, text, at):
        with tenant(buyer.organisation_id):
            return take_codes_file(
                file=FILE, keeper=buyer, content=text.encode(), at=at, only_look=False
            )

    def test_is_added_to_with_a_trace(self, buyer, at):
        with tenant(buyer.organisation_id):
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=HALL, at=at)
            assert Event.objects.get(verb="delivery-point.added").after["name"] == "Hall"

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"name": "x", "address": ""}, "address"),
            ({"name": "x", "address": "\n".join("abcdefghijk")}, "address"),
            ({"name": "x", "address": "y" * 101}, "address"),
            ({**HALL, "instructions": "z" * 1001}, "instructions"),
        ],
    )
    def test_refuses_what_no_label_could_bear(self, buyer, at, facts, field):
        with tenant(buyer.organisation_id), pytest.raises(CodesNotRight) as caught:
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=facts, at=at)
        assert caught.value.errors[0].pointer == field

    def test_is_not_kept_by_finance(self, council, at):
        finance = organisations.actor(council, "finance")
        with tenant(council.pk), pytest.raises(CodesNotYours):
            set_codes(codes=DELIVERY_POINTS, keeper=finance, rows=[CodeRow("1", HALL)], at=at)

    def test_takes_addresses_in_one_column_or_in_several(self, buyer, at):
        text = (
            "Site code,Site name,Street,Address 2,Town,Postcode\n1,Hall,1 Corn Sq,,Cast,ZT1 1AA\n"
        )
        assert not self.take(buyer, text, at).is_refused
        text = 'Code,Name,Address\n2,Hut,"2 Ash Grove\r\n\r\nZT1 4QA"\n'
        assert not self.take(buyer, text, at).is_refused
        assert [door.address for door in doors()] == [
            "1 Corn Sq\nCast\nZT1 1AA", "2 Ash Grove\nZT1 4QA",
        ]  # fmt: skip

    def test_needs_an_address(self, buyer, at):
        report = self.take(buyer, "Code,Name\n1,Hall\n", at)
        assert [(each.row, each.column) for each in report.bad] == [(2, "Address")]
        assert doors() == []

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("deliverypoint_code_is_plain", {"code": "a b"}),
            ("deliverypoint_has_a_name", {"name": ""}),
            ("deliverypoint_has_an_address", {"address": ""}),
        ],
    )
    def test_is_kept_plain_by_the_database(self, council, constraint, facts):
        broken = pytest.raises(IntegrityError, match=constraint)
        with tenant(council.pk), broken, transaction.atomic():
            DeliveryPoint.objects.create(council=council, **{"code": "1", **HALL, **facts})


class TestPages:
    def test_add_change_retire_and_bring_back(self, client, council):
        sign_in(client, organisations.person(council, "buyer"))
        assert "no delivery points yet" in client.get(reverse("delivery-points")).content.decode()
        client.post(reverse("delivery-point-add"), {"code": "1", **HALL})
        (door,) = doors()
        one = reverse("delivery-point", args=[door.pk])
        client.post(one, {"version": 1, **HALL, "instructions": "Ring\r\ntwice."})
        assert doors()[0].instructions == "Ring\ntwice."
        client.post(reverse("delivery-point-retire", args=[door.pk]), {"version": 2})
        assert not doors()[0].is_active
        client.post(reverse("delivery-point-bring-back", args=[door.pk]))
        assert doors()[0].is_active

    def test_take_a_file_and_hand_one_out(self, client, council):
        sign_in(client, organisations.person(council, "administrator"))
        file = SimpleUploadedFile("doors.csv", b"Code,Name,Address\n1,Hall,1 Corn Square\n")
        address = client.post(reverse("delivery-points-file"), {"file": file}).url
        page = client.get(address).content.decode()
        mark = re.search(r'name="mark" value="(\w+)"', page)[1]
        client.post(address, {"mark": mark})
        assert [door.name for door in doors()] == ["Hall"]
        written = client.get(reverse("delivery-points-template")).content.decode()
        assert "1,Hall,1 Corn Square,,yes" in written

    def test_are_for_those_who_buy(self, client, council):
        sign_in(client, organisations.person(council, "requester"))
        assert client.get(reverse("delivery-points")).status_code == 200
        assert client.get(reverse("delivery-point-add")).status_code == 403


class TestSetUp:
    @pytest.fixture
    def file(self, tmp_path):
        def write(text):
            path = tmp_path / "list.csv"
            path.write_text(text)
            return str(path)

        return write

    def test_takes_each_kind_of_file(self, council, file, capsys):
        said = {"council": council.slug}
        call_command("set_up", file("CC,Name\n010,Library\n"), kind="cost_centres", **said)
        call_command("set_up", file("Code,Name\n14,Paper\n"), kind="accounts", **said)
        text = "Code,Name,Address\n1,Hall,1 Corn Square\n"
        call_command("set_up", file(text), kind="delivery_points", **said)
        text = "CC,Account,Amount\n010,14,100\n"
        call_command("set_up", file(text), kind="budgets", year=2026, **said)
        with stewardship():
            budget = Budget.objects.get()
        assert (budget.coding, budget.financial_year) == ("010/14", 2026)
        assert "£0.00 before, £100.00 now" in capsys.readouterr().out

    def test_looks_only_and_answers_in_json(self, council, file, capsys):
        call_command(
            "set_up", file("CC,Name,Colour\n010,Library,red\n"), kind="cost_centres",
            council=council.slug, dry_run=True, json=True,
        )  # fmt: skip
        found = json.loads(capsys.readouterr().out)
        assert (found["changed"], found["columns_passed_over"]) == (1, ["Colour"])
        with stewardship():
            assert not CostCentre.objects.exists()

    def test_names_what_is_wrong_and_changes_nothing(self, council, file, capsys):
        with pytest.raises(CommandError, match="Nothing was changed") as caught:
            call_command(
                "set_up", file("CC,Name\n1E5,Library\n"), kind="cost_centres", council=council.slug
            )
        assert caught.value.returncode == 1
        assert "row 2, Code" in capsys.readouterr().out

    def test_is_asked_wrongly(self, council, file, tmp_path):
        there = file("CC,Name\n1,x\n")
        for path, slug in ((there, "nobody"), (str(tmp_path / "none.csv"), council.slug)):
            with pytest.raises(CommandError) as caught:
                call_command("set_up", path, kind="accounts", council=slug)
            assert caught.value.returncode == 2
        with pytest.raises(CommandError, match="PDF"):
            call_command("set_up", file("%PDF-1"), kind="accounts", council=council.slug)


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
