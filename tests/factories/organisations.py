"""Councils, suppliers and people for tests.

Rows are made as the steward, so a factory works whoever the connection acts for. A request through
Django's test client ends by making the connection nobody's, as it does in real life: act again
(`with tenant(...)`) after it before asking for a tenant's rows.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client

from marketplace.core.actors import Actor, Role
from marketplace.core.tenancy import stewardship
from marketplace.organisations import sessions
from marketplace.organisations.models import (
    Kind,
    Membership,
    Organisation,
    SupplierLink,
    SupplierProfile,
    User,
)
from marketplace.organisations.selectors.people import actor_of

PASSWORD = "correct horse battery staple"

_numbers = count(1)


def council(**facts: Any) -> Organisation:
    """Keep a council."""
    number = next(_numbers)
    chosen = {
        "kind": Kind.COUNCIL,
        "name": f"Council {number}",
        "slug": f"council-{number}",
        "order_prefix": "PO",
        **facts,
    }
    with stewardship():
        return Organisation.objects.create(**chosen)


def supplier(**facts: Any) -> Organisation:
    """Keep a supplier; is_sme, is_vcse and about go into its profile."""
    number = next(_numbers)
    about = {name: facts.pop(name) for name in ("is_sme", "is_vcse", "about") if name in facts}
    chosen = {
        "kind": Kind.SUPPLIER,
        "name": f"Supplier {number}",
        "slug": f"supplier-{number}",
        **facts,
    }
    with stewardship():
        organisation = Organisation.objects.create(**chosen)
        SupplierProfile.objects.create(organisation=organisation, **about)
    return organisation


def user(*, email: str = "", name: str = "", password: str | None = None, **facts: Any) -> User:
    """Keep a person who is nothing anywhere yet; without a password they cannot sign in."""
    number = next(_numbers)
    made = User.objects.create_user(
        email or f"person{number}@example.com",
        password,
        name=name or f"Person {number}",
        **facts,
    )
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


def person(
    organisation: Organisation,
    *roles: Role | str,
    limit: Decimal | str | int | None = None,
    as_user: User | None = None,
    password: str | None = None,
    **facts: Any,
) -> Membership:
    """Keep a person in an organisation; `as_user` gives somebody a second membership.

    Units: `limit` is the approval limit in pounds.
    """
    somebody = as_user or user(
        email=facts.pop("email", ""), name=facts.pop("name", ""), password=password
    )
    if not roles and organisation.kind == Kind.SUPPLIER:
        roles = (Role.SUPPLIER,)
    with stewardship():
        return Membership.objects.create(
            user=somebody,
            organisation=organisation,
            roles=[Role(role).value for role in roles],
            approval_limit_amount=None if limit is None else Decimal(limit),
            **facts,
        )


def actor(
    organisation: Organisation,
    *roles: Role | str,
    limit: Decimal | str | int | None = None,
    **facts: Any,
) -> Actor:
    """Keep a person in an organisation and return them as the actor that services take."""
    return actor_of(person(organisation, *roles, limit=limit, **facts))


def link(council: Organisation, supplier: Organisation, **facts: Any) -> SupplierLink:
    """Let a council trade with a supplier."""
    chosen = {"since": date(2026, 4, 1), **facts}
    with stewardship():
        return SupplierLink.objects.create(council=council, supplier=supplier, **chosen)


def sign_in(client: Client, membership: Membership) -> Client:
    """Sign a person in, past password and second factor, acting for their organisation."""
    client.force_login(membership.user)
    session = client.session
    session[sessions.MEMBERSHIP] = str(membership.pk)
    session[sessions.ORGANISATION] = str(membership.organisation_id)
    session[sessions.SECOND_FACTOR] = True
    session.save()
    return client
