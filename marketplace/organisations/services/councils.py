"""What a council says about itself."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import (
    LEAST_CONTRAST,
    contrast_with_white,
    is_telephone_number,
    postcode_of,
    vat_number_of,
)
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
    Raises: SettingsNotYours, SettingsInvalid, SettingsChangedMeanwhile, Busy.
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


def _checked(details: dict[str, str]) -> dict[str, str]:
    """Return the details as they are kept.

    Raises: SettingsInvalid.
    """
    if "name" in details and not details["name"].strip():
        raise SettingsInvalid(_("Enter the council's name."), field="name")
    colour = details.get("colour")
    if colour is not None:
        _check_colour(colour)
    prefix = details.get("order_prefix")
    if prefix and not PREFIX.fullmatch(prefix):
        raise SettingsInvalid(
            _("Use up to 10 capital letters, digits or hyphens, like PO or CAS-PO."),
            field="order_prefix",
        )
    telephone = details.get("telephone", "").strip()
    if telephone and not is_telephone_number(telephone):
        raise SettingsInvalid(
            _("Enter a telephone number, like 01632 960 001 or +44 1632 960 001."),
            field="telephone",
        )
    return {**details, **_printed(details)}


def _printed(details: dict[str, str]) -> dict[str, str]:
    """Return those details that are kept in another form than they were typed in."""
    postcode, vat_number = details.get("postcode", ""), details.get("vat_number", "")
    printed: dict[str, str] = {}
    if postcode.strip():
        kept = postcode_of(postcode)
        if kept is None:
            raise SettingsInvalid(_("Enter a full UK postcode, like AB1 2CD."), field="postcode")
        printed["postcode"] = kept
    if vat_number.strip():
        kept = vat_number_of(vat_number)
        if kept is None:
            raise SettingsInvalid(
                _(
                    "Enter the VAT number as it stands on your VAT certificate: GB and 9 or 12"
                    " digits. Check every digit: this one cannot be."
                ),
                field="vat_number",
            )
        printed["vat_number"] = kept
    return printed


def _check_colour(colour: str) -> None:
    if not COLOUR.fullmatch(colour):
        raise SettingsInvalid(
            _("Write the colour as # and six digits or letters from a to f, like #1d70b8."),
            field="colour",
        )
    ratio = contrast_with_white(colour)
    if ratio < LEAST_CONTRAST:
        raise SettingsInvalid(
            _(
                "White words on this colour have a contrast of %(ratio)s to 1. People need at"
                " least 4.5 to 1 to read them. Choose a darker colour."
            )
            % {"ratio": f"{ratio:.1f}"},
            field="colour",
        )
