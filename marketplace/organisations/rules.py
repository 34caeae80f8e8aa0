"""What holds for people, roles and colours, whoever is asking. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from marketplace.core.actors import OrganisationKind, Role

LONGEST_TOKEN_LIFE = timedelta(days=365)
LEAST_CONTRAST = 4.5
TOKEN_PREFIX = "mkt_"  # noqa: S105  # what every token begins with, so that leaks can be searched for

COUNCIL_ROLES = tuple(role for role in Role if role is not Role.SUPPLIER)


def roles_for(kind: OrganisationKind | str) -> tuple[Role, ...]:
    """Return the roles that people of a kind of organisation may hold.

    Why: a supplier's person with a council's role would pass every check of that role.
    """
    return COUNCIL_ROLES if OrganisationKind(kind) is OrganisationKind.COUNCIL else (Role.SUPPLIER,)


def keeper_role(kind: OrganisationKind | str) -> Role:
    """Return the role that looks after an organisation's people.

    Why: a council has administrators; in a supplier's small office everybody is trusted alike.
    """
    council = OrganisationKind(kind) is OrganisationKind.COUNCIL
    return Role.ADMINISTRATOR if council else Role.SUPPLIER


def needs_limit(roles: Iterable[Role | str]) -> bool:
    """Tell whether somebody with these roles may have an approval limit.

    Why: a limit without the role would come to life by itself when the role is given later.
    """
    return Role.APPROVER in map(Role, roles)


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of a colour, as #rrggbb, with white, from 1 to 21.

    Source: WCAG 2.2, definitions of relative luminance and contrast ratio.

    >>> round(contrast_with_white("#1d70b8"), 2)
    5.17
    """
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def token_hash(secret: str) -> str:
    """Return what we keep of a token.

    Why: a plain SHA-256 suffices, since a token has 256 random bits that nobody can guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
