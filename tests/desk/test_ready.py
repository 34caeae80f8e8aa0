"""What a council still needs before it can buy."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from marketplace.approvals.rules import TierStep, Who
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship, tenant
from marketplace.desk.readiness import readiness
from marketplace.ledger.models import ControlAccount
from marketplace.ordering.models import DeliveryPoint
from marketplace.organisations.models import Membership, Organisation
from tests.factories import approvals, ledger, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

READY = "/getting-ready/"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/London"))
DETAILS = {
    "address": "1 High Street", "postcode": "ZZ1 1ZZ", "email": "buy@example.com",
    "vat_number": "GB999000103",
}  # fmt: skip
BLOCK = "This is missing before your council can buy"


def text(response):
    return response.content.decode()


def steps(council):
    with tenant(council.pk):
        return readiness(council.pk, AT)


def done(council):
    return [step.is_done for step in steps(council)]


@pytest.fixture
def ready():
    """A council with everything."""
    market = factory.market()
    ledger.controls(market.council)
    ledger.year(market.council)
    organisations.person(market.council, "finance")
    organisations.person(market.council, "receiver")
    with stewardship():
        Organisation.objects.filter(pk=market.council.pk).update(**DETAILS)
        DeliveryPoint.objects.create(
            council=market.council, code="D1", name="Library", address="1 High Street"
        )
    return market


class TestReadiness:
    def test_of_a_new_council_is_nothing(self):
        assert done(organisations.council()) == [False] * 13

    def test_of_one_that_has_everything_is_all(self, ready):
        assert done(ready.council) == [True] * 13

    @pytest.mark.parametrize("detail", DETAILS)
    def test_an_order_needs_the_councils_details(self, ready, detail):
        with stewardship():
            Organisation.objects.filter(pk=ready.council.pk).update(**{detail: ""})
        first = steps(ready.council)[0]
        assert not first.is_done
        missing = {"email": "email address", "vat_number": "VAT number"}.get(detail, detail)
        assert first.how_many == f"Still missing: {missing}"

    def test_names_every_detail_that_is_missing(self, ready):
        (first, *_rest) = steps(organisations.council())
        assert "Still missing: address, postcode" in first.how_many
        assert steps(ready.council)[0].how_many == "All four are there"

    def test_names_who_approves_without_a_limit(self, ready, client):
        cy = organisations.person(ready.council, "approver", name="Cy Newcomer")
        step = steps(ready.council)[2]
        assert step.is_done
        assert list(step.to_name) == [{"id": str(cy.pk), "name": "Cy Newcomer"}]
        sign_in(client, organisations.person(ready.council, "administrator"))
        assert f'href="/people/{cy.pk}/">Cy Newcomer</a>' in text(client.get(READY))

    def test_nobody_approves_their_own(self):
        council = organisations.council()
        organisations.person(council, "requester", "approver", limit=5)
        assert done(council)[1:3] == [True, False]
        organisations.person(council, "buyer")
        assert done(council)[1:3] == [True, True]

    @pytest.mark.parametrize("facts", [{"is_active": False}, {"approval_limit_amount": None}])
    def test_an_approver_who_has_left_or_has_no_limit_is_none(self, ready, facts):
        with stewardship():
            Membership.objects.filter(pk=ready.approver_membership.pk).update(**facts)
        assert done(ready.council)[2] is False

    def test_every_cost_centre_needs_a_holder_who_approves(self, ready):
        ledger.cost_centre(ready.council)
        ledger.cost_centre(ready.council, holder=None, is_active=False)
        step = steps(ready.council)[5]
        assert (step.count, step.lacking, step.is_done) == (2, 1, False)
        assert step.how_many == "2 cost centres, 1 without a holder who can approve"

    def test_every_part_needs_an_account_and_this_year_its_months(self):
        council = organisations.council()
        ledger.controls(council)
        ledger.year(council, 2027)
        with stewardship():
            ControlAccount.objects.filter(role="BANK").delete()
        parts, months = steps(council)[7:9]
        assert (parts.is_done, parts.how_many) == (False, "6 are chosen, 1 is missing")
        assert (months.is_done, months.how_many) == (False, "0 months")

    def test_rules_that_name_somebody_who_has_left_are_not_done(self, ready):
        boss = organisations.person(ready.council, "approver", limit=5)
        named = TierStep(Decimal(0), 1, Who.PEOPLE, (boss.pk, ready.approver_membership.pk))
        approvals.policy(ready.council, [named], version=2)
        assert steps(ready.council)[11].is_done
        with stewardship():
            Membership.objects.filter(pk=boss.pk).update(is_active=False)
        step = steps(ready.council)[11]
        assert (step.lacking, step.is_done) == (1, False)
        approvals.policy(ready.council, version=3)
        assert steps(ready.council)[11].is_done

    def test_rules_are_not_done_while_some_amount_has_too_few_people(self, ready):
        two = [TierStep(Decimal(a), o, Who.ANY_APPROVER) for a, o in ((0, 1), (500, 1), (500, 2))]
        approvals.policy(ready.council, two, version=2)
        step = steps(ready.council)[11]
        assert (step.lacking, step.is_done) == (1, False)
        assert step.how_many == (
            "Version 2 is in force, for 1 of its amounts there are too few people who could approve"
        )
        organisations.person(ready.council, "approver", limit=5)
        step = steps(ready.council)[11]
        assert (step.how_many, step.is_done) == ("Version 2 is in force", True)

    def test_says_that_there_are_no_rules(self):
        assert steps(organisations.council())[11].how_many == "There are none yet"

    def test_a_supplier_without_goods_is_not_enough(self, ready):
        council = organisations.council()
        organisations.link(council, organisations.supplier())
        step = steps(council)[12]
        assert (step.count, step.is_done) == (1, False)

    def test_last_years_budgets_are_not_this_years(self, ready):
        council = organisations.council()
        ledger.budget(council, year=2025)
        assert steps(council)[7].count == 0

    def test_takes_one_statement(self, ready, django_assert_num_queries):
        with tenant(ready.council.pk), django_assert_num_queries(1):
            readiness(ready.council.pk, AT)


class TestThePage:
    @pytest.mark.parametrize("role", ["administrator", "finance"])
    def test_lists_every_step_with_where_and_who(self, client, role):
        sign_in(client, organisations.person(organisations.council(), role))
        page = text(client.get(READY))
        assert page.count("govuk-task-list__item ") + page.count('govuk-task-list__item"') == 13
        assert ('href="/people/invite/"' in page) is (role == "administrator")
        assert ("This is for: administrator." in page) is (role == "finance")
        assert "administrator or supplier" not in page

    def test_says_when_all_is_there(self, client, ready):
        sign_in(client, organisations.person(ready.council, "administrator"))
        page = text(client.get(READY))
        assert "Everything is there" in page
        assert reverse("approval-rules") in page

    @pytest.mark.parametrize(
        "role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.FINANCE}]
    )
    def test_is_for_those_whose_work_it_is(self, client, role):
        home = organisations.council if role is not Role.SUPPLIER else organisations.supplier
        sign_in(client, organisations.person(home(), role))
        assert client.get(READY).status_code == 403


class TestTheFirstPage:
    def test_shows_what_is_missing_until_nothing_is(self, client, ready):
        new = organisations.person(organisations.council(), "administrator")
        assert BLOCK in text(sign_in(client, new).get("/home/"))
        whole = organisations.person(ready.council, "administrator")
        assert BLOCK not in text(sign_in(client, whole).get("/home/"))

    def test_shows_it_to_nobody_else(self, client):
        buyer = organisations.person(organisations.council(), "buyer")
        assert BLOCK not in text(sign_in(client, buyer).get("/home/"))
