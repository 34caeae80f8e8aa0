"""Questions about the doors that a council has goods brought to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import Q

from marketplace.core.models import TenantQuerySet
from marketplace.ledger.selectors.cells import yes_no
from marketplace.ordering.models import DeliveryPoint


def delivery_points_kept(
    council_id: UUID, *, words: str = "", is_active: bool | None = None
) -> TenantQuerySet[DeliveryPoint]:
    """Return delivery points, retired ones too unless `is_active` says which, by code."""
    rows = DeliveryPoint.objects.of(council_id).order_by("code", "id")
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    for word in words.split():
        rows = rows.filter(
            Q(code__istartswith=word) | Q(name__icontains=word) | Q(address__icontains=word)
        )
    return rows


def delivery_point_cells(rows: Iterable[DeliveryPoint]) -> Iterator[list[str]]:
    """Yield delivery points as the rows of a file, their columns in the order of the template."""
    for row in rows:
        yield [row.code, row.name, row.address, row.instructions, yes_no(row.is_active)]


def delivery_points(council_id: UUID) -> TenantQuerySet[DeliveryPoint]:
    """Return where a council has things delivered, by name."""
    return DeliveryPoint.objects.of(council_id).filter(is_active=True).order_by("name", "id")
