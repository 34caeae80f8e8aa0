"""Filling a basket by hand: putting in, changing, taking out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Listing
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Missing
from marketplace.ledger.selectors.coding import accounts, cost_centres
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import (
    LinesNotRight,
    WrongQuantity,
    check_room,
    code_alike,
    lines_of,
    new_line,
    next_place,
    set_quantity,
)
from marketplace.ordering.requisitions.selectors.offers import offers
from marketplace.ordering.requisitions.services.held_baskets import (
    check_requester,
    open_basket,
    own_draft,
    save_totals,
)

CHANGED = ("quantity", "net_amount", "cost_centre", "account")


class NotBuyable(Conflict):
    """A listing cannot be bought now."""

    code = "basket.not-buyable"
    title = gettext_lazy("This cannot be bought at the moment.")


@dataclass(frozen=True, slots=True)
class LineChange:
    """What is to be different about one line. Shapes: what is None stays as it is."""

    line_id: UUID
    quantity: Decimal | None = None
    cost_centre_id: UUID | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _InUse:
    """What lines can be coded to, by key, with the words for it."""

    cost_centres: Mapping[UUID, str]
    accounts: Mapping[UUID, str]


def quantity_name(line_id: UUID | str) -> str:
    """Return what a line's quantity is called, in the form and where it is refused."""
    return f"quantity-{line_id}"


def coding_name(line_id: UUID) -> str:
    """Return what the cost centre and account of a line are called, likewise."""
    return f"coding-{line_id}"


def about_line(line: RequisitionLine, words: str) -> str:
    """Return what is wrong with a line, named: among many lines a sentence alone says little."""
    return _("%(name)s: %(words)s") % {"name": line.name, "words": words}


@transaction.atomic
def add_to_basket(
    *,
    requester: Actor,
    listing_id: UUID,
    quantity: Decimal,
    at: datetime,
    cost_centre_id: UUID | None = None,
    account_id: UUID | None = None,
) -> RequisitionLine:
    """Put some of a listing into the person's basket, which is made if there is none.

    Shapes: a listing stands in a basket once; putting it in again adds to its quantity. Without
    codes a new line is coded as the last one was, and to the account that fits what it is.
    Raises: NotABuyer; NotBuyable; WrongQuantity; BasketFull; LinesNotRight for a code that is not
    in use here.
    """
    check_requester(requester)
    listing = offers(requester.organisation_id, [listing_id]).get(listing_id)
    if listing is None:
        raise NotBuyable(_("It was withdrawn, or your council does not buy from its supplier."))
    basket = open_basket(requester, at)
    lines = lines_of(basket)
    line = next((each for each in lines if each.listing_id == listing_id), None)
    is_new = line is None
    if line is None:
        check_room(len(lines) + 1)
        line = new_line(basket, listing, next_place(lines), at)
        code_alike([line], lines)
        lines.append(line)
    set_quantity(line, line.quantity + quantity, listing.minimum_quantity)
    codes = LineChange(line.pk, cost_centre_id=cost_centre_id, account_id=account_id)
    in_use = _in_use(basket.council_id, [codes])
    _refuse(_code(line, codes, in_use))
    line.save(force_insert=is_new, update_fields=None if is_new else CHANGED)
    save_totals(basket, lines)
    after = {**_words(line), "unit_price": line.unit_price, **_named(codes, in_use)}
    _record("basket.added", basket, requester, at, after=after)
    return line


@transaction.atomic
def change_basket(
    *, requisition_id: UUID, requester: Actor, wanted: Sequence[LineChange], at: datetime
) -> Requisition:
    """Change how much of lines is wanted and what they are paid from: all of it or nothing.

    Shapes: lines that are not named stay as they are. The number of statements does not grow with
    the number of lines, and what changes nothing leaves no trace.
    Raises: NotABuyer; Missing; NotADraft; LinesNotRight with one error a value, by its field.
    """
    basket = own_draft(requester, requisition_id)
    lines = {line.pk: line for line in lines_of(basket)}
    if not all(each.line_id in lines for each in wanted):
        raise Missing(_("There is no such line here."))
    changes = [
        (lines[each.line_id], each) for each in wanted if _differs(lines[each.line_id], each)
    ]
    if not changes:
        return basket
    resized = [line.listing_id for line, each in changes if each.quantity != line.quantity]
    found = offers(basket.council_id, resized)
    in_use = _in_use(basket.council_id, [each for _line, each in changes])
    before = [_words(line) for line, _each in changes]
    problems = []
    for line, each in changes:
        problems += [*_resize(line, each, found), *_code(line, each, in_use)]
    _refuse(problems)
    RequisitionLine.objects.bulk_update([line for line, _each in changes], CHANGED)
    save_totals(basket, list(lines.values()))
    after = [{**_words(line), **_named(each, in_use)} for line, each in changes]
    _record(
        "basket.changed", basket, requester, at, before={"lines": before}, after={"lines": after}
    )
    return basket


@transaction.atomic
def remove_line(
    *, requisition_id: UUID, line_id: UUID, requester: Actor, at: datetime
) -> Requisition:
    """Take a line out of the basket.

    Raises: NotABuyer; Missing; NotADraft.
    """
    basket = own_draft(requester, requisition_id)
    lines = {line.pk: line for line in lines_of(basket)}
    if line_id not in lines:
        raise Missing(_("There is no such line here."))
    line = lines.pop(line_id)
    line.delete()
    save_totals(basket, list(lines.values()))
    _record("basket.removed", basket, requester, at, before=_words(line))
    return basket


def quantity_problems(
    council_id: UUID, lines: Sequence[RequisitionLine], wanted: Mapping[UUID, Decimal]
) -> list[FieldProblem]:
    """Return what change_basket would refuse of some quantities, by key of line; change nothing.

    Why: whoever has another mistake to mend is told of these at the same time.
    """
    changes = [
        (copy(each), LineChange(each.pk, wanted[each.pk])) for each in lines if each.pk in wanted
    ]
    resized = [line.listing_id for line, each in changes if each.quantity != line.quantity]
    found = offers(council_id, resized) if resized else {}
    return [problem for line, each in changes for problem in _resize(line, each, found)]


def _differs(line: RequisitionLine, wanted: LineChange) -> bool:
    return any(
        value is not None and value != getattr(line, name)
        for name, value in asdict(wanted).items()
        if name != "line_id"
    )


def _resize(
    line: RequisitionLine, wanted: LineChange, found: Mapping[UUID, Listing]
) -> list[FieldProblem]:
    """Set the quantity that is wanted of a line; return what is wrong with it."""
    if wanted.quantity is None or wanted.quantity == line.quantity:
        return []
    name = quantity_name(line.pk)
    if line.listing_id not in found:
        words = _("It can no longer be bought, so it can only be taken out.")
        return [FieldProblem(name, about_line(line, words))]
    try:
        set_quantity(line, wanted.quantity, found[line.listing_id].minimum_quantity)
    except WrongQuantity as refusal:
        return [FieldProblem(name, about_line(line, refusal.detail))]
    return []


def _code(line: RequisitionLine, wanted: LineChange, in_use: _InUse) -> list[FieldProblem]:
    """Set what a line is to be paid from; return what is wrong with it."""
    if wanted.cost_centre_id not in (None, *in_use.cost_centres) or (
        wanted.account_id not in (None, *in_use.accounts)
    ):
        words = about_line(line, _("This is no longer in use. Choose another."))
        return [FieldProblem(coding_name(line.pk), words)]
    line.cost_centre_id = wanted.cost_centre_id or line.cost_centre_id
    line.account_id = wanted.account_id or line.account_id
    return []


def _in_use(council_id: UUID, wanted: Sequence[LineChange]) -> _InUse:
    """Return those of the codes that are wanted which are in use here."""
    centres = {each.cost_centre_id for each in wanted if each.cost_centre_id}
    kinds = {each.account_id for each in wanted if each.account_id}
    return _InUse(
        *(
            {row.pk: f"{row.code} {row.name}" for row in rows}
            for rows in (
                cost_centres(council_id).filter(pk__in=centres),
                accounts(council_id).filter(pk__in=kinds),
            )
        )
    )


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise LinesNotRight(problems[0].detail, errors=problems)


def _words(line: RequisitionLine) -> dict[str, object]:
    return {"part_number": line.part_number, "quantity": line.quantity}


def _named(wanted: LineChange, in_use: _InUse) -> dict[str, object]:
    named: dict[str, object] = {}
    if wanted.cost_centre_id is not None:
        named["cost_centre"] = in_use.cost_centres[wanted.cost_centre_id]
    if wanted.account_id is not None:
        named["account"] = in_use.accounts[wanted.account_id]
    return named


def _record(
    verb: str,
    basket: Requisition,
    requester: Actor,
    at: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write down what was done to a basket."""
    record(
        verb,
        basket,
        actor=requester,
        at=at,
        organisation_id=basket.council_id,
        before=before,
        after=after,
    )
