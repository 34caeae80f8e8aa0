"""Submitting and withdrawing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalogue.models import Listing
from marketplace.approvals.models import Case
from marketplace.approvals.services.cases import NoApprover
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.models import Requisition
from marketplace.ordering.requisitions.obstacles import NeededTooFarAhead, NotComplete, PriceChanged
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.services.held_baskets import Details, NotABuyer, NotADraft
from marketplace.ordering.requisitions.services.submissions import (
    submit_requisition,
    withdraw_requisition,
)
from marketplace.organisations.models import LinkStatus, Membership, SupplierLink
from tests.factories import approvals, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def submit(market, requisition, at, **options):
    chosen = {"requester": market.requester, "details": ordering.DETAILS, **options}
    with market.acting():
        return submit_requisition(requisition_id=requisition.pk, at=at, **chosen)


class TestSubmitRequisition:
    def test_numbers_it_and_asks_for_approval(self, market, at):
        done = submit(market, ordering.basket(market), at)
        assert (done.status, done.number) == ("SUBMITTED", "REQ-26-000001")
        assert (done.net_amount, done.vat_amount) == (Decimal("159.00"), Decimal("31.80"))
        with market.acting():
            case = Case.objects.get(subject_id=done.pk)
            assert (case.status, case.amount, case.content_hash) == (
                "PENDING", Decimal("159.00"), done.content_hash,
            )  # fmt: skip
            event = Event.objects.get(subject_id=done.pk, verb="requisition.submitted")
            assert event.actor_name == "Rae Requester"
            assert event.after["lines"] == 1

    def test_numbers_have_no_gap_when_one_fails(self, market, at):
        first = submit(market, ordering.basket(market), at)
        with pytest.raises(NotComplete):
            submit(market, ordering.basket(market), at, details=replace(ordering.DETAILS, title=""))
        with market.acting():
            again = Requisition.objects.get(status="DRAFT")
        assert (first.number, submit(market, again, at).number) == (
            "REQ-26-000001", "REQ-26-000002",
        )  # fmt: skip

    def test_refuses_an_empty_basket(self, market, at):
        filled = ordering.basket(market)
        with market.acting():
            filled.lines.all().delete()
        with pytest.raises(NotComplete) as refused:
            submit(market, filled, at)
        assert [each.pointer for each in refused.value.errors] == ["lines"]

    def test_refuses_without_title_place_and_codes_and_names_each(self, market, at):
        filled = ordering.basket(market)
        with market.acting():
            filled.lines.update(cost_centre=None, account=None)
        with pytest.raises(NotComplete) as refused:
            submit(market, filled, at, details=Details(" ", "", " "))
        assert [each.pointer for each in refused.value.errors] == [
            "title", "deliver_to", "lines/0/cost_centre", "lines/0/account",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("field", "model"), [("cost_centre", CostCentre), ("account", Account)]
    )
    def test_refuses_a_code_that_was_retired_meanwhile(self, market, at, field, model):
        basket = ordering.basket(market)
        with market.acting():
            model.objects.all().update(is_active=False)
        with pytest.raises(NotComplete, match="is no longer used") as refused:
            submit(market, basket, at)
        assert [each.pointer for each in refused.value.errors] == [f"lines/0/{field}"]

    def test_refuses_a_price_that_moved_and_names_both(self, market, at):
        filled = ordering.basket(market)
        with stewardship():
            Listing.objects.filter(pk=market.listing.pk).update(unit_price="81.25", version=2)
        with pytest.raises(PriceChanged, match=r"was £79\.50 and is now £81\.25"):
            submit(market, filled, at)

    def test_refuses_what_was_withdrawn(self, market, at):
        filled = ordering.basket(market)
        with stewardship():
            Listing.objects.filter(pk=market.listing.pk).update(status="WITHDRAWN")
        with pytest.raises(PriceChanged, match="can no longer be bought"):
            submit(market, filled, at)

    def test_refuses_the_goods_of_a_suspended_supplier(self, market, at):
        filled = ordering.basket(market)
        with stewardship():
            SupplierLink.objects.update(status=LinkStatus.SUSPENDED)
        with pytest.raises(PriceChanged, match="can no longer be bought"):
            submit(market, filled, at)

    def test_refuses_more_than_a_hard_budget_has(self, at):
        market = ordering.market(budget_amount="100.00")
        with pytest.raises(OverBudget, match=r"£159\.00 is asked for and £100\.00 is left"):
            submit(market, ordering.basket(market), at)

    def test_refuses_where_there_is_no_budget(self, market, at):
        filled = ordering.basket(market)
        with pytest.raises(NoBudget, match="2027/28"):
            submit(market, filled, at + timedelta(days=200))

    def test_refuses_when_nobody_has_a_big_enough_limit(self, market, at):
        filled = ordering.basket(market)
        with stewardship():
            Membership.objects.filter(pk=market.approver_membership.pk).update(
                approval_limit_amount="100.00"
            )
        with pytest.raises(NoApprover, match=r"£159\.00"):
            submit(market, filled, at)

    def test_refuses_when_the_only_approver_is_the_requester(self, at):
        market = ordering.market()
        with stewardship():
            Membership.objects.filter(pk=market.approver_membership.pk).update(
                roles=["approver", "requester"]
            )
        both = replace(market.approver, roles=market.approver.roles | {"requester"})
        filled = ordering.basket(market, requester=both)
        with pytest.raises(NoApprover, match="somebody other than you"):
            submit(market, filled, at, requester=both)

    def test_tells_everything_that_is_wrong_at_once(self, at):
        market = ordering.market(budget_amount="100.00")
        filled = ordering.basket(market)
        yesterday = at.date() - timedelta(days=1)
        with stewardship():
            line = filled.lines.get()
            Listing.objects.filter(pk=market.listing.pk).update(status="WITHDRAWN")
            Membership.objects.filter(pk=market.approver_membership.pk).update(
                approval_limit_amount="100.00"
            )
        details = replace(ordering.DETAILS, title="", needed_by_on=yesterday)
        with pytest.raises(NotComplete, match="can no longer be bought") as refused:
            submit(market, filled, at, details=details)
        assert [each.pointer for each in refused.value.errors] == [
            "title", "needed_by_on", f"lines/{line.pk}", "lines", "lines",
        ]  # fmt: skip
        words = " ".join(each.detail for each in refused.value.errors)
        assert "£159.00 is asked for" in words
        assert "There is nobody who can approve this" in words

    def test_takes_a_day_up_to_two_years_ahead(self, market, at):
        filled = ordering.basket(market)
        last = date(2028, 11, 23)
        late = replace(ordering.DETAILS, needed_by_on=last + timedelta(days=1))
        with pytest.raises(NeededTooFarAhead, match="Give a day up to 23 November 2028") as refused:
            submit(market, filled, at, details=late)
        assert refused.value.field == "needed_by_on"
        details = replace(ordering.DETAILS, needed_by_on=last)
        assert submit(market, filled, at, details=details).needed_by_on == last

    def test_refuses_a_second_time(self, market, at):
        done = submit(market, ordering.basket(market), at)
        with pytest.raises(NotADraft):
            submit(market, done, at)

    def test_refuses_somebody_elses_basket(self, market, at):
        filled = ordering.basket(market)
        with pytest.raises(Missing):
            submit(market, filled, at, requester=market.buyer)

    def test_refuses_another_council(self, market, at):
        filled = ordering.basket(market)
        other = ordering.market()
        with other.acting(), pytest.raises(Missing):
            submit_requisition(requisition_id=filled.pk, requester=other.requester, at=at)

    def test_refuses_who_may_not_buy(self, market, at):
        filled = ordering.basket(market)
        with pytest.raises(NotABuyer):
            submit(market, filled, at, requester=market.approver)

    def test_asks_one_more_person_when_a_budget_that_warns_would_be_exceeded(self, at):
        market = ordering.market(budget_amount="100.00", is_hard_stop=False)
        director = organisations.person(market.council, "approver", name="Di Director")
        approvals.policy(market.council, version=2, over_budget_allowed_by=[director.pk])
        done = submit(market, ordering.basket(market), at)
        with market.acting():
            steps = list(Case.objects.get(subject_id=done.pk).steps.order_by("step_order"))
        assert [(step.eligible_names, step.is_over_budget) for step in steps] == [
            (["Ada Approver"], False),
            (["Di Director"], True),
        ]


class TestWithdrawRequisition:
    def test_takes_it_back_with_its_case(self, market, at):
        done = submit(market, ordering.basket(market), at)
        with market.acting():
            withdraw_requisition(requisition_id=done.pk, requester=market.requester, at=at)
            case = Case.objects.get(subject_id=done.pk)
            assert (case.status, case.steps.get().status) == ("SUPERSEDED", "DROPPED")
            assert Requisition.objects.get(pk=done.pk).status == "WITHDRAWN"
            assert Event.objects.filter(verb="requisition.withdrawn").count() == 1

    def test_gives_up_a_basket_so_that_a_new_one_can_be_begun(self, market, at):
        filled = ordering.basket(market)
        with market.acting():
            withdraw_requisition(requisition_id=filled.pk, requester=market.requester, at=at)
            line = add_to_basket(
                requester=market.requester, listing_id=market.listing.pk,
                quantity=Decimal(1), at=at,
            )  # fmt: skip
        assert line.requisition_id != filled.pk

    def test_refuses_after_approval(self, market, at):
        done = ordering.approved(market)
        with market.acting(), pytest.raises(IllegalMove):
            withdraw_requisition(requisition_id=done.pk, requester=market.requester, at=at)

    def test_refuses_anybody_else(self, market, at):
        done = submit(market, ordering.basket(market), at)
        with market.acting(), pytest.raises(Missing):
            withdraw_requisition(requisition_id=done.pk, requester=market.buyer, at=at)
