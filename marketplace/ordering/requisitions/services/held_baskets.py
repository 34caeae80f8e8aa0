"""The one draft that a person has in a council: their basket, held while it is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.texts import (
    LONGEST_ADDRESS_LINE,
    MOST_ADDRESS_LINES,
    address_fits,
    without_unseen,
)
from marketplace.ordering.bought.rules import totals
from marketplace.ordering.delivery_points.written import LONGEST_INSTRUCTIONS, delivery_parts
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.states import RequisitionStatus


class NotABuyer(Forbidden):
    """This person may not ask for things to be bought."""

    code = "basket.not-allowed"
    title = gettext_lazy("You cannot buy for this council.")


class WrongAddress(Invalid):
    """The delivery address has too many lines, or one that is too long."""

    code = "requisition.wrong-address"
    title = gettext_lazy("The delivery address is too long.")


class NotADraft(Conflict):
    """It was submitted, so its lines stay as they are."""

    code = "requisition.not-a-draft"
    title = gettext_lazy("This can no longer be changed.")


class DraftChanged(Conflict):
    """The draft was changed after it was read."""

    code = "requisition.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this since you read it.")


@dataclass(frozen=True, slots=True)
class Details:
    """What a requisition says besides its lines."""

    title: str
    reason: str
    deliver_to: str
    needed_by_on: date | None = None


def check_requester(requester: Actor) -> None:
    """Refuse anybody who may not ask for things to be bought.

    Raises: NotABuyer.
    """
    if not requester.holds("requester", "buyer"):
        raise NotABuyer(_("Only requesters and buyers can ask for things."))


def open_basket(requester: Actor, at: datetime) -> Requisition:
    """Return the person's basket, held; made if there is none, by one of two who try at once."""
    basket = Requisition(
        council_id=requester.organisation_id,
        raised_by_id=requester.user_id,
        raised_by_membership_id=requester.membership_id,
        raised_by_name=requester.name,
        raised_by_email=requester.email,
        created_at=at,
    )
    mine = Requisition.objects.of(requester.organisation_id).filter(
        raised_by_id=requester.user_id, status=RequisitionStatus.DRAFT
    )
    held = mine.hold()
    if not held and Requisition.objects.add_if_new(basket):
        return basket
    return (held or mine.hold())[0]


def own_draft(requester: Actor, requisition_id: UUID) -> Requisition:
    """Return a draft of the person's own, held.

    Raises: NotABuyer; Missing; NotADraft.
    """
    check_requester(requester)
    mine = Requisition.objects.of(requester.organisation_id).filter(raised_by_id=requester.user_id)
    basket = mine.lock(requisition_id)
    if not basket.is_basket:
        raise NotADraft(_("It was submitted. Withdraw it and copy it to a new basket first."))
    return basket


def check_version(requisition: Requisition, version: int | None) -> None:
    """Let a change pass that was meant for this version, or for whatever there is.

    Raises: DraftChanged.
    """
    if version is not None and requisition.version != version:
        raise DraftChanged(current_version=requisition.version)


def set_details(requisition: Requisition, details: Details) -> list[str]:
    """Set what a requisition says besides its lines; return the names of the columns.

    Raises: WrongAddress.
    """
    address, instructions = delivery_parts(details.deliver_to)
    if not address_fits(address):
        raise WrongAddress(
            _("Write it in at most %(lines)d lines, each of at most %(letters)d characters.")
            % {"lines": MOST_ADDRESS_LINES, "letters": LONGEST_ADDRESS_LINE},
            field="deliver_to",
        )
    if len(instructions) > LONGEST_INSTRUCTIONS:
        raise WrongAddress(
            _("Say what the driver must know in at most %(letters)d characters.")
            % {"letters": LONGEST_INSTRUCTIONS},
            field="deliver_to",
        )
    requisition.title = " ".join(without_unseen(details.title).split())[:200]
    requisition.reason = without_unseen(details.reason).strip()
    place = f"{address}\n\n{instructions}"
    requisition.deliver_to = without_unseen(place).strip()
    requisition.needed_by_on = details.needed_by_on
    return ["title", "reason", "deliver_to", "needed_by_on"]


def save_totals(
    basket: Requisition, lines: Sequence[RequisitionLine], names: Sequence[str] = ()
) -> None:
    """Reckon and keep what the lines of a basket come to, and the columns that are named too."""
    sums = totals(lines)
    basket.net_amount, basket.vat_amount = sums.net_amount, sums.vat_amount
    basket.version += 1
    basket.save(update_fields=["net_amount", "vat_amount", "version", *names])
