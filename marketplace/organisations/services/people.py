"""Who belongs to an organisation, and with what trust."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Conflict, Forbidden, Invalid, Missing
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import wake
from marketplace.organisations import rules
from marketplace.organisations.models import ROLE_LABELS, Membership, User
from marketplace.organisations.selectors.people import (
    actor_of,
    invitations_to,
    live_keepers,
    person_by_email,
)
from marketplace.organisations.services.holding import hold_organisation


class KeeperNeeded(Forbidden):
    """Somebody who does not look after people here tried to change one."""

    code = "person.keeper-needed"
    title = gettext_lazy("You cannot change people here.")
    advice = gettext_lazy("Ask an administrator of your organisation to do it.")


class OwnMembership(Forbidden):
    """An administrator tried to change what they may do themselves."""

    code = "person.not-yourself"
    title = gettext_lazy("You cannot change your own roles or limit.")
    advice = gettext_lazy("Ask another administrator. If you are the only one, invite a second.")


class LastKeeper(Conflict):
    """Nobody would be left to look after people."""

    code = "person.last-administrator"
    title = gettext_lazy("Somebody must be left who looks after people.")
    advice = gettext_lazy("Make another person administrator first.")


class RolesNotAllowed(Invalid):
    """A person of this kind of organisation cannot hold these roles."""

    code = "person.roles-not-allowed"
    title = gettext_lazy("These roles cannot be given here.")


class AlreadyHere(Conflict):
    """The person is in this organisation already."""

    code = "person.already-here"
    title = gettext_lazy("This person is in your organisation already.")
    advice = gettext_lazy("Find them in the list of people and change them there.")


class ChangedMeanwhile(Conflict):
    """Somebody else changed it between reading and writing."""

    code = "person.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this person since you opened the page.")
    advice = gettext_lazy("Open the page again, look at what is different, and repeat your change.")


@transaction.atomic
def invite_person(
    *,
    keeper: Actor,
    name: str,
    email: str,
    roles: Iterable[Role | str],
    approval_limit_amount: Decimal | None,
    at: datetime,
) -> Membership:
    """Invite a person to the keeper's organisation and owe them a mail with a link.

    Shapes: they act for it once they accept; until then it knows only what the keeper typed.
    Somebody who is known from another organisation keeps their name and password.
    Units: the limit is in pounds, net; an approver must have one.
    Raises: KeeperNeeded, RolesNotAllowed, AlreadyHere, Busy.
    """
    _check_keeper(keeper)
    chosen = _checked_roles(keeper, roles)
    limit = _checked_limit(chosen, approval_limit_amount)
    if limit is None and rules.needs_limit(chosen):
        raise RolesNotAllowed(
            _("Enter how much they may approve, without VAT, like 5,000."),
            field="approval_limit_amount",
        )
    hold_organisation(keeper.organisation_id)
    user = person_by_email(email) or enrol_person(name=name, email=email)
    if Membership.objects.of(keeper.organisation_id).filter(user=user).exists():
        raise AlreadyHere(field="email")
    membership = open_invitation(
        user, name=name, organisation_id=keeper.organisation_id, roles=chosen, limit=limit
    )
    record(
        "person.invited",
        membership,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
        after={**_trust(membership), "email": user.email},
    )
    owe_invitation(membership, at)
    return membership


def open_invitation(
    user: User,
    *,
    name: str,
    organisation_id: UUID,
    roles: Iterable[Role],
    limit: Decimal | None = None,
) -> Membership:
    """Keep an invitation that only the person can accept; the caller records it and owes the mail.

    Why: nobody is drawn into an organisation by somebody else, whoever founded or registered it.
    """
    return Membership.objects.create(
        user=user,
        organisation_id=organisation_id,
        roles=[role.value for role in roles],
        approval_limit_amount=limit,
        is_active=False,
        invited_name=" ".join(name.split()) or user.email,
        invitation_open=True,
    )


def owe_invitation(membership: Membership, at: datetime, *, council_id: UUID | None = None) -> None:
    """Owe an invited person a mail with a link; `council_id` is who would like to buy from them."""
    council = {"council_id": str(council_id)} if council_id else {}
    wake(
        "organisations.send_invitation",
        key=f"{membership.pk}:{at.isoformat()}",
        organisation_id=membership.organisation_id,
        payload={"membership_id": str(membership.pk), **council},
    )


def enrol_person(*, name: str, email: str) -> User:
    """Keep a person who has no password yet.

    Shapes: when somebody else enrolled them at the same instant, that person is returned.
    Why: the address counts as proven, since only a link that is mailed to it can set a password.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=" ".join(name.split()))
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError:
        known = person_by_email(email)
        if known is None:
            raise
        return known
    return user


@transaction.atomic
def invite_person_again(*, keeper: Actor, membership_id: UUID, at: datetime) -> Membership:
    """Owe an invited person another mail with a link.

    Raises: KeeperNeeded, Missing.
    """
    _check_keeper(keeper)
    membership = _lock(keeper, membership_id)
    record(
        "person.invited-again",
        membership,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
    )
    owe_invitation(membership, at)
    return membership


@transaction.atomic
def accept_invitation(*, user_id: UUID, membership_id: UUID, at: datetime) -> Membership:
    """Let a person act for an organisation that invited them.

    Raises: Missing when the invitation is not theirs, or not open any more.
    """
    membership = invitations_to(user_id).filter(pk=membership_id).first()
    if membership is None:
        raise Missing(_("There is no such invitation any more."))
    with tenant(membership.organisation_id, user_id):
        Membership.objects.of(membership.organisation_id).lock(membership.pk)
        membership.refresh_from_db(fields=["invitation_open", "version"])
        if not membership.invitation_open:
            raise Missing(_("There is no such invitation any more."))
        membership.is_active, membership.invitation_open = True, False
        membership.invited_name = ""
        membership.version += 1
        membership.save(update_fields=["is_active", "invitation_open", "invited_name", "version"])
        record(
            "person.accepted",
            membership,
            actor=actor_of(membership),
            at=at,
            organisation_id=membership.organisation_id,
            after={"name": membership.user.name, "active": True},
        )
    return membership


@transaction.atomic
def change_person(
    *,
    keeper: Actor,
    membership_id: UUID,
    version: int,
    roles: Iterable[Role | str],
    approval_limit_amount: Decimal | None,
    at: datetime,
) -> Membership:
    """Change what a person is trusted with.

    Shapes: `version` is the one that the keeper saw.
    Raises: KeeperNeeded, OwnMembership, RolesNotAllowed, LastKeeper, ChangedMeanwhile, Missing.
    """
    _check_keeper(keeper)
    chosen = _checked_roles(keeper, roles)
    limit = _checked_limit(chosen, approval_limit_amount)
    membership = _lock_with_keepers(keeper, membership_id)
    _check_not_self(keeper, membership)
    _check_version(membership, version)
    if rules.keeper_role(keeper.kind) not in chosen:
        _check_keeper_left(keeper, membership)
    before = _trust(membership)
    membership.roles = [role.value for role in chosen]
    membership.approval_limit_amount = limit
    membership.version += 1
    membership.save(update_fields=["roles", "approval_limit_amount", "version"])
    changed = {name: value for name, value in _trust(membership).items() if value != before[name]}
    record(
        "person.changed",
        membership,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
        before={name: before[name] for name in changed},
        after=changed,
    )
    return membership


@transaction.atomic
def deactivate_person(
    *, keeper: Actor, membership_id: UUID, version: int, at: datetime
) -> Membership:
    """Let a person act for the organisation no more; they are out at their next request.

    Raises: KeeperNeeded, OwnMembership, LastKeeper, ChangedMeanwhile, Missing.
    """
    _check_keeper(keeper)
    membership = _lock_with_keepers(keeper, membership_id)
    _check_not_self(keeper, membership)
    _check_version(membership, version)
    _check_keeper_left(keeper, membership)
    return _set_active(keeper, membership, False, at)


@transaction.atomic
def reactivate_person(
    *, keeper: Actor, membership_id: UUID, version: int, at: datetime
) -> Membership:
    """Let a person act for the organisation again, with the roles that they had.

    Raises: KeeperNeeded, OwnMembership, ChangedMeanwhile, Missing.
    """
    _check_keeper(keeper)
    membership = _lock(keeper, membership_id)
    _check_not_self(keeper, membership)
    _check_version(membership, version)
    return _set_active(keeper, membership, True, at)


def _set_active(keeper: Actor, membership: Membership, active: bool, at: datetime) -> Membership:
    # Whoever has not accepted is let in by nobody else: their invitation closes or opens instead.
    if membership.invited_name:
        membership.invitation_open = active
    else:
        membership.is_active = active
    membership.version += 1
    membership.save(update_fields=["is_active", "invitation_open", "version"])
    record(
        "person.reactivated" if active else "person.deactivated",
        membership,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
        before={"active": not active},
        after={"active": active},
    )
    return membership


def _check_keeper(keeper: Actor) -> None:
    if not keeper.holds(rules.keeper_role(keeper.kind)):
        raise KeeperNeeded


def _check_not_self(keeper: Actor, membership: Membership) -> None:
    if membership.user_id == keeper.user_id:
        raise OwnMembership


def _check_version(membership: Membership, version: int) -> None:
    if membership.version != version:
        raise ChangedMeanwhile


def _checked_roles(keeper: Actor, roles: Iterable[Role | str]) -> list[Role]:
    chosen = sorted({Role(role) for role in roles}, key=list(Role).index)
    if not chosen:
        raise RolesNotAllowed(_("Choose at least one role."), field="roles")
    strange = [role for role in chosen if role not in rules.roles_for(keeper.kind)]
    if strange:
        names = ", ".join(str(ROLE_LABELS[role]) for role in strange)
        raise RolesNotAllowed(
            _("Nobody in your organisation can be: %(roles)s.") % {"roles": names}, field="roles"
        )
    return chosen


def _checked_limit(roles: list[Role], limit: Decimal | None) -> Decimal | None:
    if limit is None:
        return None
    if not rules.needs_limit(roles):
        raise RolesNotAllowed(
            _("Only an approver has an approval limit. Choose the role too, or remove the limit."),
            field="approval_limit_amount",
        )
    if limit <= 0:
        raise RolesNotAllowed(
            _("Enter a limit of more than £0, or leave it empty."), field="approval_limit_amount"
        )
    return limit


def _lock(keeper: Actor, membership_id: UUID) -> Membership:
    people = Membership.objects.of(keeper.organisation_id).select_related("user")
    return people.lock(membership_id)


def _lock_with_keepers(keeper: Actor, membership_id: UUID) -> Membership:
    """Return one person's row, held together with those of everybody who looks after people.

    Why: two administrators who remove one another at the same instant must not both succeed.
    """
    role = rules.keeper_role(keeper.kind)
    keepers = live_keepers(keeper.organisation_id, role).values_list("pk", flat=True)
    people = Membership.objects.of(keeper.organisation_id).select_related("user")
    people.lock_all({*keepers, membership_id})
    return people.one(membership_id)


def _check_keeper_left(keeper: Actor, leaving: Membership) -> None:
    role = rules.keeper_role(keeper.kind)
    if role.value not in leaving.roles or not leaving.is_active:
        return
    if not live_keepers(keeper.organisation_id, role).exclude(pk=leaving.pk).exists():
        raise LastKeeper


def _trust(membership: Membership) -> dict[str, Any]:
    return {
        "roles": list(membership.roles),
        "approval_limit_amount": membership.approval_limit_amount,
    }
