"""Rules of approval in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.approvals.ladder import Concern, Kind, Rung
from marketplace.approvals.rules import TierStep, Who

NAMES_SHOWN = 4
Names = Mapping[UUID, str]


def pounds(amount: Decimal) -> str:
    """Return an amount, without pence where there are none."""
    return f"£{amount:,.0f}" if amount == amount.to_integral_value() else f"£{amount:,.2f}"


def range_in_words(rung: Rung) -> str:
    """Return for which amounts a rung is."""
    if rung.up_to_amount is None:
        if not rung.above_amount:
            return _("Any amount")
        return _("Above %(amount)s") % {"amount": pounds(rung.above_amount)}
    if not rung.above_amount:
        return _("Up to %(amount)s") % {"amount": pounds(rung.up_to_amount)}
    return _("Above %(above)s, up to %(up_to)s") % {
        "above": pounds(rung.above_amount),
        "up_to": pounds(rung.up_to_amount),
    }


def step_in_words(step: TierStep, names: Names) -> str:
    """Return who takes a step."""
    if step.who is Who.HOLDER:
        return _("the holder of the cost centre")
    if step.who is Who.ANY_APPROVER:
        return _("any approver")
    people = people_in_words(step.people, names)
    return people if len(step.people) == 1 else _("one of %(names)s") % {"names": people}


def people_in_words(people: Sequence[UUID], names: Names) -> str:
    """Return people by name, in the order of their names."""
    return in_a_row(sorted(names.get(each, _("somebody unknown")) for each in people))


def in_a_row(words: Sequence[str], most: int = 20) -> str:
    """Return some words as people say them, "and 3 more" for those beyond the first."""
    shown, more = list(words[:most]), len(words) - most
    if more > 0:
        shown.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    if len(shown) < 2:
        return "".join(shown)
    return _("%(first)s and %(last)s") % {"first": ", ".join(shown[:-1]), "last": shown[-1]}


def steps_in_words(rung: Rung, names: Names) -> str:
    """Return everybody who is asked about an amount, in order."""
    parts = [step_in_words(step, names) for step in rung.steps]
    return _(", then ").join(parts)


def changes_in_words(
    before: Sequence[Rung],
    after: Sequence[Rung],
    allowed: tuple[Sequence[UUID], Sequence[UUID]],
    names: Names,
) -> list[str]:
    """Return what one version changed about the one before it.

    Shapes: `allowed` is who could let a budget be exceeded, before and after.
    """
    earlier = {rung.above_amount: rung for rung in before}
    later = {rung.above_amount: rung for rung in after}
    changes = []
    for amount in sorted({*earlier, *later}):
        old, new = earlier.get(amount), later.get(amount)
        above = _("Above %(amount)s") % {"amount": pounds(amount)}
        if old is None and new is not None:
            changes.append(f"{above}: {_('new')}, {steps_in_words(new, names)}")
        elif new is None and old is not None:
            changes.append(f"{above}: {_('no longer treated apart')}")
        elif old is not None and new is not None and _asked(old) != _asked(new):
            changes.append(
                _("%(above)s: was %(old)s; now %(new)s")
                % {
                    "above": above,
                    "old": steps_in_words(old, names),
                    "new": steps_in_words(new, names),
                }
            )
    if set(allowed[0]) != set(allowed[1]):
        changes.append(
            _("May allow more than a budget: was %(old)s; now %(new)s")
            % {
                "old": people_in_words(allowed[0], names) or _("nobody"),
                "new": people_in_words(allowed[1], names) or _("nobody"),
            }
        )
    return changes


def _asked(rung: Rung) -> list[tuple[Who, frozenset[UUID]]]:
    return [(step.who, frozenset(step.people)) for step in rung.steps]


def concern_in_words(concern: Concern, ladder: Sequence[Rung], names: Names) -> str:
    """Return what is wrong, and what to do about it."""
    facts = {
        "range": range_in_words(ladder[concern.rung]) if concern.rung is not None else "",
        "people": people_in_words(concern.people, names),
        "names": in_a_row(concern.names, NAMES_SHOWN),
        "amount": pounds(concern.amount or Decimal(0)),
    }
    return _sentences()[concern.kind] % facts


def _sentences() -> dict[Kind, str]:
    return {
        Kind.NOT_AN_APPROVER: _(
            "%(people)s cannot approve here: they have left, or do not have the role of approver."
            " Choose somebody else, or give them the role."
        ),
        Kind.BEYOND_EVERY_LIMIT: _(
            "%(range)s: nobody who takes the last step may approve that much. The highest limit"
            " among them is %(amount)s. Raise a limit, or name somebody else."
        ),
        Kind.TOO_FEW_PEOPLE: _(
            "%(range)s: every step needs a different person, and whoever decides last a limit that"
            " reaches so far. There are too few such people for these steps. Let more people"
            " approve, raise a limit, name other people, or take a step away."
        ),
        Kind.NO_APPROVER: _(
            "%(range)s: nobody has the role of approver yet, so nothing can be approved."
        ),
        Kind.WITHOUT_LIMIT: _(
            "%(range)s: nobody who takes the last step has an approval limit: %(people)s. Give"
            " them a limit first."
        ),
        Kind.BEYOND_LIMITS_ABOVE: _(
            "%(range)s: nobody who can take the last step may approve more than %(amount)s. What"
            " costs more cannot be sent for approval."
        ),
        Kind.ONE_PERSON: _(
            "%(range)s: only %(people)s can take one of the steps. What they ask for themselves"
            " cannot be approved, and while they are away somebody must stand in for them."
        ),
        Kind.FEWER_STEPS: _("%(range)s: fewer people are asked than for smaller amounts."),
        Kind.WITHOUT_HOLDER: _(
            "Nobody who can approve answers for %(names)s. What is paid from there cannot be sent"
            " for approval where the holder is asked."
        ),
        Kind.HOLDERS_BEYOND_LIMIT: _(
            "%(range)s: the holder decides last, and may not approve up to %(amount)s for"
            " %(names)s."
        ),
    }
