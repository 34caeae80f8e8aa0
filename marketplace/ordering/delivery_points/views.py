"""Pages about the doors that a council has goods brought to."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.ledger.views import lists
from marketplace.ledger.views.lists import ListPages, ListWords
from marketplace.ordering.delivery_points.forms import DeliveryPointForm
from marketplace.ordering.delivery_points.selectors import (
    delivery_point_cells,
    delivery_points_kept,
)
from marketplace.ordering.delivery_points.services import FILE
from marketplace.ordering.models import DeliveryPoint
from marketplace.web.access import access

READERS: Final = ("requester", "buyer", "receiver", "auditor", "administrator")
KEEPERS: Final = ("buyer", "administrator")


def _facts_shown(row: DeliveryPoint) -> list[object]:
    return [", ".join(row.address.splitlines()), row.instructions]


def _behind(_row: DeliveryPoint) -> list[str]:
    """Return nothing: orders carry the address in words, and go on."""
    return []


PAGES: Final = ListPages(
    noun="delivery-point",
    file=FILE,
    words=ListWords(
        title=_("Delivery points"),
        what=_("A delivery point is a door that goods are brought to."),
        who=_("Buyers and administrators can change this list."),
        add=_("Add a delivery point"),
        bring_in=_("Bring in delivery points from a file"),
        nothing_yet=_(
            "The council has no delivery points yet, so nobody can say where goods should go. Add"
            " them one by one, or bring in a list."
        ),
        when_retired=_(
            "Nobody can choose it for new things. What was ordered still goes there, and you can"
            " bring it back."
        ),
    ),
    rows=delivery_points_kept,
    cells=delivery_point_cells,
    form=DeliveryPointForm,
    headings=(_("Address"), _("What the driver must know")),
    facts_shown=_facts_shown,
    behind=_behind,
)


@access(*READERS)
@require_safe
def delivery_points(request: HttpRequest) -> HttpResponse:
    """List delivery points."""
    return lists.show_list(request, PAGES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def delivery_point_add(request: HttpRequest) -> HttpResponse:
    """Add a delivery point."""
    return lists.add_one(request, PAGES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def delivery_point(request: HttpRequest, delivery_point_id: UUID) -> HttpResponse:
    """Show and change a delivery point."""
    return lists.show_one(request, PAGES, delivery_point_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def delivery_point_retire(request: HttpRequest, delivery_point_id: UUID) -> HttpResponse:
    """Retire a delivery point."""
    return lists.retire_one(request, PAGES, delivery_point_id)


@access(*KEEPERS)
@require_POST
def delivery_point_bring_back(request: HttpRequest, delivery_point_id: UUID) -> HttpResponse:
    """Bring a delivery point back."""
    return lists.bring_one_back(request, PAGES, delivery_point_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def delivery_points_file(request: HttpRequest) -> HttpResponse:
    """Take a file of delivery points to be looked at."""
    return lists.send_file(request, PAGES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def delivery_points_file_look(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Show what a file of delivery points would change, and take it in."""
    return lists.look_at_file(request, PAGES, file_id)


@access(*READERS)
@require_safe
def delivery_points_template(request: HttpRequest) -> HttpResponse:
    """Hand out the delivery points as a file."""
    return lists.hand_out_file(request, PAGES)
