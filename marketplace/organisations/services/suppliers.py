"""From whom a council buys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden, Invalid, Missing
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import (
    Kind,
    Organisation,
    SupplierLink,
    SupplierProfile,
)
from marketplace.organisations.selectors.people import person_by_email
from marketplace.organisations.services.enrolling import check_email, enrol_person
from marketplace.organisations.services.holding import hold_registering
from marketplace.organisations.services.inviting import check_may_invite
from marketplace.organisations.services.people import open_invitation, owe_invitation


class SuppliersNotYours(Forbidden):
    """Only a council's administrator decides from whom it buys."""

    code = "supplier.administrator-needed"
    title = gettext_lazy("You cannot change from whom your council buys.")
    advice = gettext_lazy("Ask an administrator of your council to do it.")


class AlreadyAccepted(Conflict):
    """The council trades with this supplier already."""

    code = "supplier.already-accepted"
    title = gettext_lazy("Your council has accepted this supplier already.")


class ReasonMissing(Invalid):
    """A suspension needs a reason, since the supplier reads it."""

    code = "supplier.reason-missing"
    title = gettext_lazy("Say why.")


class AlreadyRegistered(Conflict):
    """A supplier with this company number is in the marketplace already."""

    code = "supplier.already-registered"
    title = gettext_lazy("This company is in the marketplace already.")
    advice = gettext_lazy("Find it by its company number and accept it there.")


@transaction.atomic
def accept_supplier(
    *, administrator: Actor, supplier_id: UUID, is_local: bool, at: datetime
) -> SupplierLink:
    """Let the council buy from a supplier of the marketplace.

    Raises: SuppliersNotYours, AlreadyAccepted, Missing.
    """
    _check_administrator(administrator)
    supplier = Organisation.objects.filter(pk=supplier_id, kind=Kind.SUPPLIER).first()
    if supplier is None:
        raise Missing(_("There is no such supplier."))
    link = SupplierLink(
        council_id=administrator.organisation_id,
        supplier=supplier,
        is_local=is_local,
        since=localdate(at),
    )
    SupplierLink.objects.bulk_create([link], ignore_conflicts=True)
    kept = SupplierLink.objects.get(
        council_id=administrator.organisation_id, supplier_id=supplier_id
    )
    if kept.pk != link.pk:
        raise AlreadyAccepted
    _record("supplier.accepted", kept, administrator, at, after={"local": is_local})
    return kept


@transaction.atomic
def register_supplier(
    *,
    administrator: Actor,
    name: str,
    company_number: str,
    contact_name: str,
    contact_email: str,
    is_local: bool,
    at: datetime,
) -> SupplierLink:
    """Bring a new supplier into the marketplace, invite its first person, and accept it.

    Raises: SuppliersNotYours, EmailTooLong, AlreadyRegistered, TooManyInvitations, Busy.
    """
    _check_administrator(administrator)
    check_email(contact_email, field="contact_email")
    hold_registering()
    check_may_invite(administrator.organisation_id, at)
    number = company_number.strip().upper()
    if number and Organisation.objects.filter(company_number=number, kind=Kind.SUPPLIER).exists():
        raise AlreadyRegistered(field="company_number")
    supplier = Organisation.objects.create(
        kind=Kind.SUPPLIER,
        name=name,
        slug=_free_slug(name),
        company_number=number,
        email=contact_email.strip().lower(),
    )
    with tenant(supplier.pk):
        # The first person of a supplier is its own, so its own chain tells of the invitation.
        SupplierProfile.objects.create(organisation=supplier)
        user = person_by_email(contact_email) or enrol_person(
            name=contact_name, email=contact_email
        )
        membership = open_invitation(
            user, name=contact_name, organisation_id=supplier.pk, roles=[Role.SUPPLIER]
        )
        record(
            "person.invited",
            membership,
            actor=administrator,
            at=at,
            organisation_id=supplier.pk,
            counterparty_id=administrator.organisation_id,
            after={"email": user.email, "roles": membership.roles},
        )
        owe_invitation(membership, at, council_id=administrator.organisation_id)
    return accept_supplier(
        administrator=administrator, supplier_id=supplier.pk, is_local=is_local, at=at
    )


@transaction.atomic
def suspend_supplier(
    *, administrator: Actor, link_id: UUID, reason: str, at: datetime
) -> SupplierLink:
    """Stop buying from a supplier until the suspension is lifted.

    Raises: SuppliersNotYours, ReasonMissing, IllegalMove, Missing.
    """
    _check_administrator(administrator)
    link = _lock(administrator, link_id)
    if not reason.strip():
        raise ReasonMissing(_("Write the reason. The supplier can read it."), field="reason")
    link.move("suspend")
    link.reason = reason.strip()
    link.save(update_fields=["status", "reason"])
    _record("supplier.suspended", link, administrator, at, note=link.reason)
    return link


@transaction.atomic
def lift_suspension(*, administrator: Actor, link_id: UUID, at: datetime) -> SupplierLink:
    """Buy from a supplier again.

    Raises: SuppliersNotYours, IllegalMove, Missing.
    """
    _check_administrator(administrator)
    link = _lock(administrator, link_id)
    link.move("lift")
    reason, link.reason = link.reason, ""
    link.save(update_fields=["status", "reason"])
    _record("supplier.suspension-lifted", link, administrator, at, before={"reason": reason})
    return link


@transaction.atomic
def mark_supplier_local(
    *, administrator: Actor, link_id: UUID, is_local: bool, at: datetime
) -> SupplierLink:
    """Say whether a supplier is local to this council.

    Raises: SuppliersNotYours, Missing.
    """
    _check_administrator(administrator)
    link = _lock(administrator, link_id)
    before, link.is_local = link.is_local, is_local
    link.save(update_fields=["is_local"])
    _record(
        "supplier.marked-local",
        link,
        administrator,
        at,
        before={"local": before},
        after={"local": is_local},
    )
    return link


def _check_administrator(administrator: Actor) -> None:
    if administrator.kind is not OrganisationKind.COUNCIL or not administrator.holds(
        Role.ADMINISTRATOR
    ):
        raise SuppliersNotYours


def _lock(administrator: Actor, link_id: UUID) -> SupplierLink:
    links = SupplierLink.objects.of(administrator.organisation_id).select_related("supplier")
    return links.lock(link_id)


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:50] or "supplier"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(each for each in numbered if each not in taken)


def _record(
    verb: str,
    link: SupplierLink,
    administrator: Actor,
    at: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    note: str = "",
) -> None:
    record(
        verb,
        link,
        actor=administrator,
        at=at,
        organisation_id=link.council_id,
        counterparty_id=link.supplier_id,
        before=before,
        after=after,
        note=note,
    )
