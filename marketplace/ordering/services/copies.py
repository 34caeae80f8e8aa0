"""Filling a basket from what was wanted before, and taking prices as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Listing
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.selectors.offers import drifts, offers
from marketplace.ordering.selectors.requisitions import readable_by
from marketplace.ordering.services.drafts import (
    Details,
    check_requester,
    open_basket,
    own_draft,
    save_totals,
    set_details,
)
from marketplace.ordering.services.lines import (
    COPIED,
    WrongQuantity,
    check_room,
    copy_offer,
    lines_of,
    new_line,
    next_place,
    set_quantity,
)


class LineTooDear(Conflict):
    """At today's price a line comes to more than a line may."""

    code = "basket.line-too-dear"
    title = gettext_lazy("A line comes to too much at today’s price.")


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying: the basket, and the names of what can no longer be bought."""

    requisition: Requisition
    left_out: tuple[str, ...]


@transaction.atomic
def accept_prices(*, requisition_id: UUID, requester: Actor, at: datetime) -> Requisition:
    """Take the listings as they are now into the basket; what can no longer be bought goes out.

    Shapes: a line that asks for less than is sold now asks for the least that is.
    Raises: Missing; NotADraft; LineTooDear.
    """
    basket = own_draft(requester, requisition_id)
    lines = lines_of(basket)
    changed = drifts(basket.council_id, lines)
    gone = [each.line for each in changed if each.offer is None]
    for each in changed:
        if each.offer is not None:
            _take(each.line, each.offer, at)
    RequisitionLine.objects.bulk_update(
        [each.line for each in changed if each.offer is not None],
        [*COPIED, "listing_version", "vat_rate_percent", "quantity", "net_amount"],
    )
    leaving = {line.pk for line in gone}
    RequisitionLine.objects.of(basket.council_id).filter(pk__in=leaving).delete()
    save_totals(basket, [line for line in lines if line.pk not in leaving])
    record(
        "basket.prices-accepted",
        basket,
        actor=requester,
        at=at,
        organisation_id=basket.council_id,
        after={
            "changed": [each.line.part_number for each in changed if each.offer is not None],
            "removed": [line.part_number for line in gone],
        },
    )
    return basket


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
            _take(line, found[old.listing_id], at)
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


def _take(line: RequisitionLine, offer: Listing, at: datetime) -> None:
    """Make a line what its listing is now, for as much as was wanted or the least that is sold.

    Raises: LineTooDear.
    """
    copy_offer(line, offer, timezone.localdate(at))
    try:
        set_quantity(line, max(line.quantity, offer.minimum_quantity), offer.minimum_quantity)
    except WrongQuantity as refusal:
        words = _("%(name)s: %(problem)s Ask for less of it, or take it out.") % {
            "name": line.name,
            "problem": refusal.detail,
        }
        raise LineTooDear(words, errors=[FieldProblem(f"lines/{line.pk}", words)]) from refusal
