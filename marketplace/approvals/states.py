"""What may become of a request for approval and of its steps.

A case is PENDING while somebody is still to decide. It ends APPROVED when its last step was
approved, REJECTED as soon as one step was, or SUPERSEDED when what it speaks of was taken back.

Of a case's steps one at a time is CURRENT; those after it are WAITING and those before it
APPROVED. A step that was refused is REJECTED and those after it are DROPPED.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.core.states import Machine, move


class CaseStatus(StrEnum):
    """How a request for approval stands."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


class StepStatus(StrEnum):
    """How one step of it stands."""

    WAITING = "WAITING"
    CURRENT = "CURRENT"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    DROPPED = "DROPPED"


class Verdict(StrEnum):
    """What somebody decided."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


CASE = Machine(
    move("approve", CaseStatus.PENDING, CaseStatus.APPROVED),
    move("reject", CaseStatus.PENDING, CaseStatus.REJECTED),
    move("supersede", CaseStatus.PENDING, CaseStatus.SUPERSEDED),
)
STEP = Machine(
    move("begin", StepStatus.WAITING, StepStatus.CURRENT),
    move("approve", StepStatus.CURRENT, StepStatus.APPROVED),
    move("reject", StepStatus.CURRENT, StepStatus.REJECTED),
    move("drop", [StepStatus.WAITING, StepStatus.CURRENT], StepStatus.DROPPED),
)
