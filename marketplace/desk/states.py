"""What may become of an auditor's bundle.

It is WAITING from when it is asked for until the worker has MADE it. Until then whoever asked may
have it CANCELLED; if the worker cannot make it, it has FAILED and says why.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.core.states import Machine, move


class BundleStatus(StrEnum):
    """How a bundle stands."""

    WAITING = "WAITING"
    MADE = "MADE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


BUNDLE = Machine(
    move("finish", BundleStatus.WAITING, BundleStatus.MADE),
    move("cancel", BundleStatus.WAITING, BundleStatus.CANCELLED),
    move("fail", BundleStatus.WAITING, BundleStatus.FAILED),
)
