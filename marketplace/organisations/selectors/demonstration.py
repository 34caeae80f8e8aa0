"""Who can be tried out in the demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.selectors.people import members


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation and the people in it who can be tried out."""

    organisation: Organisation
    people: tuple[Membership, ...]


def people_to_try() -> list[Company]:
    """Return every organisation with its people, councils first, by name."""
    found = []
    for organisation in Organisation.objects.order_by("kind", "name", "id"):
        with tenant(organisation.pk):
            live = members(organisation.pk).filter(is_active=True, user__is_active=True)
            found.append(Company(organisation, tuple(live)))
    return [company for company in found if company.people]


def demonstrators(organisation_id: str, membership_id: str) -> Membership | None:
    """Return the person whom a visitor wants to be, None when there is none like that."""
    try:
        wanted, somebody = UUID(organisation_id), UUID(membership_id)
    except ValueError:
        return None
    with tenant(wanted):
        live = members(wanted).filter(is_active=True, user__is_active=True)
        return live.filter(pk=somebody).first()
