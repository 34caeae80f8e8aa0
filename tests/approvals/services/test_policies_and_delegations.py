"""Saying who approves what, and standing in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from marketplace.approvals.models import Case, Decision, Delegation, Policy, PolicyTier, Step
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.selectors.cases import (
    case_of,
    cases_awaiting,
    delegations_given,
    delegations_held,
)
from marketplace.approvals.selectors.plans import policy_of
from marketplace.approvals.services.cases import (
    ApprovalNotAllowed,
    NotAwaitingApproval,
    supersede_case,
)
from marketplace.approvals.services.delegations import (
    DelegationNotValid,
    DelegationOverlaps,
    delegate_approvals,
    end_delegation,
)
from marketplace.approvals.services.notices import tell_deciders
from marketplace.approvals.services.policies import (
    PolicyChanged,
    PolicyNotValid,
    set_policy,
)
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import actor_of
from tests.factories import approvals, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


@pytest.fixture
def administrator(market):
    return organisations.actor(market.council, "administrator")


@pytest.fixture
def deputy(market):
    return organisations.person(market.council, "approver", limit=10, name="Dee Deputy")


def lend(market, deputy, at, **options):
    chosen = {
        "delegator": market.approver, "delegate_id": deputy.pk, "limit_amount": Decimal(500),
        "from_on": date(2026, 11, 23), "until_on": date(2026, 11, 30), "reason": "Leave",
        **options,
    }  # fmt: skip
    with market.acting():
        return delegate_approvals(at=at, **chosen)


class TestSetPolicy:
    def test_puts_a_new_version_in_force(self, market, administrator, at):
        tiers = [TierStep(Decimal(0), 1, Who.ANY_APPROVER), TierStep(Decimal(9), 1, Who.HOLDER)]
        with market.acting():
            done = set_policy(administrator=administrator, tiers=tiers, at=at)
            assert (done.version, policy_of(market.council.pk)) == (2, done)
            assert [tier.who for tier in done.tiers.order_by("above_amount")] == [
                "ANY_APPROVER",
                "HOLDER",
            ]
            assert Event.objects.get(verb="policy.set").after["version"] == 2

    def test_what_is_waiting_keeps_its_own(self, market, administrator, at):
        waiting = ordering.submitted(market)
        with market.acting():
            set_policy(
                administrator=administrator, tiers=[TierStep(Decimal(0), 1, Who.HOLDER)], at=at
            )
            assert case_of(market.council.pk, waiting.pk).policy.version == 1

    @pytest.mark.parametrize(
        "tiers",
        [
            [],
            [TierStep(Decimal(1), 1, Who.HOLDER)],
            [TierStep(Decimal(0), 1, Who.HOLDER), TierStep(Decimal(9), 1, Who.PEOPLE)],
            [TierStep(Decimal(0), 1, Who.HOLDER), TierStep(Decimal(0), 1, Who.ANY_APPROVER)],
            [TierStep(Decimal(0), 1, Who.HOLDER), TierStep(Decimal(-1), 1, Who.HOLDER)],
        ],
    )
    def test_refuses_gaps(self, market, administrator, at, tiers):
        with market.acting(), pytest.raises(PolicyNotValid):
            set_policy(administrator=administrator, tiers=tiers, at=at)

    def test_refuses_people_who_cannot_approve(self, market, administrator, at):
        theirs = organisations.person(organisations.council(), "approver", limit=10)
        left = organisations.person(market.council, "approver", limit=10, is_active=False)
        asks = organisations.person(market.council, "requester", name="Rae Asker")
        anybody = TierStep(Decimal(0), 1, Who.ANY_APPROVER)
        for person in (theirs, left, asks):
            named = TierStep(Decimal(0), 1, Who.PEOPLE, (person.pk,))
            with market.acting(), pytest.raises(PolicyNotValid):
                set_policy(administrator=administrator, tiers=[named], at=at)
            with market.acting(), pytest.raises(PolicyNotValid):
                set_policy(
                    administrator=administrator,
                    tiers=[anybody],
                    over_budget_allowed_by=[person.pk],
                    at=at,
                )

    def test_refuses_what_is_beyond_every_limit(self, market, administrator, deputy, at):
        tiers = [
            TierStep(Decimal(0), 1, Who.ANY_APPROVER),
            TierStep(Decimal(10), 1, Who.PEOPLE, (deputy.pk,)),
        ]
        with market.acting(), pytest.raises(PolicyNotValid, match=r"highest limit.* £10"):
            set_policy(administrator=administrator, tiers=tiers, at=at)

    def test_refuses_more_steps_than_there_are_people(self, market, administrator, at):
        tiers = [
            TierStep(Decimal(above), order, Who.ANY_APPROVER)
            for above, order in ((0, 1), (500, 1), (500, 2))
        ]
        with market.acting(), pytest.raises(PolicyNotValid, match=r"Above £500: .* too few"):
            set_policy(administrator=administrator, tiers=tiers, at=at)

    def test_tells_whoever_looked_at_an_earlier_version(self, market, administrator, at):
        tiers = [TierStep(Decimal(0), 1, Who.ANY_APPROVER)]
        with market.acting():
            set_policy(administrator=administrator, tiers=tiers, at=at, replaces=1)
            with pytest.raises(PolicyChanged, match="version 2"):
                set_policy(administrator=administrator, tiers=tiers, at=at, replaces=1)
            assert policy_of(market.council.pk).version == 2
            event = Event.objects.get(verb="policy.set")
            assert (event.before["version"], event.after["version"]) == (1, 2)

    def test_refuses_anybody_else(self, market, at):
        with market.acting(), pytest.raises(ApprovalNotAllowed):
            set_policy(
                administrator=market.approver, tiers=[TierStep(Decimal(0), 1, Who.HOLDER)], at=at
            )


class TestDelegateApprovals:
    def test_lends_and_leaves_its_trace(self, market, deputy, at):
        lent = lend(market, deputy, at)
        with market.acting():
            assert [
                each.pk for each in delegations_held(market.council.pk, deputy.pk, at.date())
            ] == [lent.pk]
            given = delegations_given(market.council.pk, market.approver.membership_id)
            assert [each.delegate.user.name for each in given] == ["Dee Deputy"]
            event = Event.objects.get(verb="delegation.made")
            assert (event.after["delegate"], event.note) == ("Dee Deputy", "Leave")

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"limit_amount": Decimal(0)}, "limit_amount"),
            ({"limit_amount": Decimal("50000.01")}, "limit_amount"),
            ({"until_on": date(2026, 11, 22)}, "until_on"),
            ({"from_on": date(2026, 11, 1), "until_on": date(2026, 11, 2)}, "until_on"),
            ({"until_on": date(2028, 1, 1)}, "until_on"),
            ({"reason": " "}, "reason"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, market, deputy, at, facts, field):
        with pytest.raises(DelegationNotValid) as refused:
            lend(market, deputy, at, **facts)
        assert refused.value.field == field

    def test_refuses_oneself_and_those_who_approve_nothing(self, market, deputy, at):
        for membership_id in (market.approver.membership_id, market.buyer.membership_id):
            with pytest.raises(DelegationNotValid) as refused:
                lend(market, deputy, at, delegate_id=membership_id)
            assert refused.value.field == "delegate"

    def test_refuses_another_council_and_who_has_nothing_to_lend(self, market, deputy, at):
        stranger = organisations.person(organisations.council(), "approver")
        with pytest.raises(Missing):
            lend(market, deputy, at, delegate_id=stranger.pk)
        with pytest.raises(ApprovalNotAllowed):
            lend(market, deputy, at, delegator=market.buyer)

    def test_refuses_days_that_overlap(self, market, deputy, at):
        lend(market, deputy, at)
        with pytest.raises(DelegationOverlaps):
            lend(market, deputy, at, from_on=date(2026, 11, 30), until_on=date(2026, 12, 5))
        lend(market, deputy, at, from_on=date(2026, 12, 1), until_on=date(2026, 12, 5))


class TestEndDelegation:
    def test_ends_at_once(self, market, deputy, at):
        lent = lend(market, deputy, at)
        with market.acting():
            end_delegation(delegation_id=lent.pk, delegator=market.approver, at=at)
            assert list(delegations_held(market.council.pk, deputy.pk, at.date())) == []
            with pytest.raises(DelegationNotValid):
                end_delegation(delegation_id=lent.pk, delegator=market.approver, at=at)

    def test_an_administrator_may_and_others_may_not(self, market, deputy, administrator, at):
        lent = lend(market, deputy, at)
        with market.acting():
            with pytest.raises(ApprovalNotAllowed):
                end_delegation(delegation_id=lent.pk, delegator=actor_of(deputy), at=at)
            end_delegation(delegation_id=lent.pk, delegator=administrator, at=at)


class TestNotices:
    def test_writes_to_those_who_can_decide_and_to_who_stands_in(self, market, deputy):
        approvals.delegation(market.approver_membership, deputy)
        approvals.policy(market.council, [TierStep(Decimal(0), 1, Who.HOLDER)], version=2)
        waiting = ordering.submitted(market)
        ordering.do_jobs()
        letters = [each for each in mail.outbox if waiting.number in each.subject]
        assert sorted(each.to[0] for each in letters) == sorted(
            [market.approver.email, deputy.user.email]
        )
        assert f"/requisitions/{waiting.pk}/" in letters[0].body

    def test_writes_to_nobody_who_stands_in_for_somebody_who_left(self, market, deputy):
        approvals.delegation(market.approver_membership, deputy)
        approvals.policy(market.council, [TierStep(Decimal(0), 1, Who.HOLDER)], version=2)
        waiting = ordering.submitted(market)
        with stewardship():
            Membership.objects.filter(pk=market.approver.membership_id).update(is_active=False)
        ordering.do_jobs()
        assert [each for each in mail.outbox if waiting.number in each.subject] == []

    def test_writes_about_nothing_of_another_council(self, market, at):
        ordering.submitted(market)
        with stewardship():
            step = Step.objects.get()
            told = tell_deciders(council_id=organisations.council().pk, step_id=step.pk, at=at)
        assert told == 0


class TestSupersedeCase:
    def test_refuses_what_is_over(self, market, at):
        done = ordering.approved(market)
        with market.acting(), pytest.raises(NotAwaitingApproval):
            supersede_case(council_id=market.council.pk, subject_id=done.pk, at=at)


class TestCasesAwaiting:
    def test_is_each_persons_own_queue(self, market, at):
        waiting = ordering.submitted(market)
        small = organisations.person(market.council, "approver", limit="158.99")
        with market.acting():
            found = cases_awaiting(market.approver, at.date())
            assert [case.subject_id for case in found] == [waiting.pk]
            assert list(cases_awaiting(actor_of(small), at.date())) == []
            assert list(cases_awaiting(market.requester, at.date())) == []


class TestWalls:
    """What the database keeps true whoever writes."""

    @pytest.fixture
    def waiting(self, market):
        return ordering.submitted(market)

    @pytest.mark.parametrize(
        ("model", "constraint", "facts"),
        [
            (Case, "case_status_known", {"status": "X", "closed_at": ordering.NOON}),
            (Case, "case_closed_has_instant", {"status": "APPROVED"}),
            (Case, "case_bars_the_requester", {"barred_user_ids": []}),
            (Case, "case_amount_not_negative", {"amount": -1}),
            (Step, "step_status_known", {"status": "X"}),
            (Step, "step_has_somebody", {"eligible": []}),
        ],
    )
    def test_cases_make_sense(self, market, waiting, model, constraint, facts):
        broken = pytest.raises(IntegrityError, match=constraint)
        with market.acting(), broken, transaction.atomic():
            model.objects.update(**facts)

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("decision_four_eyes", {"decided_by_id": "requester"}),
            ("decision_verdict_known", {"verdict": "X"}),
            ("decision_rejection_has_reason", {"verdict": "REJECTED"}),
            ("decision_stand_in_names_both", {"on_behalf_of_membership_id": "requester"}),
        ],
    )
    def test_decisions_make_sense(self, market, waiting, constraint, facts):
        requester = market.requester.user_id
        facts = {name: requester if fact == "requester" else fact for name, fact in facts.items()}
        with market.acting():
            step = Step.objects.get()
            chosen = {
                "council": market.council, "case_id": step.case_id, "step": step,
                "requester_id": requester, "decided_by_id": market.approver.user_id,
                "decided_by_membership_id": market.approver.membership_id,
                "decided_by_name": "Ada", "verdict": "APPROVED", "content_hash": "0" * 64,
                "at": ordering.NOON, **facts,
            }  # fmt: skip
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                Decision.objects.create(**chosen)

    def test_a_person_decides_once_and_a_step_is_decided_once(self, market):
        ordering.approved(market)
        with market.acting():
            decision = Decision.objects.get()
            decision.pk = None
            match = "decision_each_step_another_person|step_id"
            with pytest.raises(IntegrityError, match=match), transaction.atomic():
                decision.save(force_insert=True)

    def test_one_case_is_open_and_one_step_is_current(self, market, waiting):
        with market.acting():
            case = Case.objects.get()
            steps = {"council": market.council, "eligible_names": [], "needs_limit": False}
            with pytest.raises(IntegrityError, match="step_one_current"), transaction.atomic():
                Step.objects.create(
                    case=case, step_order=2, who="HOLDER", status="CURRENT",
                    eligible=[market.approver.membership_id], **steps,
                )  # fmt: skip
            with pytest.raises(IntegrityError, match="step_one_a_place"), transaction.atomic():
                Step.objects.create(
                    case=case, step_order=1, who="HOLDER",
                    eligible=[market.approver.membership_id], **steps,
                )  # fmt: skip
            case.pk = None
            with pytest.raises(IntegrityError, match="case_one_open"), transaction.atomic():
                case.save(force_insert=True)

    @pytest.mark.parametrize("model", [Decision, Policy, PolicyTier])
    @pytest.mark.parametrize("way", ["update", "delete"])
    def test_what_was_decided_is_never_changed(self, market, model, way):
        ordering.approved(market)
        rows = model.objects.all()
        change = {
            "update": lambda: rows.update(council=market.council),
            "delete": lambda: rows._raw_delete("default"),
        }[way]
        with market.acting(), pytest.raises(IntegrityError), transaction.atomic():
            change()

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("delegation_to_another", {"delegate": "delegator"}),
            ("delegation_ends_after_start", {"until_on": date(2026, 10, 31)}),
            ("delegation_limit_positive", {"limit_amount": 0}),
            ("delegation_has_reason", {"reason": ""}),
        ],
    )
    def test_delegations_make_sense(self, market, deputy, constraint, facts):
        lent = approvals.delegation(market.approver_membership, deputy)
        if "delegate" in facts:
            facts = {"delegate_id": lent.delegator_id}
        broken = pytest.raises(IntegrityError, match=constraint)
        with market.acting(), broken, transaction.atomic():
            Delegation.objects.update(**facts)

    def test_delegations_do_not_overlap(self, market, deputy):
        approvals.delegation(market.approver_membership, deputy)
        broken = pytest.raises(IntegrityError, match="delegation_one_at_a_time")
        with broken, transaction.atomic():
            approvals.delegation(market.approver_membership, deputy)

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("policytier_one_a_step", {}),
            ("policytier_who_known", {"step_order": 2, "who": "X"}),
            ("policytier_above_not_negative", {"above_amount": -1}),
            ("policytier_people_are_named", {"step_order": 2, "who": "PEOPLE"}),
        ],
    )
    def test_tiers_make_sense(self, market, constraint, facts):
        with market.acting():
            tier = PolicyTier.objects.get()
            tier.pk = None
            for name, fact in facts.items():
                setattr(tier, name, fact)
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                tier.save(force_insert=True)

    def test_a_version_is_made_once(self, market):
        with pytest.raises(IntegrityError, match="policy_one_a_version"), transaction.atomic():
            approvals.policy(market.council)
