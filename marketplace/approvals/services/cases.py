"""Asking for approval and deciding.

`open_case`, `decide` and `supersede_case` are deeds inside the service of whatever is approved:
they run in its transaction, under its lock, and it writes the one audit event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals import rules
from marketplace.approvals.models import Case, Decision, Policy, Step
from marketplace.approvals.selectors.cases import authority_for, delegations_held
from marketplace.approvals.selectors.plans import PolicyPlan
from marketplace.approvals.states import CaseStatus, StepStatus, Verdict
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.jobs.services import wake


class NoApprover(Conflict):
    """A step of the approval could be taken by nobody."""

    code = "approval.nobody"
    title = gettext_lazy("Nobody can approve this.")


class ApprovalNotAllowed(Forbidden):
    """This person may not decide this."""

    code = "approval.not-allowed"
    title = gettext_lazy("You cannot decide this.")


class ChangedMeanwhile(Conflict):
    """What is to be approved is not what was seen."""

    code = "approval.changed"
    title = gettext_lazy("This was changed after you opened it.")


class NotAwaitingApproval(Conflict):
    """Nobody is asked to decide this at present."""

    code = "approval.not-open"
    title = gettext_lazy("This is not waiting for approval.")


class ReasonNeeded(Invalid):
    """Turning something down needs a reason."""

    code = "approval.reason-needed"
    title = gettext_lazy("Say why.")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be approved. Units: `amount` in GBP, net."""

    kind: str
    id: UUID
    reference: str
    title: str
    link: str
    amount: Decimal
    content_hash: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision led to; `is_final` when nobody else need decide."""

    case: Case
    decision: Decision
    is_final: bool


def check_plan(plan: PolicyPlan, amount: Decimal) -> Policy:
    """Return the rules of a plan; refuse one by which nobody could say yes to an amount.

    Raises: NoApprover, naming the step that is missing somebody.
    """
    if plan.policy is None:
        raise NoApprover(
            _("Your council has not said who approves what. Ask an administrator to do so.")
        )
    if not plan.plan.is_possible:
        raise NoApprover(_missing(plan.plan, amount))
    return plan.policy


def open_case(
    *,
    subject: Subject,
    requester: Actor,
    barred_user_ids: Sequence[UUID],
    plan: PolicyPlan,
    at: datetime,
) -> Case:
    """Ask for approval of a thing as it is now.

    Raises: NoApprover, naming the step that is missing somebody.
    """
    policy = check_plan(plan, subject.amount)
    case = Case.objects.create(
        council_id=requester.organisation_id,
        policy=policy,
        subject_type=subject.kind,
        subject_id=subject.id,
        subject_reference=subject.reference,
        title=subject.title,
        link=subject.link,
        amount=subject.amount,
        content_hash=subject.content_hash,
        requester_id=requester.user_id,
        requester_membership_id=requester.membership_id,
        requester_name=requester.name,
        barred_user_ids=sorted({*barred_user_ids, requester.user_id}),
        opened_at=at,
    )
    steps = [
        Step(
            council_id=case.council_id,
            case=case,
            step_order=place,
            who=planned.who,
            label=planned.label[:300],
            eligible=[person.membership_id for person in planned.people],
            eligible_names=[person.name for person in planned.people],
            needs_limit=planned.needs_limit,
            is_over_budget=planned.is_over_budget,
        )
        for place, planned in enumerate(plan.plan.steps, start=1)
    ]
    steps[0].move("begin")
    Step.objects.bulk_create(steps)
    _call(steps[0])
    return case


# Whom a step needed, within a sentence.
LACKING = {
    rules.Who.HOLDER: gettext_lazy("whoever answers for the cost centre"),
    rules.Who.PEOPLE: gettext_lazy("one of the people whom your council’s rules name"),
    rules.Who.ANY_APPROVER: gettext_lazy("any approver"),
}


def _missing(plan: rules.Plan, amount: Decimal) -> str:
    if not plan.steps:
        return _("Your council’s policy has no step for this amount. Ask an administrator.")
    names = {who: str(label) for who, label in LACKING.items()}
    lacking = "; ".join(rules.describe_missing(plan, names))
    return _(
        "There is nobody who can approve this: we looked for %(steps)s. It must be somebody other"
        " than you, a different person for each step, and the last of them must be allowed to"
        " approve £%(amount)s. Ask an administrator."
    ) % {"steps": lacking, "amount": f"{amount:,.2f}"}


def decide(
    *,
    council_id: UUID,
    subject_id: UUID,
    approver: Actor,
    verdict: Verdict,
    content_hash: str,
    comment: str,
    at: datetime,
) -> Outcome:
    """Write down what somebody decided about the current step.

    Shapes: `content_hash` is of the thing as it is now, reckoned by the caller under its lock and
    equal to what the approver saw.
    Raises: NotAwaitingApproval; ChangedMeanwhile; ApprovalNotAllowed; ReasonNeeded.
    """
    case = _lock_case(council_id, subject_id)
    if content_hash != case.content_hash:
        raise ChangedMeanwhile(_("Look at it again before you decide."))
    steps = list(case.steps.select_related("decision").order_by("step_order"))
    current = next(step for step in steps if step.status == StepStatus.CURRENT)
    behalf = _authority(case, current, steps, approver, at)
    if verdict is Verdict.REJECTED and not comment.strip():
        raise ReasonNeeded(_("Say why you turn it down."), field="comment")
    decision = Decision.objects.create(
        council_id=council_id,
        case=case,
        step=current,
        requester_id=case.requester_id,
        decided_by_id=approver.user_id,
        decided_by_membership_id=approver.membership_id,
        decided_by_name=approver.name,
        on_behalf_of_membership_id=behalf[0] if behalf else None,
        on_behalf_of_name=behalf[1] if behalf else "",
        verdict=verdict,
        comment=comment.strip(),
        content_hash=content_hash,
        at=at,
    )
    is_final = _advance(case, current, steps, verdict, at)
    return Outcome(case, decision, is_final)


def supersede_case(*, council_id: UUID, subject_id: UUID, at: datetime) -> Case:
    """Close a request for approval whose subject was taken back; what was decided stays.

    Raises: NotAwaitingApproval.
    """
    case = _lock_case(council_id, subject_id)
    _close(case, "supersede", at)
    return case


def _lock_case(council_id: UUID, subject_id: UUID) -> Case:
    cases = Case.objects.of(council_id)
    held = cases.filter(subject_id=subject_id, status=CaseStatus.PENDING).hold()
    if not held:
        raise NotAwaitingApproval
    return held[0]


def _advance(
    case: Case, current: Step, steps: Sequence[Step], verdict: Verdict, at: datetime
) -> bool:
    """Move the step and the one after it, or close the case; tell whether it is closed."""
    if verdict is Verdict.REJECTED:
        current.move("reject")
        current.save(update_fields=["status"])
        _close(case, "reject", at)
        return True
    current.move("approve")
    current.save(update_fields=["status"])
    following = [step for step in steps if step.status == StepStatus.WAITING]
    if not following:
        _close(case, "approve", at)
        return True
    following[0].move("begin")
    following[0].save(update_fields=["status"])
    _call(following[0])
    return False


def _close(case: Case, verb: str, at: datetime) -> None:
    case.move(verb)
    case.closed_at = at
    case.save(update_fields=["status", "closed_at"])
    if verb != "approve":
        # Set in one statement: dropping is the only move that leaves both of these statuses.
        left = case.steps.filter(status__in=[StepStatus.WAITING, StepStatus.CURRENT])
        left.update(status=StepStatus.DROPPED)


def _call(step: Step) -> None:
    wake(
        "approvals.tell_deciders",
        key=str(step.pk),
        organisation_id=step.council_id,
        payload={"council_id": str(step.council_id), "step_id": str(step.pk)},
    )


def _authority(
    case: Case, current: Step, steps: Sequence[Step], approver: Actor, at: datetime
) -> tuple[UUID, str] | None:
    """Return for whom the approver stands in, None when they decide on their own account.

    Raises: ApprovalNotAllowed.
    """
    if not approver.holds("approver"):
        raise ApprovalNotAllowed(_("You are not an approver in this council."))
    if approver.user_id in case.barred_user_ids:
        raise ApprovalNotAllowed(_("You asked for it or changed it, so somebody else must decide."))
    if any(_decided_by(step) == approver.user_id for step in steps):
        raise ApprovalNotAllowed(_("You decided an earlier step, so somebody else must decide."))
    held = list(delegations_held(case.council_id, approver.membership_id, timezone.localdate(at)))
    if any(each.delegator_id == case.requester_membership_id for each in held):
        raise ApprovalNotAllowed(
            _("You stand in for %(name)s, who asked for this, so somebody else must decide.")
            % {"name": case.requester_name}
        )
    found = authority_for(case, current, approver, held)
    if found is not None:
        return (found.membership_id, found.lent.delegator.user.name) if found.lent else None
    raise ApprovalNotAllowed(
        _("This step is for %(names)s, up to their limit. The amount is £%(amount)s.")
        % {"names": ", ".join(current.eligible_names), "amount": f"{case.amount:,.2f}"}
    )


def _decided_by(step: Step) -> UUID | None:
    return step.decision.decided_by_id if hasattr(step, "decision") else None
