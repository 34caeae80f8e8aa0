"""What happened to a requisition and its orders, in words that need no explaining."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from marketplace.audit.models import Event
from marketplace.web.formats import money, number
from marketplace.web.tags import plain_verb

# The facts in brackets are those that the event itself recorded.
SENTENCES = {
    "basket.added": _("Put in the basket: part %(part_number)s, %(quantity)s in all"),
    "basket.changed": "%(changes)s",
    "basket.removed": _("Taken out of the basket: part %(part_number)s"),
    "basket.filled": _("Pasted into the basket: %(lines)s"),
    "basket.copied": _("Copied from %(from)s: %(lines)s"),
    "basket.prices-accepted": _("Took the prices of the day"),
    "requisition.submitted": _("Sent for approval"),
    "requisition.step-approved": _("Approved; the next person was asked"),
    "requisition.approved": _("Approved"),
    "requisition.rejected": _("Turned down"),
    "requisition.withdrawn": _("Taken back"),
    "requisition.ordered": _("Orders made: %(orders)s"),
    "order.sent": _("Order %(reference)s was sent to the supplier"),
    "order.resent": _("Order %(reference)s was sent again"),
    "order.answered": _("The supplier answered order %(reference)s: %(answer)s"),
    "order.answer-settled": _("Given back to the budgets: %(released)s"),
    "order.cancelled": _("Order %(reference)s was cancelled"),
    "order.remainder-cancelled": _("What was still to come of order %(reference)s was cancelled"),
    "receipt.recorded": _("Goods received: %(reference)s"),
    "receipt.returned": _("Goods sent back: %(reference)s"),
    "receipt.corrected": _("Receipt %(corrects)s put right: %(reference)s"),
}


# Filling a basket is its owner’s own business: others see what was asked for in the end.
BEFORE_IT_WAS_ASKED = "basket."


@dataclass(frozen=True, slots=True)
class Told:
    """One event for the timeline."""

    at: datetime
    actor_name: str
    title: str
    note: str


def told(events: Iterable[Event], *, with_basket: bool = True) -> list[Told]:
    """Return events with a sentence each; an unknown verb is spelt out as it is."""
    return [
        Told(event.at, event.actor_name, _sentence(event), event.note)
        for event in events
        if not _is_idle(event) and (with_basket or not event.verb.startswith(BEFORE_IT_WAS_ASKED))
    ]


def _is_idle(event: Event) -> bool:
    """Tell whether an event says nothing to a reader: no money was given back."""
    released = str(event.after.get("released_amount", ""))
    return event.verb == "order.answer-settled" and not released.strip("0.")


def _sentence(event: Event) -> str:
    words = SENTENCES.get(event.verb)
    if words is None:
        return plain_verb(event.verb)
    try:
        return str(words) % _facts(event)
    except KeyError:
        return plain_verb(event.verb)


def _facts(event: Event) -> dict[str, Any]:
    facts = {**event.before, **event.after, "reference": event.subject_reference}
    if "released_amount" in facts:
        facts["released"] = money(Decimal(facts["released_amount"]))
    if isinstance(facts.get("orders"), list):
        facts["orders"] = ", ".join(facts["orders"])
    if isinstance(facts.get("lines"), int):
        lines = facts["lines"]
        facts["lines"] = ngettext("%(count)d line", "%(count)d lines", lines) % {"count": lines}
    if event.verb == "basket.changed":
        facts["changes"] = _changes(event)
    if event.verb == "order.answered":
        facts["answer"] = _answer(facts)
    if "quantity" in facts:
        facts["quantity"] = number(Decimal(facts["quantity"]))
    return facts


def _changes(event: Event) -> str:
    """Return which quantities changed, and what lines are paid from now, each coding once."""
    was = {each["part_number"]: each["quantity"] for each in event.before["lines"]}
    quantities, codings = list[str](), dict[str, None]()
    for each in event.after["lines"]:
        now = Decimal(each["quantity"])
        if now != Decimal(was[each["part_number"]]):
            facts = {"part_number": each["part_number"], "quantity": number(now)}
            quantities.append(str(_("part %(part_number)s, now %(quantity)s")) % facts)
        named = [each[name] for name in ("cost_centre", "account") if name in each]
        if named:
            codings[", ".join(named)] = None
    said = []
    if quantities:
        said.append(str(_("Quantity changed: %(lines)s")) % {"lines": "; ".join(quantities)})
    if codings:
        said.append(str(_("Paid from: %(codings)s")) % {"codings": "; ".join(codings)})
    return ". ".join(said)


def _answer(facts: dict[str, Any]) -> str:
    """Return what was said, in how many lines each."""
    accepted, later, refused = (
        int(facts.get(name, 0)) for name in ("accepted", "later", "refused")
    )
    said = [
        (accepted, ngettext("%(count)d line accepted", "%(count)d lines accepted", accepted)),
        (later, ngettext("%(count)d line later", "%(count)d lines later", later)),
        (refused, ngettext("%(count)d line refused", "%(count)d lines refused", refused)),
    ]
    return ", ".join(words % {"count": count} for count, words in said if count)
