"""Questions about suppliers and who trades with them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.core.models import TenantQuerySet
from marketplace.organisations.models import Kind, LinkStatus, Organisation, SupplierLink


def supplier_links(
    council_id: UUID, words: str = "", status: str = ""
) -> TenantQuerySet[SupplierLink]:
    """Return the suppliers of a council, by name."""
    links = SupplierLink.objects.of(council_id).filter(council_id=council_id)
    if words:
        links = links.filter(
            Q(supplier__name__icontains=words) | Q(supplier__company_number__iexact=words)
        )
    if status in LinkStatus.values:
        links = links.filter(status=status)
    return links.select_related("supplier__profile").order_by("supplier__name", "id")


def supplier_link(council_id: UUID, link_id: UUID) -> SupplierLink:
    """Return one of a council's suppliers.

    Raises: Missing when there is none, or it is another council's.
    """
    links = SupplierLink.objects.of(council_id).filter(council_id=council_id)
    return links.select_related("supplier__profile").one(link_id)


def suppliers_not_linked(council_id: UUID, words: str = "") -> QuerySet[Organisation]:
    """Return the suppliers of the marketplace that a council does not trade with yet, by name."""
    mine = SupplierLink.objects.of(council_id).filter(supplier=OuterRef("pk"))
    others = Organisation.objects.filter(~Exists(mine), kind=Kind.SUPPLIER)
    if words:
        others = others.filter(Q(name__icontains=words) | Q(company_number__iexact=words))
    return others.select_related("profile").order_by("name", "id")


def suppliers_of(council_id: UUID) -> QuerySet[SupplierLink]:
    """Return the suppliers that a council may buy from now, by name."""
    return supplier_links(council_id).filter(status=LinkStatus.ACTIVE)


def councils_of(supplier_id: UUID) -> QuerySet[SupplierLink]:
    """Return the councils that a supplier trades with, by name, suspended ones too."""
    links = SupplierLink.objects.of(supplier_id).filter(supplier_id=supplier_id)
    return links.select_related("council").order_by("council__name", "id")
