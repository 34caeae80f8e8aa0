"""Writing a whole draft at once, as a program does: details, lines and codings together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Listing
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem
from marketplace.ledger.selectors.coding import account_for, accounts, cost_centres
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import (
    LinesNotRight,
    WrongQuantity,
    check_room,
    lines_of,
    new_line,
    set_quantity,
)
from marketplace.ordering.requisitions.selectors.offers import offers
from marketplace.ordering.requisitions.services.held_baskets import (
    Details,
    check_requester,
    check_version,
    open_basket,
    own_draft,
    save_totals,
    set_details,
)


class BasketInUse(Conflict):
    """The person has a basket with something in it, and each has only one."""

    code = "requisition.basket-in-use"
    title = gettext_lazy("There is something in this person’s basket already.")
    advice = gettext_lazy(
        "Submit or withdraw that requisition first, or change it: the answer names it."
    )


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One line as a program asks for it; the codes are the council's own.

    Shapes: without an account, the one that fits the kind of thing; without a cost centre, none.
    """

    listing_id: UUID
    quantity: Decimal
    cost_centre: str = ""
    account: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Codes:
    centres: Mapping[str, UUID]
    accounts: Mapping[str, UUID]


@transaction.atomic
def create_requisition(
    *, requester: Actor, details: Details, wanted: Sequence[WantedLine], at: datetime
) -> Requisition:
    """Begin a requisition with all its lines; it becomes the person's basket.

    Raises: NotABuyer; BasketInUse; LinesNotRight with one error a value; BasketFull.
    """
    check_requester(requester)
    draft = open_basket(requester, at)
    if lines_of(draft):
        raise BasketInUse(requisition_id=str(draft.pk))
    _write(draft, requester, details, wanted, at, verb="basket.begun")
    return draft


@transaction.atomic
def change_requisition(
    *,
    requisition_id: UUID,
    requester: Actor,
    version: int,
    details: Details,
    wanted: Sequence[WantedLine],
    at: datetime,
) -> Requisition:
    """Make a draft say this and nothing else: its details and all its lines.

    Raises: NotABuyer; Missing; NotADraft; DraftChanged; LinesNotRight; BasketFull.
    """
    draft = own_draft(requester, requisition_id)
    check_version(draft, version)
    draft.lines.all().delete()
    _write(draft, requester, details, wanted, at, verb="basket.rewritten")
    return draft


def _write(
    draft: Requisition,
    requester: Actor,
    details: Details,
    wanted: Sequence[WantedLine],
    at: datetime,
    *,
    verb: str,
) -> None:
    check_room(len(wanted))
    fitting = list(accounts(draft.council_id))
    codes = _Codes(
        {row.code: row.pk for row in cost_centres(draft.council_id)},
        {row.code: row.pk for row in fitting},
    )
    found = offers(draft.council_id, [each.listing_id for each in wanted])
    problems: list[FieldProblem] = []
    seen: set[UUID] = set()
    lines = []
    for place, each in enumerate(wanted):
        wrong = _wrong_with(each, place, found, seen, codes)
        seen.add(each.listing_id)
        problems += wrong
        if wrong:
            continue
        line = new_line(draft, found[each.listing_id], place + 1, at)
        try:
            set_quantity(line, each.quantity, found[each.listing_id].minimum_quantity)
        except WrongQuantity as refusal:
            problems.append(FieldProblem(f"lines/{place}/quantity", refusal.detail))
            continue
        line.note = each.note.strip()[:500]
        line.cost_centre_id = codes.centres.get(each.cost_centre)
        guessed = None if each.account else account_for(fitting, line.category)
        line.account_id = guessed.pk if guessed else codes.accounts.get(each.account)
        lines.append(line)
    if problems:
        raise LinesNotRight(problems[0].detail, errors=problems)
    RequisitionLine.objects.bulk_create(lines)
    save_totals(draft, lines, set_details(draft, details))
    record(
        verb,
        draft,
        actor=requester,
        at=at,
        organisation_id=draft.council_id,
        after={"title": draft.title, "lines": len(lines), "net_amount": draft.net_amount},
    )


def _wrong_with(
    each: WantedLine,
    place: int,
    found: Mapping[UUID, Listing],
    seen: set[UUID],
    codes: _Codes,
) -> list[FieldProblem]:
    here = f"lines/{place}"
    checks = [
        (
            each.listing_id not in found,
            "listing_id",
            _("It was withdrawn, or your council does not buy from its supplier."),
        ),
        (each.listing_id in seen, "listing_id", _("It stands in an earlier line already.")),
        (
            bool(each.cost_centre) and each.cost_centre not in codes.centres,
            "cost_centre",
            _("There is no such cost centre in use."),
        ),
        (
            bool(each.account) and each.account not in codes.accounts,
            "account",
            _("There is no such account in use."),
        ),
    ]
    return [FieldProblem(f"{here}/{name}", words) for is_wrong, name, words in checks if is_wrong]
