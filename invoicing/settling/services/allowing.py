"""Saying how far invoices may differ from their orders and still agree."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.selectors import allowed_differences, tolerances_of
from invoicing.matching.tolerances import MOST_PERCENT, MOST_POUNDS, Fault, Tolerances, faults
from invoicing.models import AllowedDifferences
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.jobs.services import wake
from marketplace.organisations.services.holding import hold_organisation

# Under which name people and programs know each figure.
COLUMNS: Final = {
    "unit_price.percent": "price_percent",
    "unit_price.amount": "price_amount",
    "ordered_quantity.percent": "ordered_percent",
    "ordered_quantity.amount": "ordered_quantity",
    "received_quantity.percent": "received_percent",
    "received_quantity.amount": "received_quantity",
    "line_total.percent": "line_percent",
    "line_total.amount": "line_amount",
    "charges": "charges_amount",
    "needs_receipt": "needs_receipt",
}
_WORDS: Final = {
    Fault.BELOW_NOUGHT: gettext_lazy("Enter 0 or more."),
    Fault.TOO_MANY_PERCENT: gettext_lazy(
        "Enter %(percent)s or less. What differs by more is looked at by a person each time."
    ),
    Fault.TOO_MANY_POUNDS: gettext_lazy(
        "Enter £%(pounds)s or less. What differs by more is looked at by a person each time."
    ),
    Fault.NOT_TESTED: gettext_lazy("Enter a number. Enter 0 if it must be exact."),
}


class AllowingNotAllowed(Forbidden):
    """This person may not say how far invoices may differ."""

    code = "allowed-differences.not-allowed"
    title = gettext_lazy("You cannot change how far invoices may differ.")


class AllowedTooMuch(Invalid):
    """A figure is beyond what any council may set, or nothing would be tested."""

    code = "allowed-differences.too-much"
    title = gettext_lazy("Invoices may not differ so far.")


class AllowedDifferencesChanged(Conflict):
    """Somebody else set other figures between reading and writing."""

    code = "allowed-differences.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed these figures since you opened them.")
    advice = gettext_lazy("Open them again, look at what is different, and repeat your change.")


@transaction.atomic
def set_allowed_differences(
    *, keeper: Actor, allowed: Tolerances, at: datetime, version: int | None = None
) -> AllowedDifferences | None:
    """Say how far invoices may differ; what waits and differs is compared again.

    Shapes: `version` is that of the figures that were seen, 0 where nothing was set before; None
    comes back where nothing was set and nothing is.
    Raises: AllowingNotAllowed; AllowedDifferencesChanged; AllowedTooMuch, at each figure; Busy.
    """
    if not keeper.holds("finance", "administrator"):
        raise AllowingNotAllowed(_("Only finance officers and administrators can."))
    council_id = keeper.organisation_id
    # What is not there yet cannot be held, so whoever sets them stands in line at the council.
    hold_organisation(council_id)
    row = allowed_differences(council_id)
    if version is not None and version != version_of(row):
        raise AllowedDifferencesChanged(current_version=version_of(row))
    wrong = faults(allowed)
    if wrong:
        raise AllowedTooMuch(
            errors=[FieldProblem(COLUMNS[figure], _said(fault)) for figure, fault in wrong]
        )
    before, after = figures_of(tolerances_of(row)), figures_of(allowed)
    changed = [name for name, figure in after.items() if figure != before[name]]
    if not changed:
        return row
    row = row or AllowedDifferences(council_id=council_id)
    for name, figure in after.items():
        setattr(row, name, figure)
    row.version += 1
    row.set_at, row.set_by_id, row.set_by_name = at, keeper.user_id, keeper.name
    row.save()
    record(
        "allowed-differences.set",
        row,
        actor=keeper,
        at=at,
        organisation_id=council_id,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    _compare_again(council_id, row)
    return row


def version_of(row: AllowedDifferences | None) -> int:
    """Return the version of what a council allows, 0 where it never said anything."""
    return row.version if row else 0


def figures_of(tolerances: Tolerances) -> dict[str, Any]:
    """Return each figure under the name by which people know it.

    Shapes: Decimal, or None for what is not tested; `needs_receipt` is a bool.
    """
    found: dict[str, Any] = {}
    for path, name in COLUMNS.items():
        figure: object = tolerances
        for part in path.split("."):
            figure = getattr(figure, part)
        found[name] = figure
    return found


def _said(fault: Fault) -> str:
    words = str(_WORDS[fault])
    return words % {"percent": _plain(MOST_PERCENT), "pounds": _plain(MOST_POUNDS)}


def _plain(figure: Decimal) -> str:
    return f"{figure:f}"


def _compare_again(council_id: UUID, row: AllowedDifferences) -> None:
    wake(
        "invoicing.rematch_differing",
        key=f"allowed-differences:{row.pk}:{row.version}",
        organisation_id=council_id,
        payload={"council_id": str(council_id), "version": row.version},
    )
