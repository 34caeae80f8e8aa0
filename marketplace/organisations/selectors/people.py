"""Who somebody is, and what they may act as."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.organisations.models import Membership


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
    """Return what a person may act as, by the organisation's name."""
    live = Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True)
    return live.select_related("user", "organisation").order_by("organisation__name", "id")


def members(organisation_id: UUID) -> QuerySet[Membership]:
    """Return everybody in an organisation, by name, those who left too."""
    everybody = Membership.objects.of(organisation_id).select_related("user")
    return everybody.order_by("user__name", "id")
