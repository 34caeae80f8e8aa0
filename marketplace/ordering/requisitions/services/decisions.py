"""Deciding about a requisition: one yes after another, or a no with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.services.cases import ChangedMeanwhile, Outcome, decide
from marketplace.approvals.states import Verdict
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict
from marketplace.jobs.services import wake
from marketplace.ledger.services.commitments import Document, Override, commit
from marketplace.ledger.states import Stage
from marketplace.notifications.services import notify
from marketplace.ordering.links import requisition_link
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import lines_of
from marketplace.ordering.requisitions.selectors.money import commitment_lines
from marketplace.ordering.requisitions.selectors.requisitions import content_of
from marketplace.ordering.requisitions.services.submissions import KIND
from marketplace.organisations.models import LinkStatus, SupplierLink


class SupplierSuspended(Conflict):
    """The council stopped buying from a supplier meanwhile."""

    code = "requisition.supplier-suspended"
    title = gettext_lazy("Your council does not buy from this supplier at the moment.")


@transaction.atomic
def approve_requisition(
    *,
    requisition_id: UUID,
    approver: Actor,
    content_hash: str,
    at: datetime,
    comment: str = "",
    over_budget_reason: str = "",
) -> Requisition:
    """Say yes to a requisition as it was seen; the last yes commits the money.

    Shapes: `content_hash` is the one that came with what the approver was shown. With
    `over_budget_reason` somebody whom the policy names lets a budget that only warns be exceeded.
    Raises: Missing; IllegalMove; ChangedMeanwhile; ApprovalNotAllowed; SupplierSuspended;
    NoBudget; OverBudget; Busy.
    Why: a cost centre or an account that was retired after it was asked for does not stop it. The
    approver saw the code, its budget still pays, and to stop it would cost a new round of yeses;
    the trail names such codes. Submitting takes none that is retired.
    """
    requisition, lines = _lock_seen(requisition_id, approver, content_hash, "approve")
    outcome = decide(
        council_id=requisition.council_id,
        subject_id=requisition.pk,
        approver=approver,
        verdict=Verdict.APPROVED,
        content_hash=content_hash,
        comment=comment or over_budget_reason,
        at=at,
    )
    before: dict[str, object] = {"status": requisition.status}
    if outcome.is_final:
        _check_suppliers(requisition, lines)
        requisition.move("approve")
        requisition.approved_by_id = approver.user_id
        requisition.approved_by_name = approver.name
        requisition.approved_at = at
        requisition.version += 1
        requisition.save(
            update_fields=["status", "approved_by_id", "approved_by_name", "approved_at", "version"]
        )
        commit(
            council_id=requisition.council_id,
            financial_year=financial_year(timezone.localdate(at)),
            lines=commitment_lines(lines),
            stage=Stage.REQUISITION,
            document=Document(KIND, requisition.pk),
            at=at,
            override=_override(outcome, approver, over_budget_reason),
        )
    _record_decision(requisition, outcome, approver, at, before, retired_codes=_retired(lines))
    if outcome.is_final:
        wake(
            "ordering.raise_orders",
            key=f"requisition:{requisition.pk}:raise",
            organisation_id=requisition.council_id,
            payload={
                "council_id": str(requisition.council_id),
                "requisition_id": str(requisition.pk),
            },
        )
    return requisition


@transaction.atomic
def reject_requisition(
    *, requisition_id: UUID, approver: Actor, content_hash: str, reason: str, at: datetime
) -> Requisition:
    """Turn a requisition down, and tell the one who asked why.

    Raises: Missing; IllegalMove; ChangedMeanwhile; ApprovalNotAllowed; ReasonNeeded.
    """
    requisition, _lines = _lock_seen(requisition_id, approver, content_hash, "reject")
    outcome = decide(
        council_id=requisition.council_id,
        subject_id=requisition.pk,
        approver=approver,
        verdict=Verdict.REJECTED,
        content_hash=content_hash,
        comment=reason,
        at=at,
    )
    before: dict[str, object] = {"status": requisition.status}
    requisition.move("reject")
    requisition.rejected_by_id = approver.user_id
    requisition.rejected_by_name = approver.name
    requisition.rejected_at = at
    requisition.rejection_reason = reason.strip()
    requisition.version += 1
    requisition.save(
        update_fields=[
            "status", "rejected_by_id", "rejected_by_name", "rejected_at", "rejection_reason",
            "version",
        ]
    )  # fmt: skip
    _record_decision(requisition, outcome, approver, at, before)
    _tell_requester(requisition, at)
    return requisition


def _lock_seen(
    requisition_id: UUID, approver: Actor, content_hash: str, verb: str
) -> tuple[Requisition, list[RequisitionLine]]:
    """Return a requisition, held, and its lines, if they are what the approver saw.

    Raises: Missing; IllegalMove; ChangedMeanwhile.
    """
    requisition = Requisition.objects.of(approver.organisation_id).lock(requisition_id)
    requisition.check_move(verb)
    lines = lines_of(requisition)
    if content_of(requisition, lines) != content_hash:
        raise ChangedMeanwhile(_("Look at it again before you decide."))
    return requisition, lines


def _check_suppliers(requisition: Requisition, lines: Sequence[RequisitionLine]) -> None:
    wanted = {line.supplier_id for line in lines}
    links = SupplierLink.objects.of(requisition.council_id).filter(
        council_id=requisition.council_id, supplier_id__in=wanted, status=LinkStatus.ACTIVE
    )
    stopped = wanted - set(links.values_list("supplier_id", flat=True))
    if stopped:
        names = ", ".join(line.name for line in lines if line.supplier_id in stopped)
        raise SupplierSuspended(
            _("Turn it down, so that it can be ordered elsewhere: %(names)s.") % {"names": names}
        )


def _retired(lines: Sequence[RequisitionLine]) -> list[str]:
    """Return the codes of lines that are no longer used for anything new, each once."""
    codes = [code for line in lines for code in (line.cost_centre, line.account)]
    return sorted({code.code for code in codes if code is not None and not code.is_active})


def _override(outcome: Outcome, approver: Actor, reason: str) -> Override | None:
    """Return the permission to exceed a budget, if the policy trusts this person with it."""
    if not reason.strip():
        return None
    allowed = outcome.case.policy.over_budget_allowed_by
    decision = outcome.decision
    own = decision.on_behalf_of_membership_id or decision.decided_by_membership_id
    if own not in allowed:
        return None
    return Override(approver.user_id, approver.name, reason.strip())


def _record_decision(
    requisition: Requisition,
    outcome: Outcome,
    approver: Actor,
    at: datetime,
    before: dict[str, object],
    *,
    retired_codes: Sequence[str] = (),
) -> None:
    decision = outcome.decision
    verb = "requisition.rejected"
    if decision.verdict == Verdict.APPROVED:
        verb = "requisition.approved" if outcome.is_final else "requisition.step-approved"
    after: dict[str, object] = {
        "status": requisition.status,
        "content_hash": decision.content_hash,
    }
    if decision.on_behalf_of_name:
        after["on_behalf_of"] = decision.on_behalf_of_name
    if retired_codes:
        after["retired_codes"] = list(retired_codes)
    record(
        verb,
        requisition,
        actor=approver,
        at=at,
        organisation_id=requisition.council_id,
        before=before,
        after=after,
        note=decision.comment,
    )


def _tell_requester(requisition: Requisition, at: datetime) -> None:
    notify(
        organisation_id=requisition.council_id,
        to=requisition.raised_by_email,
        subject=_("%(number)s was turned down") % {"number": requisition.number},
        body=_("%(name)s turned down “%(title)s”: %(reason)s")
        % {
            "name": requisition.rejected_by_name,
            "title": requisition.title,
            "reason": requisition.rejection_reason,
        },
        link=requisition_link(requisition.pk),
        key=f"requisition:{requisition.pk}:rejected",
        at=at,
    )
