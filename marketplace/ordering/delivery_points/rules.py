"""What an address on an order may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from marketplace.organisations.rules import postcode_of

_ENDS_WITH_ONE = re.compile(
    r"((?:.*[\s,])?)((?:[a-z]{1,2}[0-9][0-9a-z]?|gir)\s*[0-9][a-z]{2})", re.IGNORECASE | re.ASCII
)


def address_of(lines: Sequence[str]) -> str:
    """Return an address without empty lines, its postcode in capitals with one space.

    Why: a carrier sorts by the postcode, so it is kept as carriers write it.

    >>> address_of([" 1 Corn Square", "", "castermere zt11aa"])
    '1 Corn Square\\ncastermere ZT1 1AA'
    """
    kept = [line.strip() for line in lines if line.strip()]
    for place in reversed(range(len(kept))):
        before, postcode = _split(kept[place])
        if postcode:
            kept[place] = f"{before} {postcode}".strip()
            break
    return "\n".join(kept)


def postcode_in(address: str) -> str:
    """Return the postcode with which a line of an address ends, the last of several, or nothing.

    Why: a place or a country may stand under the postcode, and the town before it on its line.
    """
    found = (_split(line)[1] for line in reversed(address.splitlines()))
    return next((postcode for postcode in found if postcode), "")


def _split(line: str) -> tuple[str, str]:
    """Return what stands before the postcode that ends a line, and that postcode or nothing."""
    found = _ENDS_WITH_ONE.fullmatch(line.strip())
    postcode = postcode_of(found[2]) if found else None
    return (found[1].strip(), postcode) if found and postcode else (line, "")
