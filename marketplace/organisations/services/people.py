"""Who belongs to an organisation, and with what trust."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden, Missing
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import wake
from marketplace.organisations import rules
from marketplace.organisations.models import Membership, User
from marketplace.organisations.selectors.people import (
    actor_of,
    invitations_to,
    live_keepers,
    person_by_email,
)
from marketplace.organisations.services.enrolling import enrol_person
from marketplace.organisations.services.holding import hold_organisation
from marketplace.organisations.services.inviting import check_may_invite
from marketplace.organisations.services.trust import checked_roles


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


class AlreadyHere(Conflict):
    """The person is in this organisation already."""

    code = "person.already-here"
    title = gettext_lazy("This person is in your organisation already.")
    advice = gettext_lazy("Find them in the list of people and change them there.")


class SameMailbox(Conflict):
    """Another person of the council reads the mail of this address already."""

    code = "person.same-mailbox"
    title = gettext_lazy("Somebody here has this mailbox already.")
    advice = gettext_lazy("Use an address that only this person reads.")


class StandsAlready(Conflict):
    """The person may act here already, or may not as it is."""

    code = "person.stands-already"
    title = gettext_lazy("This person is out already, or in already.")


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
    Raises: KeeperNeeded, RolesNotAllowed, EmailTooLong, AlreadyHere, SameMailbox,
    TooManyInvitations, Busy.
    """
    _check_keeper(keeper)
    limit = approval_limit_amount
    chosen = checked_roles(keeper, roles, limit, is_new=True)
    hold_organisation(keeper.organisation_id)
    user = person_by_email(email) or enrol_person(name=name, email=email)
    if Membership.objects.of(keeper.organisation_id).filter(user=user).exists():
        raise AlreadyHere(field="email")
    _check_mailbox(keeper, user.email)
    check_may_invite(keeper.organisation_id, at)
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


def _check_mailbox(keeper: Actor, email: str) -> None:
    """Refuse a second person behind one mailbox of a council's.

    Why: whoever reads both letters can set both passwords, and would be their own second pair of
    eyes. A supplier has no deed that takes two.
    Raises: SameMailbox.
    """
    if keeper.kind is not OrganisationKind.COUNCIL:
        return
    wanted = rules.mailbox(email)
    domain = wanted.rpartition("@")[2]
    alike = Membership.objects.of(keeper.organisation_id).filter(
        user__email__iendswith=f"@{domain}"
    )
    known = alike.values_list("user__email", flat=True)
    if wanted in map(rules.mailbox, known):
        raise SameMailbox(
            _("Mail to this address reaches somebody who is here already."), field="email"
        )


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


@transaction.atomic
def invite_person_again(*, keeper: Actor, membership_id: UUID, at: datetime) -> Membership:
    """Owe an invited person another mail with a link.

    Raises: KeeperNeeded, TooManyInvitations, Missing, Busy.
    """
    _check_keeper(keeper)
    hold_organisation(keeper.organisation_id)
    membership = _lock(keeper, membership_id)
    check_may_invite(keeper.organisation_id, at)
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
    limit = approval_limit_amount
    chosen = checked_roles(keeper, roles, limit)
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

    Raises: KeeperNeeded, OwnMembership, LastKeeper, ChangedMeanwhile, StandsAlready, Missing.
    """
    _check_keeper(keeper)
    membership = _lock_with_keepers(keeper, membership_id)
    _check_not_self(keeper, membership)
    _check_version(membership, version)
    _check_keeper_left(keeper, membership)
    if not (before := _standing(membership))["active"]:
        raise StandsAlready
    membership.is_active = membership.invitation_open = False
    return _keep_standing("person.deactivated", keeper, membership, before, at)


@transaction.atomic
def reactivate_person(
    *, keeper: Actor, membership_id: UUID, version: int, at: datetime
) -> Membership:
    """Let a person act for the organisation again with the roles they had, or accept again.

    Raises: KeeperNeeded, OwnMembership, ChangedMeanwhile, StandsAlready, Missing.
    """
    _check_keeper(keeper)
    membership = _lock(keeper, membership_id)
    _check_not_self(keeper, membership)
    _check_version(membership, version)
    if (before := _standing(membership))["active"]:
        raise StandsAlready
    is_invited = bool(membership.invited_name)
    membership.is_active, membership.invitation_open = not is_invited, is_invited
    return _keep_standing("person.reactivated", keeper, membership, before, at)


def _keep_standing(
    verb: str, keeper: Actor, membership: Membership, before: dict[str, Any], at: datetime
) -> Membership:
    membership.version += 1
    membership.save(update_fields=["is_active", "invitation_open", "version"])
    owner = keeper.organisation_id
    after = _standing(membership)
    record(verb, membership, actor=keeper, at=at, organisation_id=owner, before=before, after=after)
    return membership


def _standing(membership: Membership) -> dict[str, Any]:
    return {"active": membership.is_active or membership.invitation_open}


def _check_keeper(keeper: Actor) -> None:
    if not keeper.holds(rules.keeper_role(keeper.kind)):
        raise KeeperNeeded


def _check_not_self(keeper: Actor, membership: Membership) -> None:
    if membership.user_id == keeper.user_id:
        raise OwnMembership


def _check_version(membership: Membership, version: int) -> None:
    if membership.version != version:
        raise ChangedMeanwhile


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
