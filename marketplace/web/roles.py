"""Roles in words for people."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Role

NAMES = {
    Role.REQUESTER: gettext_lazy("requester"),
    Role.BUYER: gettext_lazy("buyer"),
    Role.APPROVER: gettext_lazy("approver"),
    Role.RECEIVER: gettext_lazy("receiver of goods"),
    Role.FINANCE: gettext_lazy("finance officer"),
    Role.PAYMENTS: gettext_lazy("payments officer"),
    Role.SUPPLIER: gettext_lazy("supplier"),
    Role.AUDITOR: gettext_lazy("auditor"),
    Role.ADMINISTRATOR: gettext_lazy("administrator"),
}


def role_name(role: Role | str) -> str:
    """Return a role as people call it."""
    return str(NAMES[Role(role)])


def role_names(roles: Iterable[Role | str]) -> str:
    """Return several roles in one phrase: 'buyer, approver or auditor'."""
    names = [role_name(role) for role in roles]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s or %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
