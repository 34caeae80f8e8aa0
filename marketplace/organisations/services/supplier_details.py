"""What a supplier says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.core.texts import LONGEST_ADDRESS_LINE, MOST_ADDRESS_LINES, address_fits
from marketplace.jobs.services import wake
from marketplace.organisations.models import Organisation, SupplierProfile
from marketplace.organisations.rules import plain_vat_number
from marketplace.organisations.selectors.suppliers import councils_of
from marketplace.organisations.services.enrolling import check_email
from marketplace.organisations.services.holding import hold_organisation

# The name and the company number say who a supplier is: councils accepted it under them.
CHANGEABLE = ("email", "telephone", "address", "postcode", "vat_number", "about")


class DetailsNotYours(Forbidden):
    """Only the supplier's own people change what it says about itself."""

    code = "supplier.own-person-needed"
    title = gettext_lazy("You cannot change these details.")
    advice = gettext_lazy("Ask somebody who works at the supplier to do it.")


class DetailsInvalid(Invalid):
    """One of the details cannot be."""

    code = "supplier.detail-invalid"
    title = gettext_lazy("One of the details is not right.")


class DetailsChangedMeanwhile(Conflict):
    """Somebody else changed the details between reading and writing."""

    code = "supplier.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed these details since you opened the page.")
    advice = gettext_lazy("Open the page again, look at what is different, and repeat your change.")


@transaction.atomic
def change_supplier(
    *, supplier: Actor, version: int, details: dict[str, str], at: datetime
) -> Organisation:
    """Change where a supplier is reached, and what it tells councils about itself.

    Shapes: `details` has some of CHANGEABLE; others are a mistake in the caller.
    Why: its councils are told of a new address for orders, since a stranger who changed it would
    get them.
    Raises: DetailsNotYours, DetailsInvalid, EmailTooLong, DetailsChangedMeanwhile, Busy.
    """
    if supplier.kind is not OrganisationKind.SUPPLIER or not supplier.holds(Role.SUPPLIER):
        raise DetailsNotYours
    strange = details.keys() - set(CHANGEABLE)
    if strange:
        raise TypeError(f"A supplier cannot change {sorted(strange)}.")
    company = hold_organisation(supplier.organisation_id)
    if company.version != version:
        raise DetailsChangedMeanwhile
    profile, _made = SupplierProfile.objects.get_or_create(organisation=company)
    before = {name: getattr(_holder(company, profile, name), name) for name in details}
    changed = {
        name: value.strip() for name, value in details.items() if value.strip() != before[name]
    }
    if not changed:
        return company
    _check(changed)
    for name, value in changed.items():
        setattr(_holder(company, profile, name), name, value)
    company.version += 1
    company.save(update_fields=[*(changed.keys() - {"about"}), "version"])
    profile.save(update_fields=["about"])
    record(
        "supplier.changed",
        company,
        actor=supplier,
        at=at,
        organisation_id=company.pk,
        before={name: before[name] for name in changed},
        after=changed,
    )
    if "email" in changed:
        _owe_notices(company, before["email"])
    return company


def _holder(
    company: Organisation, profile: SupplierProfile, name: str
) -> Organisation | SupplierProfile:
    return profile if name == "about" else company


def supplier_problems(details: Mapping[str, str]) -> list[FieldProblem]:
    """Return everything that is wrong with some of a supplier's details, in the page's order."""
    problems = []
    if not details.get("email", "something").strip():
        problems.append(FieldProblem("email", _("Enter the email address that gets your orders.")))
    if not address_fits(details.get("address", "").strip()):
        words = _("Write it in at most %(lines)d lines, each of at most %(letters)d characters.")
        words %= {"lines": MOST_ADDRESS_LINES, "letters": LONGEST_ADDRESS_LINE}
        problems.append(FieldProblem("address", words))
    if plain_vat_number(details.get("vat_number", "")) is None:
        words = _(
            "This is not a UK VAT number: look for a wrong or missing digit. It has nine digits,"
            " or twelve for a branch, like GB980780684."
        )
        problems.append(FieldProblem("vat_number", words))
    return problems


def _check(changed: dict[str, str]) -> None:
    """Refuse what cannot be, and write a VAT number as every document has it.

    Raises: DetailsInvalid; EmailTooLong.
    """
    check_email(changed.get("email", ""))
    problems = supplier_problems(changed)
    if problems:
        raise DetailsInvalid(
            " ".join(each.detail for each in problems), field=problems[0].pointer, errors=problems
        )
    if "vat_number" in changed:
        changed["vat_number"] = plain_vat_number(changed["vat_number"]) or ""


def _owe_notices(company: Organisation, old_email: str) -> None:
    for link in councils_of(company.pk):
        wake(
            "organisations.send_supplier_moved",
            key=f"{link.pk}:{company.version}",
            organisation_id=company.pk,
            payload={
                "council_id": str(link.council_id),
                "supplier_id": str(company.pk),
                "old_email": old_email,
                "new_email": company.email,
            },
        )
