"""What somebody may be trusted with in an organisation of their kind: roles, and a limit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import FieldProblem, Invalid
from marketplace.organisations import rules
from marketplace.organisations.models import ROLE_LABELS


class RolesNotAllowed(Invalid):
    """A person of this kind of organisation cannot hold these roles."""

    code = "person.roles-not-allowed"
    title = gettext_lazy("These roles cannot be given here.")


def trust_problems(
    kind: OrganisationKind,
    roles: Iterable[Role | str],
    limit: Decimal | None,
    *,
    is_new: bool = False,
) -> list[FieldProblem]:
    """Return everything that is wrong with what somebody is to be trusted with.

    Shapes: without roles nothing is said of a limit but whether it can be one. Somebody new who
    approves must have a limit.
    """
    chosen = [Role(role) for role in roles]
    problems = []
    strange = [role for role in chosen if role not in rules.roles_for(kind)]
    if not chosen:
        problems.append(FieldProblem("roles", _("Choose at least one role.")))
    elif strange:
        names = ", ".join(str(ROLE_LABELS[role]) for role in strange)
        words = _("Nobody in your organisation can be: %(roles)s.") % {"roles": names}
        problems.append(FieldProblem("roles", words))
    words = ""
    if limit is None and is_new and rules.needs_limit(chosen):
        words = _("Enter how much they may approve, without VAT, like 5,000.")
    elif limit is not None and chosen and not rules.needs_limit(chosen):
        words = _(
            "Only an approver has an approval limit. Choose the role too, or remove the limit."
        )
    elif limit is not None and limit <= 0:
        words = _("Enter a limit of more than £0, or leave it empty.")
    return [*problems, *([FieldProblem("approval_limit_amount", words)] if words else [])]


def checked_roles(
    keeper: Actor, roles: Iterable[Role | str], limit: Decimal | None, *, is_new: bool = False
) -> list[Role]:
    """Return what somebody will do, each role once and in its order.

    Raises: RolesNotAllowed.
    """
    chosen = sorted({Role(role) for role in roles}, key=list(Role).index)
    problems = trust_problems(keeper.kind, chosen, limit, is_new=is_new)
    if problems:
        raise RolesNotAllowed(
            " ".join(each.detail for each in problems), field=problems[0].pointer, errors=problems
        )
    return chosen
