"""What a council says about itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.core.texts import LONGEST_ADDRESS_LINE, MOST_ADDRESS_LINES, address_fits
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import (
    LEAST_CONTRAST,
    contrast_with_white,
    is_telephone_number,
    postcode_of,
    vat_number_of,
)
from marketplace.organisations.services.enrolling import check_email
from marketplace.organisations.services.holding import hold_organisation

COLOUR = re.compile(r"#[0-9a-f]{6}")
PREFIX = re.compile(r"[A-Z0-9-]{1,10}")
CHANGEABLE = ("name", "name_welsh", "colour", "email", "telephone", "address", "postcode",
              "vat_number", "order_prefix")  # fmt: skip


class SettingsNotYours(Forbidden):
    """Only a council's administrator changes what it says about itself."""

    code = "council.administrator-needed"
    title = gettext_lazy("You cannot change your council's details.")
    advice = gettext_lazy("Ask an administrator of your council to do it.")


class SettingsInvalid(Invalid):
    """One of the details cannot be."""

    code = "council.detail-invalid"
    title = gettext_lazy("One of the details is not right.")


class SettingsChangedMeanwhile(Conflict):
    """Somebody else changed the details between reading and writing."""

    code = "council.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed these details since you opened the page.")
    advice = gettext_lazy("Open the page again, look at what is different, and repeat your change.")


@transaction.atomic
def change_council(
    *, administrator: Actor, version: int, details: dict[str, str], at: datetime
) -> Organisation:
    """Change a council's name, colour, address and the like.

    Shapes: `details` has some of CHANGEABLE; others are a mistake in the caller. VAT number and
    postcode are kept as they are printed: in capitals, spaced as usual.
    Raises: SettingsNotYours, SettingsInvalid, EmailTooLong, SettingsChangedMeanwhile, Busy.
    """
    if administrator.kind is not OrganisationKind.COUNCIL or not administrator.holds(
        Role.ADMINISTRATOR
    ):
        raise SettingsNotYours
    strange = details.keys() - set(CHANGEABLE)
    if strange:
        raise TypeError(f"A council cannot change {sorted(strange)}.")
    council = hold_organisation(administrator.organisation_id)
    if council.version != version:
        raise SettingsChangedMeanwhile
    details = _checked(details)
    before = {name: getattr(council, name) for name in details}
    changed = {name: value for name, value in details.items() if value != before[name]}
    if not changed:
        return council
    for name, value in changed.items():
        setattr(council, name, value)
    council.version += 1
    council.save(update_fields=[*changed, "version"])
    record(
        "council.changed",
        council,
        actor=administrator,
        at=at,
        organisation_id=council.pk,
        before={name: before[name] for name in changed},
        after=changed,
    )
    return council


def council_problems(details: Mapping[str, str]) -> list[FieldProblem]:
    """Return everything that is wrong with some of a council's details, in the page's order."""
    said = {name: check(details[name]) for name, check in _CHECKS.items() if name in details}
    return [FieldProblem(name, words) for name, words in said.items() if words]


def _checked(details: dict[str, str]) -> dict[str, str]:
    """Return the details as they are kept: postcode and VAT number as they are printed.

    Raises: SettingsInvalid, EmailTooLong.
    """
    check_email(details.get("email", ""))
    problems = council_problems(details)
    if problems:
        raise SettingsInvalid(
            " ".join(each.detail for each in problems), field=problems[0].pointer, errors=problems
        )
    printed = {"postcode": postcode_of, "vat_number": vat_number_of}
    kept = {name: print_(details[name]) for name, print_ in printed.items() if name in details}
    return {**details, **{name: value for name, value in kept.items() if value is not None}}


def _wrong_name(name: str) -> str:
    return "" if name.strip() else _("Enter the council's name.")


def _wrong_colour(colour: str) -> str:
    if not COLOUR.fullmatch(colour):
        return _("Write the colour as # and six digits or letters from a to f, like #1d70b8.")
    ratio = contrast_with_white(colour)
    if ratio >= LEAST_CONTRAST:
        return ""
    return _(
        "White words on this colour have a contrast of %(ratio)s to 1. People need at least 4.5 to"
        " 1 to read them. Choose a darker colour."
    ) % {"ratio": f"{ratio:.1f}"}


def _wrong_telephone(telephone: str) -> str:
    if not telephone.strip() or is_telephone_number(telephone.strip()):
        return ""
    return _("Enter a telephone number, like 01632 960 001 or +44 1632 960 001.")


def _wrong_address(address: str) -> str:
    if address_fits(address.strip()):
        return ""
    return _("Write it in at most %(lines)d lines, each of at most %(letters)d characters.") % {
        "lines": MOST_ADDRESS_LINES,
        "letters": LONGEST_ADDRESS_LINE,
    }


def _wrong_postcode(postcode: str) -> str:
    if not postcode.strip() or postcode_of(postcode) is not None:
        return ""
    return _("Enter a full UK postcode, like AB1 2CD.")


def _wrong_vat_number(vat_number: str) -> str:
    if not vat_number.strip() or vat_number_of(vat_number) is not None:
        return ""
    return _(
        "Enter the VAT number as it stands on your VAT certificate: GB and 9 or 12 digits. Check"
        " every digit: this one cannot be."
    )


def _wrong_prefix(prefix: str) -> str:
    if not prefix or PREFIX.fullmatch(prefix):
        return ""
    return _("Use up to 10 capital letters, digits or hyphens, like PO or CAS-PO.")


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": _wrong_name,
    "colour": _wrong_colour,
    "telephone": _wrong_telephone,
    "address": _wrong_address,
    "postcode": _wrong_postcode,
    "vat_number": _wrong_vat_number,
    "order_prefix": _wrong_prefix,
}
