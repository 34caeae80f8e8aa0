"""The pages that say and change who approves what, over HTTP and without a script."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from marketplace.approvals.models import Policy
from marketplace.approvals.rules import TierStep, Who
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship
from tests.factories import approvals, ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

RULES, CHANGE = "/approval-rules/", "/approval-rules/change/"
COUNCIL = [role for role in Role if role is not Role.SUPPLIER]
ANY = {"shape": "1", "version": "0", "who-0-0": "ANY_APPROVER"}


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def ada(council):
    return organisations.person(council, "approver", limit=500, name="Ada Approver")


@pytest.fixture
def bo(council):
    return organisations.person(council, "approver", limit=50_000, name="Bo Boss")


@pytest.fixture
def administrator(client, council):
    return sign_in(client, organisations.person(council, "administrator", name="Ian Admin"))


def text(response):
    return response.content.decode()


def confirm(client, typed, **rest):
    """Check rules, and confirm what was shown."""
    page = text(client.post(CHANGE, {**typed, "do": "check"}))
    mark = re.search('name="mark" value="([0-9a-f]{64})"', page)[1]
    return client.post(CHANGE, {**typed, "mark": mark, "do": "confirm"}, **rest)


def policies(council):
    with stewardship():
        return list(Policy.objects.of(council.pk).order_by("version"))


class TestTheRules:
    @pytest.mark.parametrize("role", COUNCIL)
    def test_can_be_read_in_every_role(self, client, council, role, ada, bo):
        approvals.policy(
            council,
            [
                TierStep(Decimal(0), 1, Who.HOLDER),
                TierStep(Decimal(5000), 1, Who.HOLDER),
                TierStep(Decimal(5000), 2, Who.PEOPLE, (bo.pk,)),
            ],
            made_by_name="Ian Admin",
        )
        sign_in(client, organisations.person(council, role, limit=5))
        page = text(client.get(RULES))
        assert "Up to £5,000" in page
        assert "Above £5,000" in page
        assert "The holder of the cost centre" in page
        assert "Bo Boss" in page
        assert "made by Ian Admin" in page
        assert (CHANGE in page) is (role is Role.ADMINISTRATOR)

    def test_are_not_shown_to_a_supplier(self, client):
        sign_in(client, organisations.person(organisations.supplier()))
        assert client.get(RULES).status_code == 403

    def test_that_are_missing_are_said_to_be(self, client, council, administrator):
        page = text(client.get(RULES))
        assert "has not said who approves what" in page
        assert CHANGE in page

    def test_name_who_has_left(self, client, council, administrator, ada):
        approvals.policy(council, [TierStep(Decimal(0), 1, Who.PEOPLE, (ada.pk,))])
        assert "cannot approve here" not in text(client.get(RULES))
        with stewardship():
            ada.is_active = False
            ada.save(update_fields=["is_active"])
        assert "Ada Approver cannot approve here" in text(client.get(RULES))

    def test_can_be_tried(self, client, council, administrator, ada, bo):
        centre = ledger.cost_centre(council, holder=ada, code="C1", name="Parks")
        asker = organisations.person(council, "requester", name="Rae Requester")
        approvals.policy(council, [TierStep(Decimal(0), 1, Who.HOLDER)])
        query = {"cost_centre": centre.pk, "requester": asker.user_id}
        page = text(client.get(RULES, {"amount": "500", **query}))
        assert "It would go to:" in page
        assert "C1 Parks" in page
        assert "It could not be sent" not in page
        page = text(client.get(RULES, {"amount": "500.01", **query}))
        assert "It could not be sent" in page
        assert "Choose who asks for it" in text(client.get(RULES, {"amount": "5"}))

    def test_are_another_councils_own(self, client, administrator, ada):
        other = organisations.council()
        theirs = organisations.person(other, "approver", limit=5, name="Not Yours")
        approvals.policy(other, [TierStep(Decimal(0), 1, Who.PEOPLE, (theirs.pk,))])
        assert "Not Yours" not in text(client.get(RULES))

    def test_say_what_each_version_changed_and_come_in_pages(self, client, council, ada, bo):
        for version in range(1, 13):
            who = ada if version % 2 else bo
            approvals.policy(
                council, [TierStep(Decimal(0), 1, Who.PEOPLE, (who.pk,))], version=version
            )
        sign_in(client, organisations.person(council, "auditor"))
        page = text(client.get(RULES))
        assert "was Ada Approver; now Bo Boss" in page
        assert page.count("Above £0: was") == 10
        cursor = page.split("?after=")[1].split('"')[0]
        page = text(client.get(RULES + "?after=" + cursor))
        assert "Above £0: new, Ada Approver" in page

    @pytest.mark.parametrize("query", ["?after=x", "?amount=x&requester=%00", "?amount=1e999"])
    def test_nonsense_in_the_address_is_no_defect(self, client, council, administrator, query):
        approvals.policy(council)
        assert client.get(RULES + query).status_code in {200, 422}


class TestChangingThem:
    def test_begins_with_a_suggestion(self, client, council, administrator, ada, bo):
        page = text(client.get(CHANGE))
        assert "Your council has no rules yet" in page
        assert 'value="5,000"' in page

    def test_suggests_what_the_approvers_that_there_are_can_do(
        self, client, council, administrator
    ):
        ledger.cost_centre(council, holder=None, code="C1", name="Parks")
        organisations.person(council, "approver", limit=50000)
        page = text(client.get(CHANGE))
        assert 'name="shape" value="1"' in page
        organisations.person(council, "approver", limit=50000)
        assert 'name="shape" value="1,2"' in text(client.get(CHANGE))

    def test_refuses_two_steps_where_there_is_one_person(self, client, council, administrator):
        organisations.person(council, "approver", limit=50000)
        sent = {
            "shape": "1,2", "version": "0", "who-0-0": "ANY_APPROVER", "above-1": "5,000",
            "who-1-0": "ANY_APPROVER", "who-1-1": "ANY_APPROVER", "do": "check",
        }  # fmt: skip
        page = text(client.post(CHANGE, sent))
        assert "There are too few such people for these steps" in page
        assert "Put these rules in force" not in page

    def test_begins_with_what_is_in_force(self, client, council, administrator, bo):
        approvals.policy(council, [TierStep(Decimal(0), 1, Who.PEOPLE, (bo.pk,))])
        page = text(client.get(CHANGE))
        assert f'value="{bo.pk}" checked' in page

    @pytest.mark.parametrize(
        ("sent", "shape"),
        [
            ({"do": "add-amount"}, "1,1"),
            ({"do": "add-step.0"}, "2"),
            ({"do": "remove-step.0.0", "shape": "2"}, "1"),
            ({"do": "remove-step.0.0"}, "1"),
            ({"do": "remove-amount.1", "shape": "1,2"}, "1"),
            ({"do": "remove-amount.0", "shape": "1,2"}, "1,2"),
            ({"do": "add-step.99"}, "1"),
            ({"do": "add-step.²"}, "1"),
            ({"do": "earlier.0.7"}, "1"),
            ({"do": "earlier.0." + "9" * 5000}, "1"),
            ({"do": "remove-amount." + "9" * 5000}, "1"),
            ({"do": "add-step.٠"}, "1"),
            ({"do": "", "shape": "x,-1,99999999999"}, "1"),
            ({"do": "add-amount", "shape": ",".join("1" * 10)}, ",".join("1" * 10)),
        ],
    )
    def test_adds_and_takes_away(self, client, administrator, sent, shape):
        page = client.post(CHANGE, {**ANY, **sent})
        assert page.status_code == 200
        assert f'name="shape" value="{shape}"' in text(page)

    def test_puts_a_step_earlier_and_keeps_what_was_typed(self, client, administrator, ada):
        typed = {
            "shape": "1,2", "version": "0", "who-0-0": "HOLDER", "above-1": "a thousand",
            "who-1-0": "HOLDER", "who-1-1": "PEOPLE", "people-1-1": str(ada.pk),
        }  # fmt: skip
        page = client.post(CHANGE, {**typed, "do": "earlier.1.1"})
        form = text(page)
        assert 'value="a thousand"' in form
        first = form.index(f'name="people-1-0" type="checkbox" value="{ada.pk}" checked')
        assert first > 0

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"who-0-0": "PEOPLE"}, "Choose at least one person"),
            ({"who-0-0": ""}, "Choose who is asked"),
            (
                {"shape": "1,1", "above-1": "", "who-1-0": "HOLDER"},
                "Enter the amount above which these people are asked",
            ),
            (
                {"shape": "1,1,1", "above-1": "9", "who-1-0": "HOLDER", "above-2": "9.00",
                 "who-2-0": "HOLDER"},
                "This amount is here already",
            ),
            (
                {"shape": "1,1", "above-1": "0", "who-1-0": "HOLDER"},
                "Enter an amount above £0",
            ),
            ({"people-0-0": "ADA"}, "Choose “People by name” above"),
            (
                {"shape": "1,1", "above-1": "٣", "who-1-0": "HOLDER"},
                "Enter an amount in pounds",
            ),
            (
                {"shape": "1,1", "above-1": "1e3", "who-1-0": "HOLDER"},
                "Enter an amount in pounds",
            ),
            (
                {"shape": "1,1", "above-1": "£1,0,0,0", "who-1-0": "HOLDER"},
                "Enter an amount in pounds",
            ),
            ({"shape": "1;2"}, "Part of what you sent is missing"),
            ({"shape": "01"}, "Part of what you sent is missing"),
            ({"shape": ""}, "Part of what you sent is missing"),
            ({"shape": "7"}, "Part of what you sent is missing"),
            ({"above-1": "5000", "who-1-0": "HOLDER"}, "Part of what you sent is missing"),
            ({"people-0-1": "ADA"}, "Part of what you sent is missing"),
            ({"over_budget": "x"}, "Choose from the people who can approve now"),
        ],
    )  # fmt: skip
    def test_says_what_is_missing(self, client, council, administrator, ada, sent, words):
        sent = {name: str(ada.pk) if value == "ADA" else value for name, value in sent.items()}
        page = client.post(CHANGE, {**ANY, **sent, "do": "check"})
        assert page.status_code == 422
        assert words in text(page)
        assert policies(council) == []

    def test_shows_both_and_what_would_happen_before_it_is_done(
        self, client, council, administrator, ada, bo
    ):
        approvals.policy(council, [TierStep(Decimal(0), 1, Who.PEOPLE, (ada.pk,))])
        asker = organisations.person(council, "requester")
        typed = {
            "shape": "1,2", "version": "1", "who-0-0": "ANY_APPROVER", "above-1": "£1,000",
            "who-1-0": "PEOPLE", "people-1-0": str(ada.pk), "who-1-1": "PEOPLE",
            "people-1-1": str(bo.pk), "over_budget": str(bo.pk),
        }  # fmt: skip
        page = text(client.post(CHANGE, {**typed, "do": "check"}))
        assert "After your change" in page
        assert "Above £1,000" in page
        assert "only Ada Approver can take one of the steps" in page
        tried = {"amount": "1000.01", "requester": str(asker.user_id)}
        page = text(client.post(CHANGE, {**typed, **tried, "do": "try"}))
        assert page.index("It would go to:") < page.rindex("Ada Approver")
        assert "It could not be sent" not in page
        assert len(policies(council)) == 1
        assert "Step 2" in text(client.post(CHANGE, {**typed, "do": "edit"}))
        done = confirm(client, typed, follow=True)
        assert "Version 2 is in force from now on" in text(done)
        made = policies(council)[-1]
        assert (made.version, made.made_by_name) == (2, "Ian Admin")
        assert made.over_budget_allowed_by == [bo.pk]

    def test_refuses_what_could_never_be_approved(self, client, council, administrator, ada):
        typed = {
            "shape": "1,1", "version": "0", "who-0-0": "ANY_APPROVER", "above-1": "500",
            "who-1-0": "PEOPLE", "people-1-0": str(ada.pk),
        }  # fmt: skip
        page = text(client.post(CHANGE, {**typed, "do": "check"}))
        assert "nobody who takes the last step may approve that much" in page
        assert "Put these rules in force" not in page
        page = confirm(client, typed)
        assert page.status_code == 422
        assert policies(council) == []

    @pytest.mark.parametrize("mark", ["", "x", "f" * 64])
    def test_takes_nothing_that_was_not_checked(self, client, council, administrator, ada, mark):
        page = client.post(CHANGE, {**ANY, "mark": mark, "do": "confirm"})
        assert page.status_code == 409
        assert "not the rules that you checked" in text(page)
        assert policies(council) == []
        assert confirm(client, ANY).status_code == 302

    def test_takes_no_other_rules_than_those_that_were_checked(
        self, client, council, administrator, ada
    ):
        page = text(client.post(CHANGE, {**ANY, "do": "check"}))
        mark = re.search('name="mark" value="([0-9a-f]{64})"', page)[1]
        others = {**ANY, "who-0-0": "HOLDER", "mark": mark, "do": "confirm"}
        assert client.post(CHANGE, others).status_code == 409
        assert policies(council) == []

    def test_says_who_lacks_a_limit_and_where_to_give_it(self, client, council, administrator):
        cy = organisations.person(council, "approver", name="Cy Newcomer")
        page = text(client.post(CHANGE, {**ANY, "do": "check"}))
        assert "has an approval limit: Cy Newcomer" in page
        assert f'href="/people/{cy.pk}/">Give Cy Newcomer an approval limit</a>' in page
        assert "Put these rules in force" not in page
        assert confirm(client, ANY).status_code == 422
        assert policies(council) == []

    def test_tells_the_second_of_two_administrators(self, client, council, administrator, ada):
        typed = {**ANY, "version": "1"}
        approvals.policy(council, version=1)
        approvals.policy(council, version=2, made_by_name="Una Other")
        page = confirm(client, typed)
        assert page.status_code == 409
        assert "version 2 by Una Other is now in force" in text(page)
        assert 'name="version" value="2"' in text(page)
        assert len(policies(council)) == 2
        assert confirm(client, {**typed, "version": "2"}).status_code == 302

    @pytest.mark.parametrize("role", [role for role in COUNCIL if role is not Role.ADMINISTRATOR])
    def test_is_for_administrators(self, client, council, role):
        sign_in(client, organisations.person(council, role, limit=5))
        assert client.get(CHANGE).status_code == 403
        assert client.post(CHANGE, {**ANY, "do": "confirm"}).status_code == 403

    def test_takes_no_approver_of_another_council(self, client, council, administrator, ada):
        theirs = organisations.person(organisations.council(), "approver", limit=9)
        typed = {**ANY, "who-0-0": "PEOPLE", "people-0-0": str(theirs.pk), "do": "confirm"}
        assert client.post(CHANGE, typed).status_code == 422
        assert policies(council) == []


def test_addresses_have_names():
    assert (reverse("approval-rules"), reverse("approval-rules-change")) == (RULES, CHANGE)
