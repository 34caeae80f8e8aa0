"""What an address on an order may be. Pure."""

from __future__ import annotations

MOST_ADDRESS_LINES = 10
LONGEST_ADDRESS_LINE = 100


def address_fits(address: str) -> bool:
    """Tell whether a delivery address is short enough to stand on an order.

    Why: an order is a page of paper, a label on a parcel and a message to another computer.
    """
    lines = address.splitlines()
    return len(lines) <= MOST_ADDRESS_LINES and all(
        len(line) <= LONGEST_ADDRESS_LINE for line in lines
    )
