"""Bringing a council into the marketplace, with the administrator who brings in the rest."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Role
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Kind, Nation, Organisation
from marketplace.organisations.selectors.people import person_by_email
from marketplace.organisations.services.enrolling import check_email, enrol_person
from marketplace.organisations.services.people import open_invitation, owe_invitation


class CouncilExists(Conflict):
    """The short name is taken."""

    code = "council.exists"
    title = gettext_lazy("There is an organisation with this short name already.")


class NationUnknown(Invalid):
    """The United Kingdom has four nations."""

    code = "council.nation-unknown"
    title = gettext_lazy("Choose England, Wales, Scotland or Northern Ireland.")


@transaction.atomic
def found_council(
    *,
    name: str,
    slug: str,
    nation: str,
    administrator_name: str,
    administrator_email: str,
    at: datetime,
) -> Organisation:
    """Keep a new council and owe its first administrator a mail with a link.

    An operator's deed, done from the command line: nobody acts for a council that is not there.
    Raises: CouncilExists, NationUnknown, EmailTooLong.
    """
    if nation not in Nation.values:
        raise NationUnknown(field="nation")
    check_email(administrator_email)
    if Organisation.objects.filter(slug=slug).exists():
        raise CouncilExists(field="slug")
    council = Organisation.objects.create(
        kind=Kind.COUNCIL, name=name, slug=slug, nation=nation, order_prefix="PO"
    )
    with tenant(council.pk):
        user = person_by_email(administrator_email) or enrol_person(
            name=administrator_name, email=administrator_email
        )
        membership = open_invitation(
            user, name=administrator_name, organisation_id=council.pk, roles=[Role.ADMINISTRATOR]
        )
        record(
            "council.joined",
            council,
            actor=None,
            at=at,
            organisation_id=council.pk,
            after={"name": name, "administrator": user.email},
        )
        owe_invitation(membership, at)
    return council
