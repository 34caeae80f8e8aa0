"""Requisitions line by line, for those who take them to another system."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from marketplace.core.actors import Actor
from marketplace.core.periods import on_days
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.selectors.requisitions import requisitions_found


def requisitions_between(
    reader: Actor,
    *,
    words: str,
    status: str,
    whose: str,
    since: date | None,
    until: date | None,
) -> QuerySet[Requisition]:
    """Return what was sent for approval on some days, as the list of requisitions narrows it.

    Shapes: what was taken back before it was ever sent has no number and is left out.
    """
    rows = requisitions_found(reader, words=words, status=status, whose=whose).exclude(number="")
    return rows.filter(on_days("submitted_at", since, until)).order_by()


def export_lines_of_requisitions(
    reader: Actor, requisitions: QuerySet[Requisition]
) -> QuerySet[RequisitionLine]:
    """Return the lines of requisitions with all that is joined to them, one by one."""
    rows = RequisitionLine.objects.of(reader.organisation_id).filter(
        requisition__in=requisitions.values("pk")
    )
    joined = rows.select_related(
        "requisition", "supplier", "cost_centre", "account", "order_line__order"
    )
    return joined.order_by("requisition_id", "line_number")
