"""Where the pages of requisitions and orders are, for letters that point to them.

Letters are written where no address table is loaded and are read by another side of the
marketplace, so the paths are facts of their own; a test holds them against the address table.
"""

from __future__ import annotations

from uuid import UUID


def requisition_link(requisition_id: UUID) -> str:
    """Return the path of a requisition's page."""
    return f"/requisitions/{requisition_id}/"


def order_link(order_id: UUID) -> str:
    """Return the path of an order's page for the council."""
    return f"/orders/{order_id}/"


def receipt_link(receipt_id: UUID) -> str:
    """Return the path of a receipt's page."""
    return f"/receipts/{receipt_id}/"


def supplier_order_link(order_id: UUID) -> str:
    """Return the path of an order's page for its supplier."""
    return f"/supplier/orders/{order_id}/"
