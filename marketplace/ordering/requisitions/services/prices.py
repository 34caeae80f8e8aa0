"""Taking the prices as they are now into a basket."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import COPIED, lines_of, take_offer
from marketplace.ordering.requisitions.selectors.offers import drifts
from marketplace.ordering.requisitions.services.held_baskets import own_draft, save_totals


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
            take_offer(each.line, each.offer, at)
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
