"""Who somebody is, and what they may act as."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.models import TenantQuerySet
from marketplace.organisations.models import Kind, Membership, User


def actor_of(membership: Membership, *, memberships_count: int = 1) -> Actor:
    """Return the actor that a membership makes; its user and organisation should be joined in."""
    return Actor(
        user_id=membership.user_id,
        name=membership.user.name,
        email=membership.user.email,
        membership_id=membership.pk,
        organisation_id=membership.organisation_id,
        organisation_name=membership.organisation.name,
        organisation_colour=membership.organisation.colour,
        kind=OrganisationKind(membership.organisation.kind),
        roles=frozenset(map(Role, membership.roles)),
        approval_limit_amount=membership.approval_limit_amount,
        memberships_count=memberships_count,
    )


def memberships_of(user_id: UUID) -> QuerySet[Membership]:
    """Return what a person may act as, by the organisation's name.

    Shapes: only what the connection may see: the acting person's own, or those of the acting
    organisation.
    """
    live = Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True)
    return live.select_related("user", "organisation").order_by("organisation__name", "id")


def who_work_for(user_ids: Collection[UUID], organisation_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some people who act for one of some organisations, whoever asks.

    Why: the connection of a council does not see the people of its suppliers, and somebody who is
    both must not decide what the supplier is paid.
    """
    if not user_ids or not organisation_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisations_who_work_for(%s::uuid[], %s::uuid[])",
            [list(user_ids), list(organisation_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def is_council_staff(user_id: UUID) -> bool:
    """Tell whether a person works for a council, as far as the connection may see."""
    return memberships_of(user_id).filter(organisation__kind=Kind.COUNCIL).exists()


def organisations_joined() -> list[UUID]:
    """Return the keys of the organisations that people belong to, or belonged to.

    Shapes: only those that the connection may see; a steward sees all.
    """
    return list(Membership.objects.order_by().values_list("organisation_id", flat=True).distinct())


def members(organisation_id: UUID) -> TenantQuerySet[Membership]:
    """Return everybody in an organisation, by name, those who left too.

    Why: whoever has not accepted an invitation is not among them, so that nobody learns the name
    behind an address by inviting it, searching or sorting.
    """
    everybody = Membership.objects.of(organisation_id).filter(invited_name="")
    everybody = everybody.select_related("user")
    return everybody.order_by("user__name", "id")


def members_matching(
    organisation_id: UUID, words: str = "", role: str = ""
) -> TenantQuerySet[Membership]:
    """Return the people of an organisation whose name or address has these words in it."""
    found = members(organisation_id)
    if words:
        found = found.filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))
    if role:
        found = found.filter(roles__contains=[Role(role).value])
    return found


def invited(organisation_id: UUID) -> TenantQuerySet[Membership]:
    """Return those whom an organisation has invited and who have not accepted, as it typed them."""
    waiting = Membership.objects.of(organisation_id).exclude(invited_name="")
    return waiting.select_related("user").order_by("invited_name", "id")


def invitations_to(user_id: UUID) -> QuerySet[Membership]:
    """Return the invitations that a person may accept, by the organisation's name."""
    open_ones = Membership.objects.filter(user_id=user_id, invitation_open=True)
    return open_ones.select_related("user", "organisation").order_by("organisation__name", "id")


def member(organisation_id: UUID, membership_id: UUID) -> Membership:
    """Return one person of an organisation.

    Raises: Missing when there is none, or it is somebody else's.
    """
    return Membership.objects.of(organisation_id).select_related("user").one(membership_id)


def live_keepers(organisation_id: UUID, role: Role) -> TenantQuerySet[Membership]:
    """Return those who can look after an organisation's people now."""
    return Membership.objects.of(organisation_id).filter(
        roles__contains=[role.value], is_active=True, user__is_active=True
    )


def approvers(organisation_id: UUID) -> TenantQuerySet[Membership]:
    """Return those who may approve something now, by name: everybody else asks here who they are.

    Why: whom the rules ask, who may answer for a cost centre and what a council still lacks must
    never be told from different lists.
    """
    able = Membership.objects.of(organisation_id).filter(
        is_active=True, user__is_active=True, roles__contains=[Role.APPROVER.value]
    )
    return able.select_related("user").order_by("user__name", "id")


def names_of(organisation_id: UUID, membership_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what people of an organisation are called, by membership; nothing for nobody."""
    if not membership_ids:
        return {}
    rows = Membership.objects.of(organisation_id).filter(pk__in=membership_ids)
    return dict(rows.values_list("pk", "user__name"))


def person_by_email(email: str) -> User | None:
    """Return the person with this address, whatever its capitals."""
    return User.objects.filter(email=email.strip().lower()).first()
