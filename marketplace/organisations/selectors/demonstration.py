"""Who can be tried out in the demonstration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.models import ROLE_LABELS, Membership, Organisation
from marketplace.organisations.selectors.people import members


@dataclass(frozen=True, slots=True)
class Lead:
    """Who stands for a role."""

    label: str
    deed: str
    person: Membership


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation and the people in it who can be tried out.

    Shapes: `leads` holds one for each role that somebody has here, in the order in which work
    passes from one to the next; `people` is everybody, by name.
    """

    organisation: Organisation
    people: tuple[Membership, ...]
    leads: tuple[Lead, ...]


def people_to_try() -> list[Company]:
    """Return every organisation with its people, councils first, by name."""
    found = []
    for organisation in Organisation.objects.order_by("kind", "name", "id"):
        with tenant(organisation.pk):
            live = members(organisation.pk).filter(is_active=True, user__is_active=True)
            people = tuple(live)
            found.append(Company(organisation, people, tuple(_leads(people))))
    return [company for company in found if company.people]


def _leads(people: Sequence[Membership]) -> Iterator[Lead]:
    """Yield who stands for each role.

    Why: somebody who has little else to do shows a role best, and the approver with the largest
    limit can say yes to most.
    """
    for role in Role:
        holders = [each for each in people if role in each.roles]
        if holders:
            person = min(
                holders,
                key=lambda each: (len(each.roles), -(each.approval_limit_amount or 0), each.pk),
            )
            yield Lead(str(ROLE_LABELS[role]), str(DEEDS[role]), person)


def demonstrators(organisation_id: str, membership_id: str) -> Membership | None:
    """Return the person whom a visitor wants to be, None when there is none like that."""
    try:
        wanted, somebody = UUID(organisation_id), UUID(membership_id)
    except ValueError:
        return None
    with tenant(wanted):
        live = members(wanted).filter(is_active=True, user__is_active=True)
        return live.filter(pk=somebody).first()
