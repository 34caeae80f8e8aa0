"""Filling a basket: the one draft that a person has in a council."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Listing
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid, Missing
from marketplace.core.texts import without_unseen
from marketplace.core.unit_labels import unit_label
from marketplace.core.units import is_counted
from marketplace.core.vat import VatCategory, rate_percent
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.selectors.coding import account_for, accounts
from marketplace.ordering import rules
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.selectors.offers import offers
from marketplace.ordering.states import RequisitionStatus

MOST_LINES = 500
COPIED = ("part_number", "name", "unit", "pack_size", "unit_price", "vat_category", "supplier_id")


class NotABuyer(Forbidden):
    """This person may not ask for things to be bought."""

    code = "basket.not-allowed"
    title = gettext_lazy("You cannot buy for this council.")


class NotBuyable(Conflict):
    """A listing cannot be bought now."""

    code = "basket.not-buyable"
    title = gettext_lazy("This cannot be bought at the moment.")


class WrongQuantity(Invalid):
    """The quantity is too small, too large or too fine."""

    code = "basket.wrong-quantity"
    title = gettext_lazy("The quantity is not right.")


class WrongAddress(Invalid):
    """The delivery address has too many lines, or one that is too long."""

    code = "requisition.wrong-address"
    title = gettext_lazy("The delivery address is too long.")


class NotADraft(Conflict):
    """It was submitted, so its lines stay as they are."""

    code = "requisition.not-a-draft"
    title = gettext_lazy("This can no longer be changed.")


class BasketFull(Conflict):
    """The basket holds as many lines as it may."""

    code = "basket.full"
    title = gettext_lazy("Your basket is full.")


@dataclass(frozen=True, slots=True)
class Details:
    """What a requisition says besides its lines."""

    title: str
    reason: str
    deliver_to: str
    needed_by_on: date | None = None


@transaction.atomic
def add_to_basket(
    *, requester: Actor, listing_id: UUID, quantity: Decimal, at: datetime
) -> RequisitionLine:
    """Put some of a listing into the person's basket, which is made if there is none.

    Shapes: a listing stands in a basket once; putting it in again adds to its quantity. The line
    is coded as the last one was, and to the account that fits what it is.
    Raises: NotABuyer; NotBuyable; WrongQuantity; BasketFull.
    """
    check_requester(requester)
    listing = offers(requester.organisation_id, [listing_id]).get(listing_id)
    if listing is None:
        raise NotBuyable(_("It was withdrawn, or your council does not buy from its supplier."))
    basket = open_basket(requester, at)
    lines = lines_of(basket)
    line = next((each for each in lines if each.listing_id == listing_id), None)
    if line is None:
        if len(lines) >= MOST_LINES:
            raise BasketFull(_("A basket holds %(most)s lines.") % {"most": MOST_LINES})
        line = new_line(basket, listing, next_place(lines), at)
        line.cost_centre_id = next((each.cost_centre_id for each in reversed(lines)), None)
        fitting = account_for(accounts(basket.council_id), line.category)
        line.account_id = fitting.pk if fitting else None
        lines.append(line)
        line.quantity = Decimal(0)
    before = line.quantity
    set_quantity(line, line.quantity + quantity, listing.minimum_quantity)
    if before:
        line.save(update_fields=["quantity", "net_amount"])
    else:
        line.save(force_insert=True)
    save_totals(basket, lines)
    _record("basket.added", basket, requester, at, after=_words(line))
    return line


@transaction.atomic
def change_line(
    *, requisition_id: UUID, line_id: UUID, requester: Actor, quantity: Decimal, at: datetime
) -> RequisitionLine:
    """Change how much of a line is wanted.

    Raises: Missing; NotADraft; NotBuyable; WrongQuantity.
    """
    basket, lines, line = _own_line(requester, requisition_id, line_id)
    before = _words(line)
    found = offers(basket.council_id, [line.listing_id]).get(line.listing_id)
    if found is None:
        raise NotBuyable(_("It can no longer be bought, so it can only be taken out."))
    set_quantity(line, quantity, found.minimum_quantity)
    line.save(update_fields=["quantity", "net_amount"])
    save_totals(basket, lines)
    _record("basket.changed", basket, requester, at, before=before, after=_words(line))
    return line


@transaction.atomic
def code_lines(
    *,
    requisition_id: UUID,
    requester: Actor,
    cost_centre_id: UUID,
    account_id: UUID | None,
    at: datetime,
    line_ids: Sequence[UUID] | None = None,
) -> Requisition:
    """Say what lines are to be paid from, all of them or those that are named.

    Shapes: without `account_id` each line keeps the account that it has.
    Raises: Missing for a code that is not in use here; NotADraft.
    """
    basket = own_draft(requester, requisition_id)
    centres = CostCentre.objects.of(basket.council_id).filter(is_active=True)
    cost_centre = centres.one(cost_centre_id)
    change: dict[str, UUID] = {"cost_centre_id": cost_centre.pk}
    names: dict[str, object] = {"cost_centre": f"{cost_centre.code} {cost_centre.name}"}
    if account_id is not None:
        in_use = Account.objects.of(basket.council_id).filter(is_active=True, kind="expense")
        account = in_use.one(account_id)
        change["account_id"] = account.pk
        names["account"] = f"{account.code} {account.name}"
    lines = RequisitionLine.objects.of(basket.council_id).filter(requisition=basket)
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    if lines.update(**change) == 0:
        raise Missing(_("There is no such line here."))
    _touch(basket)
    _record("basket.coded", basket, requester, at, after=names)
    return basket


@transaction.atomic
def remove_line(
    *, requisition_id: UUID, line_id: UUID, requester: Actor, at: datetime
) -> Requisition:
    """Take a line out of the basket.

    Raises: Missing; NotADraft.
    """
    basket, lines, line = _own_line(requester, requisition_id, line_id)
    words = _words(line)
    line.delete()
    save_totals(basket, [each for each in lines if each is not line])
    _record("basket.removed", basket, requester, at, before=words)
    return basket


@transaction.atomic
def describe_requisition(
    *, requisition_id: UUID, requester: Actor, details: Details, at: datetime
) -> Requisition:
    """Say what it is for, where it goes and by when.

    Raises: Missing; NotADraft; WrongAddress.
    """
    basket = own_draft(requester, requisition_id)
    before: dict[str, object] = {"title": basket.title, "deliver_to": basket.deliver_to}
    names = set_details(basket, details)
    basket.version += 1
    basket.save(update_fields=[*names, "version"])
    after: dict[str, object] = {"title": basket.title, "deliver_to": basket.deliver_to}
    _record("basket.described", basket, requester, at, before=before, after=after)
    return basket


def check_requester(requester: Actor) -> None:
    """Refuse anybody who may not ask for things to be bought.

    Raises: NotABuyer.
    """
    if not requester.holds("requester", "buyer"):
        raise NotABuyer(_("Only requesters and buyers can ask for things."))


def set_details(requisition: Requisition, details: Details) -> list[str]:
    """Set what a requisition says besides its lines; return the names of the columns.

    Raises: WrongAddress.
    """
    if not rules.address_fits(details.deliver_to.strip()):
        raise WrongAddress(
            _("Write it in at most %(lines)d lines, each of at most %(letters)d characters.")
            % {"lines": rules.MOST_ADDRESS_LINES, "letters": rules.LONGEST_ADDRESS_LINE},
            field="deliver_to",
        )
    requisition.title = " ".join(without_unseen(details.title).split())[:200]
    requisition.reason = without_unseen(details.reason).strip()
    requisition.deliver_to = without_unseen(details.deliver_to).strip()
    requisition.needed_by_on = details.needed_by_on
    return ["title", "reason", "deliver_to", "needed_by_on"]


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
    held = mine.lock_all(mine.values("pk"))  # type: ignore[arg-type]
    if not held:
        Requisition.objects.bulk_create([basket], ignore_conflicts=True)
        held = mine.lock_all(mine.values("pk"))  # type: ignore[arg-type]
    return held[0]


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


def _own_line(
    requester: Actor, requisition_id: UUID, line_id: UUID
) -> tuple[Requisition, list[RequisitionLine], RequisitionLine]:
    basket = own_draft(requester, requisition_id)
    lines = lines_of(basket)
    for line in lines:
        if line.pk == line_id:
            return basket, lines, line
    raise Missing(_("There is no such line here."))


def lines_of(requisition: Requisition) -> list[RequisitionLine]:
    """Return a requisition's lines in their order."""
    return list(requisition.lines.order_by("line_number"))


def next_place(lines: Sequence[RequisitionLine]) -> int:
    """Return the number that the next line gets."""
    return max((line.line_number for line in lines), default=0) + 1


def new_line(basket: Requisition, listing: Listing, place: int, at: datetime) -> RequisitionLine:
    """Return a line that copies a listing; its quantity is still to be set."""
    line = RequisitionLine(
        council_id=basket.council_id,
        requisition=basket,
        line_number=place,
        listing_id=listing.pk,
        category=listing.category_id,
    )
    copy_offer(line, listing, timezone.localdate(at))
    return line


def copy_offer(line: RequisitionLine, listing: Listing, on: date) -> None:
    """Copy a listing as it is now onto a line."""
    for name in COPIED:
        setattr(line, name, getattr(listing, name))
    line.listing_version = listing.version
    line.vat_rate_percent = rate_percent(VatCategory(listing.vat_category), on)


def set_quantity(line: RequisitionLine, quantity: Decimal, least: Decimal) -> None:
    """Set how much of a line is wanted, and what that comes to.

    Raises: WrongQuantity; the line then stays as it was.
    """
    if not quantity.is_finite() or quantity > rules.LARGEST_QUANTITY:
        raise WrongQuantity(_("That is too many for one line."), field="quantity")
    if quantity < least or quantity <= 0:
        raise WrongQuantity(
            _("The smallest quantity is %(least)s.") % {"least": f"{least.normalize():f}"},
            field="quantity",
        )
    if quantity != quantity.quantize(Decimal("0.001")):
        raise WrongQuantity(_("A quantity has three decimal places at most."), field="quantity")
    if is_counted(line.unit) and quantity != quantity.to_integral_value():
        raise WrongQuantity(
            _("It is only sold whole (%(unit)s). Give a whole number.")
            % {"unit": unit_label(line.unit)},
            field="quantity",
        )
    net_amount = rules.line_net(line.unit_price, quantity, line.unit)
    if net_amount > rules.LARGEST_LINE:
        raise WrongQuantity(_("That comes to too much for one line."), field="quantity")
    line.quantity, line.net_amount = quantity, net_amount


def save_totals(basket: Requisition, lines: Sequence[RequisitionLine]) -> None:
    """Reckon and keep what the lines of a basket come to."""
    sums = rules.totals(lines)
    basket.net_amount, basket.vat_amount = sums.net_amount, sums.vat_amount
    basket.version += 1
    basket.save(update_fields=["net_amount", "vat_amount", "version"])


def _touch(basket: Requisition) -> None:
    basket.version += 1
    basket.save(update_fields=["version"])


def _words(line: RequisitionLine) -> dict[str, object]:
    return {
        "part_number": line.part_number,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
    }


def _record(
    verb: str,
    basket: Requisition,
    requester: Actor,
    at: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write down what was done to a basket."""
    record(
        verb,
        basket,
        actor=requester,
        at=at,
        organisation_id=basket.council_id,
        before=before,
        after=after,
    )
