"""Every status against every verb."""

from __future__ import annotations

import pytest

from marketplace.approvals.states import CASE, STEP, CaseStatus, StepStatus
from marketplace.core.states import IllegalMove
from marketplace.ledger.states import PERIOD, PeriodStatus
from marketplace.ordering.states import ORDER, REQUISITION, OrderStatus, RequisitionStatus

MACHINES = {
    "requisition": (REQUISITION, RequisitionStatus),
    "order": (ORDER, OrderStatus),
    "case": (CASE, CaseStatus),
    "step": (STEP, StepStatus),
    "period": (PERIOD, PeriodStatus),
}
CELLS = [
    (name, status, verb)
    for name, (machine, statuses) in MACHINES.items()
    for status in statuses
    for verb in machine.moves
]


@pytest.mark.parametrize(("name", "status", "verb"), CELLS)
def test_move_is_legal_or_refused(name, status, verb):
    machine, statuses = MACHINES[name]
    if verb in machine.verbs(status):
        assert machine.target(verb, status) in set(statuses)
    else:
        with pytest.raises(IllegalMove):
            machine.target(verb, status)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("requisition", {"ORDERED", "REJECTED", "WITHDRAWN"}),
        ("order", {"REFUSED", "CANCELLED"}),
        ("case", {"APPROVED", "REJECTED", "SUPERSEDED"}),
        ("step", {"APPROVED", "REJECTED", "DROPPED"}),
    ],
)
def test_what_is_over_stays_over(name, ends):
    machine, statuses = MACHINES[name]
    assert {str(status) for status in statuses if not machine.verbs(status)} == ends
