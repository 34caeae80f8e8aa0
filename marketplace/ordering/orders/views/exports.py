"""Taking orders to another system."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.ordering.bought.views.exports import EXPORTERS, Export, answer_export
from marketplace.ordering.orders.exports import ORDER_COLUMNS, order_rows
from marketplace.ordering.orders.forms import OrderExport
from marketplace.ordering.orders.selectors.exports import export_lines_of_orders, orders_between
from marketplace.web.access import access

ORDERS = Export(
    "orders", _("Take orders with you"), OrderExport, orders_between, export_lines_of_orders,
    ("order_id", "line_number"), ORDER_COLUMNS, order_rows,
)  # fmt: skip


@access(*EXPORTERS)
@require_safe
def orders_export(request: HttpRequest) -> HttpResponseBase:
    """Say what a file of orders will hold, or hand it out."""
    return answer_export(request, ORDERS)
