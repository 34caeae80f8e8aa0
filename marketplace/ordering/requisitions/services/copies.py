"""Filling a basket from what was wanted before, at today’s prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import (
    LineTooDear,
    check_room,
    lines_of,
    new_line,
    next_place,
    take_offer,
)
from marketplace.ordering.requisitions.selectors.offers import offers
from marketplace.ordering.requisitions.selectors.requisitions import readable_by
from marketplace.ordering.requisitions.services.held_baskets import (
    Details,
    check_requester,
    open_basket,
    save_totals,
    set_details,
)


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying: the basket, and the names of what can no longer be bought."""

    requisition: Requisition
    left_out: tuple[str, ...]


@transaction.atomic
def copy_requisition(*, requisition_id: UUID, requester: Actor, at: datetime) -> Copied:
    """Put the lines of an earlier requisition into the person's basket, at today's prices.

    Shapes: what is in the basket already stays as it is; what can no longer be bought is left out
    and named.
    Raises: NotABuyer; Missing, also for what this person may not read; BasketFull.
    """
    check_requester(requester)
    council_id = requester.organisation_id
    source = readable_by(requester).one(requisition_id)
    wanted = lines_of(source)
    found = offers(council_id, [line.listing_id for line in wanted])
    basket = open_basket(requester, at)
    if not basket.title:
        details = Details(source.title, source.reason, source.deliver_to)
        basket.save(update_fields=set_details(basket, details))
    lines = lines_of(basket)
    there = {line.listing_id for line in lines}
    fresh = []
    too_dear: set[UUID] = set()
    for place, old in enumerate(wanted, start=next_place(lines)):
        if old.listing_id in there or old.listing_id not in found:
            continue
        line = new_line(basket, found[old.listing_id], place, at)
        line.cost_centre_id, line.account_id = old.cost_centre_id, old.account_id
        line.quantity = old.quantity
        try:
            take_offer(line, found[old.listing_id], at)
        except LineTooDear:
            too_dear.add(old.listing_id)
            continue
        fresh.append(line)
    check_room(len(lines) + len(fresh))
    RequisitionLine.objects.bulk_create(fresh)
    save_totals(basket, [*lines, *fresh])
    left_out = tuple(
        line.name for line in wanted if line.listing_id not in found or line.listing_id in too_dear
    )
    record(
        "basket.copied",
        basket,
        actor=requester,
        at=at,
        organisation_id=basket.council_id,
        after={"from": source.number, "lines": len(fresh), "left_out": list(left_out)},
    )
    return Copied(basket, left_out)
