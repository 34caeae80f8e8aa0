"""Filling a basket from a list of part numbers, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Listing
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import (
    WrongQuantity,
    check_room,
    code_alike,
    lines_of,
    new_line,
    next_place,
    set_quantity,
)
from marketplace.ordering.requisitions.selectors.offers import offers_by_part_number
from marketplace.ordering.requisitions.services.held_baskets import (
    check_requester,
    open_basket,
    save_totals,
)


@dataclass(frozen=True, slots=True)
class WantedPart:
    """One row of the list. Shapes: `row` counts from 1, as the person sees it."""

    row: int
    part_number: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PartProblem:
    """Why a row of the list is not in the basket."""

    row: int
    part_number: str
    detail: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a list: how many rows went in, and why the others did not."""

    count: int
    problems: tuple[PartProblem, ...]


@transaction.atomic
def fill_basket(
    *,
    requester: Actor,
    wanted: Sequence[WantedPart],
    at: datetime,
    supplier_id: UUID | None = None,
) -> Filled:
    """Put every row that can be bought into the basket, and say what is wrong with the others.

    Shapes: a part number that stands twice, or is in the basket already, adds up. The number of
    statements does not grow with the number of rows.
    Raises: NotABuyer; BasketFull.
    """
    check_requester(requester)
    found = offers_by_part_number(
        requester.organisation_id, [each.part_number for each in wanted], supplier_id
    )
    basket = open_basket(requester, at)
    lines = lines_of(basket)
    before = {line.pk for line in lines}
    by_listing = {line.listing_id: line for line in lines}
    problems: list[PartProblem] = []
    touched: dict[UUID, RequisitionLine] = {}
    for each in wanted:
        try:
            listing = _only(found.get(each.part_number.casefold(), []), each.part_number)
            line = by_listing.get(listing.pk)
            if line is None:
                line = new_line(basket, listing, next_place(lines), at)
            set_quantity(line, line.quantity + each.quantity, listing.minimum_quantity)
        except (LookupError, WrongQuantity) as problem:
            problems.append(PartProblem(each.row, each.part_number, _words(problem)))
            continue
        if listing.pk not in by_listing:
            by_listing[listing.pk] = line
            lines.append(line)
        touched[line.pk] = line
    check_room(len(lines))
    _keep(basket, lines, before, touched)
    record(
        "basket.filled",
        basket,
        actor=requester,
        at=at,
        organisation_id=basket.council_id,
        after={"lines": len(touched), "not_found": len(problems)},
    )
    return Filled(len(wanted) - len(problems), tuple(problems))


def _keep(
    basket: Requisition,
    lines: list[RequisitionLine],
    before: set[UUID],
    touched: Mapping[UUID, RequisitionLine],
) -> None:
    """Write the lines, new ones coded as the last one was and to the account that fits them."""
    fresh = [line for key, line in touched.items() if key not in before]
    code_alike(fresh, lines)
    RequisitionLine.objects.bulk_create(fresh)
    RequisitionLine.objects.bulk_update(
        [line for key, line in touched.items() if key in before], ["quantity", "net_amount"]
    )
    save_totals(basket, lines)


def _only(found: Sequence[Listing], typed: str) -> Listing:
    """Return the one listing that a part number means.

    Why: a part number may have a blank in it, so that "AB-1 ten" is one that nobody has, though
    its last word was meant as the quantity.
    Raises: LookupError with the words for the person who typed it.
    """
    if not found:
        if not typed.strip("0123456789.,"):
            raise LookupError(
                _(
                    "No supplier of yours offers this part number. If it is how many you want, put"
                    " the part number before it."
                )
            )
        if " " not in typed:
            raise LookupError(_("No supplier of yours offers this part number."))
        raise LookupError(
            _(
                "No supplier of yours offers a part number that reads like this. Write the part"
                " number, then how many. If “%(last)s” is how many you want, write it as a number,"
                " like 12."
            )
            % {"last": typed.rpartition(" ")[2]}
        )
    if len(found) > 1:
        raise LookupError(
            ngettext(
                "%(count)d supplier uses this part number. Say which one you mean.",
                "%(count)d suppliers use this part number. Say which one you mean.",
                len(found),
            )
            % {"count": len(found)}
        )
    return found[0]


def _words(problem: LookupError | WrongQuantity) -> str:
    return problem.detail if isinstance(problem, WrongQuantity) else str(problem.args[0])
