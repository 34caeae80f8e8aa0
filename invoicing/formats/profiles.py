"""The profiles under which we write: data, so that another can be added without code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CORE: Final = "urn:cen.eu:en16931:2017"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a document says that it follows: BT-24, and the process that it belongs to, BT-23."""

    specification: str
    process: str = ""


# Source: EN 16931-1 BT-24; Peppol BIS Billing 3.0, Peppol BIS Self-Billing 3.0.
PROFILES: Final = {
    "en16931": Profile(CORE),
    "peppol": Profile(
        f"{CORE}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    ),
    "peppol-self-billing": Profile(
        f"{CORE}#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0",
        "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0",
    ),
}


def is_of_the_standard(specification: str) -> bool:
    """Tell whether a document says that it follows EN 16931, by itself or through a profile of it.

    Source: Procurement Act 2023 s.67(3)(a); EN 16931-1 7.3, CIUS.

    >>> is_of_the_standard("urn:cen.eu:en16931:2017#compliant#urn:x")
    True
    >>> is_of_the_standard("urn:factur-x.eu:1p0:minimum")
    False
    """
    return specification.strip().split("#")[0] == CORE
