"""Approving and turning down."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from marketplace.approvals.models import Case, Decision, Delegation
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.selectors.cases import case_of, may_exceed_budget
from marketplace.approvals.services.cases import ApprovalNotAllowed, ChangedMeanwhile, ReasonNeeded
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account, Budget, CommitmentEntry, CostCentre
from marketplace.ledger.services.commitments import OverBudget
from marketplace.notifications.models import Message
from marketplace.ordering.models import RequisitionLine
from marketplace.ordering.requisitions.selectors.requisitions import (
    content_of,
    requisitions_awaiting,
)
from marketplace.ordering.requisitions.services.decisions import (
    SupplierSuspended,
    approve_requisition,
    reject_requisition,
)
from marketplace.organisations.models import LinkStatus, Membership, SupplierLink, User
from marketplace.organisations.selectors.people import actor_of
from tests.factories import approvals, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def approve(market, requisition, approver, at, **options):
    chosen = {"content_hash": requisition.content_hash, **options}
    with market.acting():
        return approve_requisition(
            requisition_id=requisition.pk, approver=approver, at=at, **chosen
        )


def awaiting(market, approver, at):
    with market.acting():
        return [row.number for row in requisitions_awaiting(approver, at)]


class TestApproveRequisition:
    @pytest.mark.parametrize("model", [CostCentre, Account])
    def test_goes_on_with_a_code_that_was_retired_after_it_was_seen(self, market, at, model):
        """What was submitted was seen with this code, so the trail names it and nothing stops."""
        requisition = ordering.submitted(market)
        with stewardship():
            model.objects.update(is_active=False)
            codes = sorted(model.objects.values_list("code", flat=True))
        approve(market, requisition, market.approver, at)
        with market.acting():
            event = Event.objects.get(verb="requisition.approved")
            used = {
                code.code
                for line in requisition.lines.select_related("cost_centre", "account")
                for code in (line.cost_centre, line.account)
            }
        assert event.after["status"] == "APPROVED"
        assert event.after["retired_codes"] == sorted(used & set(codes))
        assert event.after["retired_codes"]

    def test_commits_the_money_and_owes_the_orders(self, market, at):
        done = approve(market, ordering.submitted(market), market.approver, at, comment="Fine.")
        assert (done.status, done.approved_by_name) == ("APPROVED", "Ada Approver")
        with market.acting():
            budget = Budget.objects.get(pk=market.budget.pk)
            assert (budget.committed_amount, budget.available_amount) == (
                Decimal("159.00"), Decimal("9841.00"),
            )  # fmt: skip
            entry = CommitmentEntry.objects.get()
            assert (entry.kind, entry.stage, entry.amount) == (
                "COMMIT", "REQUISITION", Decimal("159.00"),
            )  # fmt: skip
            decision = Decision.objects.get()
            assert (decision.verdict, decision.comment) == ("APPROVED", "Fine.")
            event = Event.objects.get(verb="requisition.approved")
            assert (event.actor_name, event.note) == ("Ada Approver", "Fine.")
            assert event.after["content_hash"] == done.content_hash
        assert ordering.do_jobs() > 0

    def test_waits_for_each_step_and_for_another_person_each_time(self, market, at):
        second = organisations.person(market.council, "approver", limit=50_000, name="Bea")
        steps = [TierStep(Decimal(0), 1, Who.HOLDER), TierStep(Decimal(0), 2, Who.ANY_APPROVER)]
        approvals.policy(market.council, steps, version=2)
        waiting = ordering.submitted(market)
        bea = actor_of(second)
        assert awaiting(market, bea, at) == []
        with pytest.raises(ApprovalNotAllowed, match="Ada Approver"):
            approve(market, waiting, bea, at)
        assert approve(market, waiting, market.approver, at).status == "SUBMITTED"
        with pytest.raises(ApprovalNotAllowed, match="earlier step"):
            approve(market, waiting, market.approver, at)
        assert awaiting(market, market.approver, at) == []
        assert awaiting(market, bea, at) == [waiting.number]
        with market.acting():
            assert CommitmentEntry.objects.count() == 0
        assert approve(market, waiting, bea, at).status == "APPROVED"
        with market.acting():
            verbs = Event.objects.filter(subject_id=waiting.pk).order_by("sequence")
            assert [each.verb for each in verbs][-2:] == [
                "requisition.step-approved", "requisition.approved",
            ]  # fmt: skip

    def test_refuses_the_one_who_raised_it(self, market, at):
        waiting = ordering.submitted(market)
        own = organisations.person(market.council, "approver", limit=50_000)
        with stewardship():
            Case.objects.update(barred_user_ids=[waiting.raised_by_id, own.user_id])
        with pytest.raises(ApprovalNotAllowed, match="somebody else"):
            approve(market, waiting, actor_of(own), at)

    def test_refuses_beyond_the_limit_that_they_have_now(self, market, at):
        waiting = ordering.submitted(market)
        market.approver_membership.approval_limit_amount = Decimal("158.99")
        with pytest.raises(ApprovalNotAllowed, match=r"£159\.00"):
            approve(market, waiting, actor_of(market.approver_membership), at)

    def test_takes_the_limit_to_the_penny(self, market, at):
        waiting = ordering.submitted(market)
        market.approver_membership.approval_limit_amount = Decimal("159.00")
        done = approve(market, waiting, actor_of(market.approver_membership), at)
        assert done.status == "APPROVED"

    def test_refuses_who_is_no_approver(self, market, at):
        with pytest.raises(ApprovalNotAllowed):
            approve(market, ordering.submitted(market), market.buyer, at)

    def test_refuses_what_was_changed_after_it_was_seen(self, market, at):
        waiting = ordering.submitted(market)
        with market.acting():
            RequisitionLine.objects.update(name="Golden chair")
        with pytest.raises(ChangedMeanwhile):
            approve(market, waiting, market.approver, at)

    def test_refuses_another_hash_than_the_one_submitted(self, market, at):
        with pytest.raises(ChangedMeanwhile):
            approve(market, ordering.submitted(market), market.approver, at, content_hash="0" * 64)

    def test_refuses_what_was_changed_even_when_the_change_was_seen(self, market, at):
        """The approval is for what was submitted, not for what somebody made of it since."""
        waiting = ordering.submitted(market)
        with market.acting():
            RequisitionLine.objects.update(name="Golden chair")
            changed = content_of(waiting, list(waiting.lines.all()))
        with pytest.raises(ChangedMeanwhile):
            approve(market, waiting, market.approver, at, content_hash=changed)

    def test_a_reason_is_no_permission(self, at):
        """The budget ran out after it was submitted, so nobody was asked who may exceed it."""
        market = ordering.market(is_hard_stop=False)
        waiting = ordering.submitted(market)
        with stewardship():
            Budget.objects.update(actual_amount="9900.00")
        with pytest.raises(OverBudget):
            approve(market, waiting, market.approver, at, over_budget_reason="I want to.")

    def test_refuses_another_council(self, market, at):
        waiting, other = ordering.submitted(market), ordering.market()
        with other.acting(), pytest.raises(Missing):
            approve_requisition(
                requisition_id=waiting.pk, approver=other.approver,
                content_hash=waiting.content_hash, at=at,
            )  # fmt: skip

    def test_refuses_twice(self, market, at):
        done = ordering.approved(market)
        with pytest.raises(IllegalMove):
            approve(market, done, market.approver, at)

    def test_refuses_when_the_supplier_was_suspended_meanwhile(self, market, at):
        waiting = ordering.submitted(market)
        with stewardship():
            SupplierLink.objects.update(status=LinkStatus.SUSPENDED)
        with pytest.raises(SupplierSuspended, match="Office chair"):
            approve(market, waiting, market.approver, at)

    def test_leaves_no_decision_when_the_money_went_elsewhere_meanwhile(self, market, at):
        waiting = ordering.submitted(market)
        with stewardship():
            Budget.objects.update(actual_amount="9900.00")
        with pytest.raises(OverBudget, match=r"£100\.00 is left"):
            approve(market, waiting, market.approver, at)
        with market.acting():
            assert Decision.objects.count() == 0

    def test_exceeds_a_budget_that_warns_only_by_who_may_and_with_a_reason(self, at):
        market = ordering.market(budget_amount="100.00", is_hard_stop=False)
        director = organisations.person(market.council, "approver", limit=50_000, name="Di")
        approvals.policy(market.council, version=2, over_budget_allowed_by=[director.pk])
        waiting = ordering.submitted(market)
        with pytest.raises(ApprovalNotAllowed, match="Di"):
            approve(market, waiting, market.approver, at, over_budget_reason="We need them.")
        with pytest.raises(OverBudget) as refused:
            approve(market, waiting, actor_of(director), at)
        assert refused.value.facts["may_be_allowed"] is True
        approve(market, waiting, actor_of(director), at, over_budget_reason="A flood.")
        with market.acting():
            entry = CommitmentEntry.objects.get()
            assert (entry.over_budget_by_name, entry.over_budget_reason) == ("Di", "A flood.")
            assert Budget.objects.get().available_amount == Decimal("-59.00")


class TestStandingIn:
    @pytest.fixture
    def deputy(self, market):
        return organisations.person(market.council, "approver", limit=10, name="Dee Deputy")

    @pytest.fixture
    def held(self, market):
        steps = [TierStep(Decimal(0), 1, Who.HOLDER)]
        approvals.policy(market.council, steps, version=2)
        return ordering.submitted(market)

    def test_names_both(self, market, deputy, held, at):
        approvals.delegation(market.approver_membership, deputy)
        assert awaiting(market, actor_of(deputy), at) == [held.number]
        approve(market, held, actor_of(deputy), at)
        with market.acting():
            decision = Decision.objects.get()
            assert (decision.decided_by_name, decision.on_behalf_of_name) == (
                "Dee Deputy", "Ada Approver",
            )  # fmt: skip
            event = Event.objects.get(verb="requisition.approved")
            assert event.after["on_behalf_of"] == "Ada Approver"

    @pytest.mark.parametrize(
        "facts",
        [
            {"limit": "158.99"},
            {"until_on": date(2026, 11, 22)},
            {"from_on": date(2026, 11, 24)},
            {"ended_at": ordering.NOON},
        ],
    )
    def test_refuses_beyond_value_and_days(self, market, deputy, held, at, facts):
        approvals.delegation(market.approver_membership, deputy, **facts)
        assert awaiting(market, actor_of(deputy), at) == []
        with pytest.raises(ApprovalNotAllowed):
            approve(market, held, actor_of(deputy), at)

    def test_refuses_what_the_delegator_asked_for(self, market, deputy, held, at):
        requester = market.requester.membership_id
        with stewardship():
            Delegation.objects.create(
                council=market.council, delegator_id=requester, delegate=deputy,
                limit_amount=1000, from_on=date(2026, 11, 1), until_on=date(2026, 11, 30),
                reason="Leave", made_at=at,
            )  # fmt: skip
            Case.objects.get().steps.update(eligible=[deputy.pk], needs_limit=False)
        assert awaiting(market, actor_of(deputy), at) == []
        with pytest.raises(ApprovalNotAllowed, match="Rae Requester"):
            approve(market, held, actor_of(deputy), at)

    def test_who_stands_in_for_the_holder_is_not_asked_about_their_own(self, market, at):
        steps = [TierStep(Decimal(0), 1, Who.HOLDER)]
        approvals.policy(market.council, steps, version=2)
        both = organisations.person(market.council, "approver", "requester", limit=10)
        approvals.delegation(market.approver_membership, both)
        waiting = ordering.submitted(market, requester=actor_of(both))
        assert awaiting(market, actor_of(both), at) == []
        with pytest.raises(ApprovalNotAllowed, match="You asked for it"):
            approve(market, waiting, actor_of(both), at)

    @pytest.mark.parametrize(
        "lost",
        [{"is_active": False}, {"roles": ["buyer"]}, {"approval_limit_amount": "158.99"}],
        ids=["left", "approves nothing now", "lower limit"],
    )
    def test_nobody_lends_what_they_lost(self, market, deputy, held, at, lost):
        """What was lent while they had it is worth no more than what they have now."""
        approvals.delegation(market.approver_membership, deputy)
        with stewardship():
            Membership.objects.filter(pk=market.approver.membership_id).update(**lost)
        assert awaiting(market, actor_of(deputy), at) == []
        with pytest.raises(ApprovalNotAllowed):
            approve(market, held, actor_of(deputy), at)

    def test_nobody_lends_who_can_no_longer_sign_in(self, market, deputy, held, at):
        approvals.delegation(market.approver_membership, deputy)
        User.objects.filter(pk=market.approver.user_id).update(is_active=False)
        assert awaiting(market, actor_of(deputy), at) == []
        with pytest.raises(ApprovalNotAllowed):
            approve(market, held, actor_of(deputy), at)

    def test_the_page_and_the_service_agree_on_who_may_exceed_a_budget(self, market, deputy, at):
        director = market.approver_membership
        approvals.policy(
            market.council,
            [TierStep(Decimal(0), 1, Who.HOLDER)],
            version=2,
            over_budget_allowed_by=[director.pk],
        )
        waiting = ordering.submitted(market)
        with market.acting():
            case = case_of(market.council.pk, waiting.pk)
            assert may_exceed_budget(case, market.approver, at.date())
            assert not may_exceed_budget(case, actor_of(deputy), at.date())
            approvals.delegation(director, deputy)
            assert may_exceed_budget(case, actor_of(deputy), at.date())

    def test_what_was_lent_cannot_be_lent_on(self, market, deputy, held, at):
        third = organisations.person(market.council, "approver", limit=10)
        approvals.delegation(market.approver_membership, deputy)
        approvals.delegation(deputy, third)
        with pytest.raises(ApprovalNotAllowed):
            approve(market, held, actor_of(third), at)


class TestRejectRequisition:
    def test_tells_the_requester_why(self, market, at):
        waiting = ordering.submitted(market)
        with market.acting():
            done = reject_requisition(
                requisition_id=waiting.pk, approver=market.approver,
                content_hash=waiting.content_hash, reason=" Too dear. ", at=at,
            )  # fmt: skip
            assert (done.status, done.rejection_reason) == ("REJECTED", "Too dear.")
            assert Case.objects.get().status == "REJECTED"
            message = Message.objects.get(to=market.requester.email)
            assert "Too dear." in message.body
            assert Event.objects.get(verb="requisition.rejected").note == "Too dear."
            assert CommitmentEntry.objects.count() == 0

    def test_refuses_without_a_reason(self, market, at):
        waiting = ordering.submitted(market)
        with market.acting(), pytest.raises(ReasonNeeded):
            reject_requisition(
                requisition_id=waiting.pk, approver=market.approver,
                content_hash=waiting.content_hash, reason="  ", at=at,
            )  # fmt: skip

    def test_refuses_after_approval(self, market, at):
        done = ordering.approved(market)
        with market.acting(), pytest.raises(IllegalMove):
            reject_requisition(
                requisition_id=done.pk, approver=market.approver,
                content_hash=done.content_hash, reason="No", at=at,
            )  # fmt: skip
