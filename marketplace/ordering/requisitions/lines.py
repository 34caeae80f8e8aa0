"""What a line of a requisition is made of: a listing as offered, how many, and paid from where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Listing
from marketplace.core.errors import Conflict, FieldProblem, Invalid
from marketplace.core.unit_labels import unit_label
from marketplace.core.units import is_counted
from marketplace.core.vat import VatCategory, rate_percent
from marketplace.ledger.selectors.coding import account_for, accounts
from marketplace.ordering.bought import rules
from marketplace.ordering.models import Requisition, RequisitionLine

MOST_LINES = 500
COPIED = ("part_number", "name", "unit", "pack_size", "unit_price", "vat_category", "supplier_id")


class WrongQuantity(Invalid):
    """The quantity is too small, too large or too fine."""

    code = "basket.wrong-quantity"
    title = gettext_lazy("The quantity is not right.")


class LinesNotRight(Invalid):
    """Some of the lines cannot be taken as they are."""

    code = "requisition.lines-not-right"
    title = gettext_lazy("Some lines are not right.")


class BasketFull(Conflict):
    """The basket holds as many lines as it may."""

    code = "basket.full"
    title = gettext_lazy("Your basket is full.")


class LineTooDear(Conflict):
    """At today's price a line comes to more than a line may."""

    code = "basket.line-too-dear"
    title = gettext_lazy("A line comes to too much at today’s price.")


def check_room(count: int) -> None:
    """Refuse more lines than a basket holds.

    Raises: BasketFull.
    """
    if count > MOST_LINES:
        raise BasketFull(_("A basket holds %(most)s lines.") % {"most": MOST_LINES})


def lines_of(requisition: Requisition) -> list[RequisitionLine]:
    """Return a requisition's lines in their order, with what each is coded to."""
    coded = requisition.lines.select_related("cost_centre", "account")
    return list(coded.order_by("line_number"))


def next_place(lines: Sequence[RequisitionLine]) -> int:
    """Return the number that the next line gets."""
    return max((line.line_number for line in lines), default=0) + 1


def new_line(basket: Requisition, listing: Listing, place: int, at: datetime) -> RequisitionLine:
    """Return a line that copies a listing, of which none is wanted yet."""
    line = RequisitionLine(
        council_id=basket.council_id,
        requisition=basket,
        line_number=place,
        listing_id=listing.pk,
        category=listing.category_id,
        quantity=Decimal(0),
    )
    copy_offer(line, listing, timezone.localdate(at))
    return line


def copy_offer(line: RequisitionLine, listing: Listing, on: date) -> None:
    """Copy a listing as it is now onto a line."""
    for name in COPIED:
        setattr(line, name, getattr(listing, name))
    line.listing_version = listing.version
    line.vat_rate_percent = rate_percent(VatCategory(listing.vat_category), on)


def code_alike(fresh: Sequence[RequisitionLine], before: Sequence[RequisitionLine]) -> None:
    """Code new lines to the cost centre of those before them, and the account that fits each."""
    centre = next((line.cost_centre_id for line in reversed(before) if line.cost_centre_id), None)
    in_use = list(accounts(fresh[0].council_id)) if fresh else []
    for line in fresh:
        fitting = account_for(in_use, line.category)
        line.cost_centre_id, line.account_id = centre, fitting.pk if fitting else None


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


def take_offer(line: RequisitionLine, offer: Listing, at: datetime) -> None:
    """Make a line what its listing is now, for as much as was wanted or the least that is sold.

    Raises: LineTooDear.
    """
    copy_offer(line, offer, timezone.localdate(at))
    wanted = max(line.quantity, offer.minimum_quantity)
    try:
        set_quantity(line, wanted, offer.minimum_quantity)
    except WrongQuantity as refusal:
        words = _("%(name)s can no longer be had in this quantity. Ask for less, or take it out.")
        if rules.line_net(line.unit_price, wanted, line.unit) > rules.LARGEST_LINE:
            words = _(
                "%(name)s comes to too much for one line at today’s price. Ask for less of it, or"
                " take it out."
            )
        words %= {"name": line.name}
        raise LineTooDear(words, errors=[FieldProblem(f"lines/{line.pk}", words)]) from refusal
