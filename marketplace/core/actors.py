"""Who is acting: a person, in one organisation, with the roles that they hold there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class OrganisationKind(StrEnum):
    """The two sides of the marketplace."""

    COUNCIL = "COUNCIL"
    SUPPLIER = "SUPPLIER"


class Role(StrEnum):
    """What a member of an organisation may be trusted with; all but SUPPLIER are a council's."""

    REQUESTER = "requester"
    BUYER = "buyer"
    APPROVER = "approver"
    RECEIVER = "receiver"
    FINANCE = "finance"
    PAYMENTS = "payments"
    SUPPLIER = "supplier"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting for an organisation.

    Units: `approval_limit_amount` is the largest net total in pounds that this person may approve;
    None means that they may approve nothing.
    """

    user_id: UUID
    name: str
    email: str
    membership_id: UUID
    organisation_id: UUID
    organisation_name: str
    organisation_colour: str
    kind: OrganisationKind
    roles: frozenset[Role]
    approval_limit_amount: Decimal | None = None
    memberships_count: int = 1

    def holds(self, *roles: Role | str) -> bool:
        """Tell whether this person holds at least one of `roles` here."""
        return any(Role(role) in self.roles for role in roles)
