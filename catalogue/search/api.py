"""Finding listings, for programs."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.listings.selectors import listing_buyable, live_listings, own_listing, own_listings
from catalogue.models import Listing
from catalogue.search.audience import READERS
from catalogue.search.rules import LONGEST_TEXT, MOST_CANDIDATES, PAGE_SIZE, Sort, Wish
from catalogue.search.selectors import search_listings
from marketplace.core.actors import OrganisationKind
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import etag
from marketplace.web.openapi import described
from marketplace.web.paging import BadCursor

_PAGE = re.compile(r"page-([1-9][0-9]{0,2})")
_EXAMPLE = {
    "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21",
    "supplier_id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b20",
    "supplier_name": "Fenwick Office Supplies",
    "part_number": "FOS-1001",
    "name": "Copier paper A4 80 g, white",
    "description": "Five reams of 500 sheets.",
    "brand": "Fenwick",
    "manufacturer_part_number": "",
    "gtin": "",
    "category": "30197643",
    "unit": "XBX",
    "pack_size": 5,
    "unit_price": "14.950000",
    "currency": "GBP",
    "vat_category": "standard",
    "minimum_quantity": "1.000",
    "lead_time_days": 2,
    "status": "LIVE",
    "version": 3,
    "changed_at": "2026-11-23T12:00:00Z",
}


class ListingOutput(serializers.ModelSerializer[Listing]):
    """One thing that one supplier offers."""

    supplier_name = serializers.CharField(source="supplier.name")
    category = serializers.CharField(source="category_id", help_text="A CPV code, eight digits.")
    unit = serializers.CharField(help_text="A UN/ECE Recommendation 20 code.")
    unit_price = serializers.DecimalField(
        max_digits=14, decimal_places=6, help_text="Pounds for one unit, without VAT."
    )

    class Meta:
        model = Listing
        fields = (
            "id", "supplier_id", "supplier_name", "part_number", "name", "description", "brand",
            "manufacturer_part_number", "gtin", "category", "unit", "pack_size", "unit_price",
            "currency", "vat_category", "minimum_quantity", "lead_time_days", "status", "version",
            "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class ListingList(Operation):
    """What the council may buy; for a supplier, what it offers."""

    access = (*READERS, "supplier")
    scope = "catalogue:read"

    class Query(Input):
        """What to look for; with none of it, every listing in the order of its key."""

        query = serializers.CharField(max_length=LONGEST_TEXT, required=False)
        category = serializers.RegexField(r"^[0-9]{8}$", required=False)
        supplier = serializers.UUIDField(required=False)
        local = serializers.BooleanField(required=False)
        sme = serializers.BooleanField(required=False)
        price_from = serializers.DecimalField(
            max_digits=14, decimal_places=6, min_value=0, required=False
        )
        price_to = serializers.DecimalField(
            max_digits=14, decimal_places=6, min_value=0, required=False
        )
        sort = serializers.ChoiceField([each.value for each in Sort], required=False)

    @described("List listings", answers=ListingOutput, asks=Query, is_list=True, example=_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List listings.

        A search gives the first 2,000 in the order of `sort`; without one, everything is listed.
        """
        who = actor(request)
        asked = self.asked(self.Query)
        if who.kind == OrganisationKind.SUPPLIER:
            found = own_listings(who.organisation_id, text=asked.get("query", ""))
            rows = found.select_related("supplier")
            return self.page(rows, ListingOutput, keys=("-id",))
        if not asked:
            return self.page(live_listings(who.organisation_id), ListingOutput, keys=("id",))
        return self._searched(request, who.organisation_id, asked)

    def _searched(self, request: Request, council_id: UUID, asked: dict[str, Any]) -> Response:
        page = _page_number(request.query_params.get("after"))
        wish = Wish(
            text=str(asked.get("query", "")),
            category=str(asked.get("category", "")),
            supplier_id=asked.get("supplier"),
            local_only=bool(asked.get("local")),
            sme_only=bool(asked.get("sme")),
            price_from=asked.get("price_from"),
            price_to=asked.get("price_to"),
            sort=Sort(asked.get("sort", Sort.BEST)),
            page=page,
        )
        results = search_listings(council_id, wish)
        following = None
        if page < results.pages:
            query = request.query_params.copy()
            query["after"] = f"page-{page + 1}"
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        return Response(
            {"results": ListingOutput(results.listings, many=True).data, "next": following}
        )


def _page_number(after: str | None) -> int:
    if not after:
        return 1
    match = _PAGE.fullmatch(after)
    if match is None or int(match[1]) > MOST_CANDIDATES // PAGE_SIZE:
        raise BadCursor(_("The address of this page of the list is damaged."))
    return int(match[1])


class ListingDetail(Operation):
    """One listing."""

    access = (*READERS, "supplier")
    scope = "catalogue:read"

    @described("Read a listing", answers=ListingOutput, is_versioned=True, example=_EXAMPLE)
    def get(self, request: Request, listing_id: UUID) -> Response:
        """Read a listing; one that is withdrawn, or not for this council, is missing."""
        who = actor(request)
        if who.kind == OrganisationKind.SUPPLIER:
            found = own_listing(who.organisation_id, listing_id)
        else:
            found = listing_buyable(who.organisation_id, listing_id)
        return Response(ListingOutput(found).data, headers={"ETag": etag(found.version)})
