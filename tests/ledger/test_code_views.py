"""The pages of cost centres, accounts and budgets, over HTTP."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account, Budget, CostCentre, SentFile
from marketplace.ledger.services.sent_files import WORKBOOK
from tests.factories import ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def finance(client, council):
    return sign_in(client, organisations.person(council, "finance"))


def rows(model):
    with stewardship():
        return list(model.objects.order_by("pk"))


def send(client, name, content, **facts):
    """Send a file, and return the page that says what it would change."""
    file = SimpleUploadedFile("list.csv", content.encode(), "text/csv")
    answer = client.post(reverse(name), {"file": file, **facts})
    assert answer.status_code == 302, text(answer)
    return answer.url, text(client.get(answer.url))


def confirm(client, address, page):
    mark = re.search(r'name="mark" value="(\w+)"', page)[1]
    return client.post(address, {"mark": mark}, follow=True)


class TestTheList:
    def test_is_empty_and_says_what_to_do(self, finance):
        for name in ("cost-centres", "accounts"):
            page = text(finance.get(reverse(name)))
            assert "yet, so nobody can buy" in page
            assert reverse(f"{name}-file") in page

    def test_is_searched_and_those_retired_stand_apart(self, finance, council):
        ledger.cost_centre(council, code="1", name="Library")
        ledger.cost_centre(council, code="2", name="Pool")
        ledger.cost_centre(council, code="3", name="Old hall", is_active=False)
        page = text(finance.get(reverse("cost-centres")))
        assert "Library" in page
        assert "Old hall" not in page
        page = text(finance.get(reverse("cost-centres"), {"words": "libr"}))
        assert "Pool" not in page
        assert "Old hall" in text(finance.get(reverse("cost-centres"), {"retired": "on"}))

    def test_offers_changes_to_those_who_may(self, client, council):
        centre = ledger.cost_centre(council)
        sign_in(client, organisations.person(council, "auditor"))
        page = text(client.get(reverse("cost-centres")))
        assert centre.name in page
        assert reverse("cost-centre", args=[centre.pk]) not in page
        assert client.get(reverse("cost-centre", args=[centre.pk])).status_code == 403

    def test_is_handed_out_as_a_file_that_can_be_sent_back(self, finance, council):
        holder = organisations.person(council, "approver")
        ledger.cost_centre(council, code="0010", name="=Library", holder=holder)
        ledger.account(council, code="007", categories=["30", "2299"], is_active=False)
        for name in ("cost-centres", "accounts"):
            file = finance.get(reverse(f"{name}-template"))
            assert "attachment" in file["Content-Disposition"]
            _address, page = send(finance, f"{name}-file", text(file))
            assert "Nothing will change" in page


class TestOne:
    def test_is_added_changed_retired_and_brought_back(self, finance, council):
        holder = organisations.person(council, "approver", name="Hana Holder")
        facts = {"name": "Library", "directorate": "Culture", "holder_id": str(holder.pk)}
        finance.post(reverse("cost-centre-add"), {"code": "0010", **facts})
        (centre,) = rows(CostCentre)
        assert (centre.code, centre.holder_id) == ("0010", holder.pk)
        one = reverse("cost-centre", args=[centre.pk])
        assert "Hana Holder" in text(finance.get(one))
        finance.post(one, {"version": 1, **facts, "name": "Libraries"})
        ledger.budget(council, cost_centre=centre)
        retire = reverse("cost-centre-retire", args=[centre.pk])
        assert "£10,000.00 left" in text(finance.get(retire))
        assert finance.post(retire, {"version": "x"}).status_code == 422
        finance.post(retire, {"version": 2})
        (centre,) = rows(CostCentre)
        assert (centre.name, centre.is_active) == ("Libraries", False)
        finance.post(reverse("cost-centre-bring-back", args=[centre.pk]))
        assert rows(CostCentre)[0].is_active

    def test_says_at_the_field_what_is_wrong(self, finance, council):
        ledger.account(council, code="1")
        for code, status in (("1", 409), ("a/b", 422)):
            facts = {"code": code, "name": "x", "kind": "expense"}
            answer = finance.post(reverse("account-add"), facts)
            assert answer.status_code == status
            assert 'href="#id_code"' in text(answer)
        facts = {"code": "2", "name": "x", "kind": "expense", "categories": "30 stationery"}
        assert "stationery" in text(finance.post(reverse("account-add"), facts))
        assert len(rows(Account)) == 1

    def test_that_was_changed_meanwhile_is_refused(self, finance, council):
        centre = ledger.cost_centre(council, version=3)
        one = reverse("cost-centre", args=[centre.pk])
        assert finance.post(one, {"version": 2, "name": "x"}).status_code == 409

    def test_of_another_council_is_missing(self, finance):
        theirs = ledger.cost_centre(organisations.council())
        for name in ("cost-centre", "cost-centre-retire", "cost-centre-bring-back"):
            address = reverse(name, args=[theirs.pk])
            assert finance.post(address, {"version": 1, "name": "x"}).status_code == 404


class TestFiles:
    def test_are_looked_at_and_then_confirmed(self, finance, council):
        ledger.cost_centre(council, code="1", name="Old")
        address, page = send(finance, "cost-centres-file", "Code,Name\n1,New\n2,Pool\n")
        assert "from “Old” to “New”" in page
        assert len(rows(CostCentre)) == 1
        assert "The file is in." in text(confirm(finance, address, page))
        assert [centre.name for centre in rows(CostCentre)] == ["New", "Pool"]

    def test_with_mistakes_say_each_and_change_nothing(self, finance):
        _address, page = send(finance, "accounts-file", "Code,Name\n1E5,Vans\n2,\n")
        assert "2 cells are wrong" in page
        assert "A spreadsheet has turned this code into a number" in page
        assert rows(Account) == []

    @pytest.mark.parametrize(
        "name", ["cost-centres-file", "accounts-file", "delivery-points-file", "budgets-file"]
    )
    def test_go_one_at_a_time(self, client, council, name):
        keeper = sign_in(client, organisations.person(council, "administrator"))
        two = [SimpleUploadedFile("a.csv", b"Code,Name\n1,A\n") for _number in range(2)]
        answer = keeper.post(reverse(name), {"file": two, "year": "2026"})
        assert answer.status_code == 422
        assert text(answer).count("One file goes at a time.") == 2
        assert 'href="#id_file"' in text(answer)

    def test_that_are_none_are_refused_in_words(self, finance):
        _address, page = send(finance, "accounts-file", "%PDF-1.7")
        assert "This is a PDF" in page
        assert finance.post(reverse("accounts-file"), {}).status_code == 422

    def test_that_change_something_else_by_now_are_shown_again(self, finance, council):
        address, page = send(finance, "cost-centres-file", "Code,Name\n1,New\n")
        ledger.cost_centre(council, code="1", name="Old")
        answer = confirm(finance, address, page)
        assert answer.status_code == 409
        assert "different now" in text(answer)

    def test_of_another_council_or_of_another_list_are_missing(self, client, finance, council):
        address, _page = send(finance, "cost-centres-file", "Code,Name\n1,New\n")
        other = address.replace("cost-centres", "accounts")
        assert finance.get(other).status_code == 404
        sign_in(client, organisations.person(organisations.council(), "finance"))
        assert client.get(address).status_code == 404

    def test_of_the_same_bytes_is_what_it_was_sent_as(self, finance):
        _address, page = send(finance, "cost-centres-file", "Code,Name\n1,New\n")
        assert "Check what will change" in page
        address, page = send(finance, "accounts-file", "Code,Name\n1,New\n")
        confirm(finance, address, page)
        assert [account.code for account in rows(Account)] == ["1"]
        assert rows(CostCentre) == []

    def test_is_found_among_what_was_done_to_a_code(self, finance, council):
        centre = ledger.cost_centre(council, code="1", name="Old")
        other = ledger.cost_centre(council, code="2", name="Other")
        address, page = send(finance, "cost-centres-file", "Code,Name\n1,New\n2,Other\n")
        confirm(finance, address, page)
        assert "What was done" in text(finance.get(reverse("cost-centre", args=[centre.pk])))
        assert "What was done" not in text(finance.get(reverse("cost-centre", args=[other.pk])))


class TestBudgets:
    def test_of_the_same_bytes_come_in_for_the_year_they_are_sent_for(self, finance, council):
        ledger.cost_centre(council, code="010")
        ledger.account(council, code="14")
        content = "CC,Nominal,Budget\n010,14,100\n"
        send(finance, "budgets-file", content, year="2026")
        address, page = send(finance, "budgets-file", content, year="2027")
        assert "Check what will change in 2027/28" in page
        assert "The budgets of 2027/28 are in." in text(confirm(finance, address, page))
        assert [budget.financial_year for budget in rows(Budget)] == [2027]

    def test_say_what_happens_when_they_run_out_before_and_after(self, finance, council):
        centre, account = ledger.cost_centre(council, code="010"), ledger.account(council, code="1")
        budget = ledger.budget(council, amount=100, cost_centre=centre, account=account)
        content = "CC,Nominal,Budget,When it runs out\n010,1,100,warn\n"
        address, page = send(finance, "budgets-file", content, year="2026")
        assert "from “Nothing more can be approved” to “Named people may allow more" in page
        confirm(finance, address, page)
        page = text(finance.get(reverse("budget-change", args=[budget.pk])))
        assert "What was done" in page

    def test_come_in_from_a_file_for_a_year(self, finance, council):
        ledger.cost_centre(council, code="010")
        ledger.account(council, code="14")
        content = 'CC,Nominal,Budget\n010,14,"£12,500.00"\n'
        address, page = send(finance, "budgets-file", content, year="2026")
        assert "£12,500.00" in page
        assert "The budgets of 2026/27 are in." in text(confirm(finance, address, page))
        (budget,) = rows(Budget)
        assert budget.budget_amount == Decimal(12_500)
        file = finance.get(reverse("budgets-template", args=[2026]))
        assert "010,14,12500.00,stop" in text(file)
        assert "no budgets for this year" not in text(finance.get(reverse("budgets")))

    def test_come_in_from_a_workbook(self, finance, council):
        ledger.cost_centre(council, code="010")
        ledger.account(council, code="14")
        book, target = Workbook(), io.BytesIO()
        for cells in (["CC", "Nominal", "Budget"], ["010", 14, 12_500]):
            book.active.append(cells)
        book.save(target)
        file = SimpleUploadedFile("list.xlsx", target.getvalue(), WORKBOOK)
        address = finance.post(reverse("budgets-file"), {"file": file, "year": "2026"}).url
        page = text(finance.get(address))
        assert "£12,500.00" in page
        confirm(finance, address, page)
        assert rows(Budget)[0].coding == "010/14"
        with stewardship():
            assert SentFile.objects.get().document.media_type == WORKBOOK

    def test_one_is_added(self, finance, council):
        centre = ledger.cost_centre(council, code="010", name="Library")
        account = ledger.account(council, code="14")
        ledger.account(council, kind="asset", name="The bank")
        address = reverse("budget-add")
        assert address in text(finance.get(reverse("budgets")))
        page = text(finance.get(address))
        assert "010 Library" in page
        assert "The bank" not in page
        facts = {
            "financial_year": "2026", "cost_centre": centre.pk, "account": account.pk,
            "amount": "£1,250", "over_budget": "warn",
        }  # fmt: skip
        page = text(finance.post(address, facts, follow=True))
        assert "010/14 was added." in page
        assert "£1,250.00" in page
        again = finance.post(address, facts)
        assert again.status_code == 409
        assert "010/14 has a budget in this year already" in text(again)
        (budget,) = rows(Budget)
        assert (budget.budget_amount, budget.is_hard_stop) == (Decimal(1250), False)

    @pytest.mark.parametrize(
        "wrong", [{"amount": "x"}, {"amount": "-1"}, {"cost_centre": ""}, {"account": "x"},
                  {"financial_year": "1"}, {"over_budget": ""}],
    )  # fmt: skip
    def test_one_with_a_mistake_is_not_added(self, finance, council, wrong):
        facts = {
            "financial_year": "2026", "cost_centre": ledger.cost_centre(council).pk,
            "account": ledger.account(council).pk, "amount": "1", "over_budget": "stop", **wrong,
        }  # fmt: skip
        answer = finance.post(reverse("budget-add"), facts)
        assert answer.status_code == 422
        assert f"#id_{next(iter(wrong))}" in text(answer)
        assert rows(Budget) == []

    def test_one_is_changed_with_a_reason(self, finance, council):
        budget = ledger.budget(council, amount=100, committed_amount=Decimal(60))
        address = reverse("budget-change", args=[budget.pk])
        assert address in text(finance.get(reverse("budget", args=[budget.pk])))
        facts = {"version": 1, "amount": "£50", "over_budget": "stop", "reason": "Moved."}
        answer = finance.post(address, facts)
        assert answer.status_code == 422
        assert "£60.00 is promised or spent already" in text(answer)
        assert finance.post(address, {**facts, "amount": "much"}).status_code == 422
        finance.post(address, {**facts, "amount": "£70"})
        assert rows(Budget)[0].budget_amount == Decimal(70)
        assert "Moved." in text(finance.get(address))

    def test_cannot_be_set_by_those_who_only_read(self, client, council):
        budget = ledger.budget(council)
        sign_in(client, organisations.person(council, "approver"))
        page = text(client.get(reverse("budget", args=[budget.pk])))
        assert "Change this budget" not in page
        assert client.get(reverse("budget-change", args=[budget.pk])).status_code == 403
        assert client.get(reverse("budget-add")).status_code == 403


class TestBudgetsForPrograms:
    @pytest.fixture
    def send(self, finance):
        finance.cookies["csrf"] = "a" * 32

        def ask(method, path, body, **headers):
            named = {"X-CSRFToken": "a" * 32, **headers}
            address = f"/api/v1/budgets{path}"
            return getattr(finance, method)(address, body, "application/json", headers=named)

        return ask

    def test_one_is_added_read_and_corrected(self, finance, council, send):
        ledger.cost_centre(council, code="010")
        ledger.account(council, code="14")
        sent = {"financial_year": 2026, "cost_centre": "010", "account": "14", "amount": "50.00"}
        made = send("post", "", sent)
        assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
        assert made.json()["is_hard_stop"] is True
        there = send("post", "", sent)
        assert (there.status_code, there.json()["type"]) == (409, "/problems/budget.exists/")
        path = f"/{made.json()['id']}"
        assert there.json()["budget_id"] == made.json()["id"]
        assert finance.get(f"/api/v1/budgets{path}").json() == made.json()
        change = {"amount": "60.00", "is_hard_stop": False, "reason": "Moved."}
        assert send("put", path, change).status_code == 428
        assert send("put", path, change, **{"If-Match": '"9"'}).status_code == 412
        done = send("put", path, change, **{"If-Match": '"1"'})
        assert (done.json()["budget_amount"], done.json()["version"]) == ("60.00", 2)
        unsaid = send("put", path, {**change, "reason": ""}, **{"If-Match": '"2"'})
        assert unsaid.json()["errors"][0]["pointer"] == "#/reason"

    def test_are_told_which_field_is_wrong(self, council, send):
        sent = {"financial_year": 2026, "cost_centre": "x", "account": "y", "amount": "50.00"}
        refused = send("post", "", sent)
        assert refused.status_code == 422
        assert [each["pointer"] for each in refused.json()["errors"]] == [
            "#/cost_centre", "#/account",
        ]  # fmt: skip

    def test_of_another_council_are_missing(self, finance, send):
        path = f"/{ledger.budget(organisations.council()).pk}"
        assert finance.get(f"/api/v1/budgets{path}").status_code == 404
        body = {"amount": "1.00", "is_hard_stop": True, "reason": "x"}
        assert send("put", path, body, **{"If-Match": '"1"'}).status_code == 404
