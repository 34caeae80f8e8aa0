"""How a door is written on an order: its address, and what the driver must know. Pure."""

from __future__ import annotations

from marketplace.core.texts import MOST_ADDRESS_LINES

LONGEST_INSTRUCTIONS = 1000


def delivery_text(name: str, address: str, instructions: str) -> str:
    """Return a door as it is written on an order: its address and what the driver must know.

    Why: an empty line parts the two, so that "ring twice" is never taken for the town.
    """
    words = "\n".join(line.strip() for line in instructions.splitlines() if line.strip())
    # The name takes no line of its own where the address has as many as fit.
    link = "\n" if len(address.splitlines()) < MOST_ADDRESS_LINES else ", "
    return f"{name}{link}{address}\n\n{words}".strip()


def delivery_parts(deliver_to: str) -> tuple[str, str]:
    """Return the address in what is written on an order, and what the driver must know.

    Why: the first empty line parts the two; without one all of it is the address.
    """
    address, _gap, instructions = "\n".join(deliver_to.split("\r\n")).strip().partition("\n\n")
    return address.strip(), instructions.strip()
