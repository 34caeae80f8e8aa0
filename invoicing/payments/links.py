"""Where the pages of payments are, for letters that point to them.

Letters are written where no address table is loaded and are read by another side of the
marketplace, so the paths are facts of their own; a test holds them against the address table.
"""

from __future__ import annotations

from uuid import UUID


def payees_link() -> str:
    """Return the path of the page on which a council makes sure of accounts."""
    return "/payees/"


def supplier_accounts_link() -> str:
    """Return the path of the page of a supplier's own accounts."""
    return "/supplier/accounts/"


def supplier_payment_link(payment_id: UUID) -> str:
    """Return the path of the page on which a supplier reads what a payment is for."""
    return f"/supplier/payments/{payment_id}/"
