"""Standing in for one another."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.models import Delegation
from marketplace.approvals.services.cases import ApprovalNotAllowed
from marketplace.audit.services import record
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Conflict, Invalid
from marketplace.organisations.models import Membership

LONGEST = timedelta(days=366)


class DelegationNotValid(Invalid):
    """Something about the stand-in is not right."""

    code = "delegation.not-valid"
    title = gettext_lazy("This stand-in cannot be set up.")


class DelegationOverlaps(Conflict):
    """The same person already stands in on some of these days."""

    code = "delegation.overlaps"
    title = gettext_lazy("This person already stands in for you then.")


@transaction.atomic
def delegate_approvals(
    *,
    delegator: Actor,
    delegate_id: UUID,
    limit_amount: Decimal,
    from_on: date,
    until_on: date,
    reason: str,
    at: datetime,
) -> Delegation:
    """Lend one's approvals to a colleague for some days, up to a value.

    Units: `limit_amount` in GBP, net; both days are included.
    Raises: ApprovalNotAllowed; DelegationNotValid; DelegationOverlaps; Missing.
    """
    if not delegator.holds("approver"):
        raise ApprovalNotAllowed(_("You are not an approver, so you have nothing to lend."))
    members = Membership.objects.of(delegator.organisation_id).filter(is_active=True)
    delegate = members.select_related("user").lock(delegate_id)
    _check(delegator, delegate, limit_amount, from_on, until_on, reason, timezone.localdate(at))
    same = Delegation.objects.of(delegator.organisation_id).filter(
        delegator_id=delegator.membership_id, delegate=delegate, ended_at__isnull=True
    )
    if same.filter(from_on__lte=until_on, until_on__gte=from_on).exists():
        raise DelegationOverlaps
    delegation = Delegation.objects.create(
        council_id=delegator.organisation_id,
        delegator_id=delegator.membership_id,
        delegate=delegate,
        limit_amount=limit_amount,
        from_on=from_on,
        until_on=until_on,
        reason=reason.strip(),
        made_at=at,
    )
    record(
        "delegation.made",
        delegation,
        actor=delegator,
        at=at,
        organisation_id=delegator.organisation_id,
        after={
            "delegate": delegate.user.name,
            "limit_amount": limit_amount,
            "from_on": from_on,
            "until_on": until_on,
        },
        note=reason.strip(),
    )
    return delegation


@transaction.atomic
def end_delegation(*, delegation_id: UUID, delegator: Actor, at: datetime) -> Delegation:
    """Take back what was lent, at once. An administrator may do it for somebody else.

    Raises: Missing; ApprovalNotAllowed; DelegationNotValid when it has ended already.
    """
    delegation = Delegation.objects.of(delegator.organisation_id).lock(delegation_id)
    if delegation.delegator_id != delegator.membership_id and not delegator.holds("administrator"):
        raise ApprovalNotAllowed(_("Only the person who lent it can take it back."))
    if delegation.ended_at is not None:
        raise DelegationNotValid(_("It has ended already."))
    delegation.ended_at = at
    delegation.save(update_fields=["ended_at"])
    record(
        "delegation.ended",
        delegation,
        actor=delegator,
        at=at,
        organisation_id=delegation.council_id,
        after={"ended_at": at},
    )
    return delegation


def _check(
    delegator: Actor,
    delegate: Membership,
    limit_amount: Decimal,
    from_on: date,
    until_on: date,
    reason: str,
    today: date,
) -> None:
    wrong = [
        (delegate.pk == delegator.membership_id, "delegate", _("Choose somebody else.")),
        (
            Role.APPROVER.value not in delegate.roles,
            "delegate",
            _("Choose somebody who is an approver."),
        ),
        (
            not Decimal(0) < limit_amount <= (delegator.approval_limit_amount or Decimal(0)),
            "limit_amount",
            _("The value must be more than nought and within your own limit."),
        ),
        (until_on < from_on, "until_on", _("The last day must not be before the first.")),
        (until_on < today, "until_on", _("The last day must not be in the past.")),
        (until_on - from_on > LONGEST, "until_on", _("It can last for a year at most.")),
        (not reason.strip(), "reason", _("Say why, for example “annual leave”.")),
    ]
    for is_wrong, field, words in wrong:
        if is_wrong:
            raise DelegationNotValid(words, field=field)
