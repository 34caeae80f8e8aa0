"""Promising money, moving the promise to the next document, giving it back and spending it.

These are deeds inside somebody else's service: they run in its transaction, and it writes the one
audit event. The rows of the budgets are held, in the order of their keys, before anything is read
that the decision rests on. The number of statements does not grow with the number of lines.
Units: GBP without the VAT that the council gets back, since that never consumes a budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketplace.core.dates import financial_year_label
from marketplace.core.errors import Conflict, FieldProblem
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.rules import Coding, CommitmentLine, sums, weigh
from marketplace.ledger.services.balances import (
    balances_of_lines,
    change_balances,
    less,
    to_release,
)
from marketplace.ledger.services.spending import hold_budgets_there
from marketplace.ledger.states import EntryKind, Stage


class NoBudget(Conflict):
    """A line is coded to where the council has no budget this year."""

    code = "budget.none"
    title = gettext_lazy("There is no budget for this.")


class OverBudget(Conflict):
    """There is not enough left for what was asked."""

    code = "budget.over"
    title = gettext_lazy("There is not enough money left in the budget.")


@dataclass(frozen=True, slots=True)
class Document:
    """Which document holds the money."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Override:
    """Who let a budget be exceeded, and why."""

    by_id: UUID
    by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineMove:
    """A line of one document that became a line of another."""

    from_line_id: UUID
    to_document_id: UUID
    to_line_id: UUID


def commit(
    *,
    council_id: UUID,
    financial_year: int,
    lines: Sequence[CommitmentLine],
    stage: Stage,
    document: Document,
    at: datetime,
    override: Override | None = None,
    occasion: str = "",
) -> None:
    """Promise money for each line, if every budget has enough left.

    What is promised again for one line, budget and stage needs an `occasion` of its own ("the
    second revision of this order"); for the same occasion it is promised once, by a constraint.
    Shapes: a budget that only warns may be exceeded with an `override`, whose name and reason are
    kept on the entries; a hard stop never.
    Raises: NoBudget; OverBudget with one error a budget; Busy.
    """
    asked = [line for line in lines if line.amount > 0]
    if not asked:
        return
    there = hold_budgets_there(council_id, {(financial_year, *line.coding) for line in asked})
    held = {(budget.cost_centre_id, budget.account_id): budget for budget in there.values()}
    over = check_budgets(
        asked, held, financial_year=financial_year, may_exceed=override is not None
    )
    CommitmentEntry.objects.bulk_create(
        CommitmentEntry(
            council_id=council_id,
            budget_id=held[line.coding].pk,
            stage=stage,
            kind=EntryKind.COMMIT,
            amount=line.amount,
            document_type=document.kind,
            document_id=document.id,
            line_id=line.line_id,
            occasion=occasion,
            at=at,
            **_override_facts(override if line.coding in over else None),
        )
        for line in asked
    )
    change_balances(committed=sums((held[line.coding].pk, line.amount) for line in asked))


def check_budgets(
    lines: Sequence[CommitmentLine],
    budgets: Mapping[Coding, Budget],
    *,
    financial_year: int,
    may_exceed: bool = False,
) -> set[Coding]:
    """Return the codings whose budget would be exceeded, where it only warns.

    Shapes: `budgets` by coding, as read or as held; the same check serves the page that asks
    ahead and the approval that commits. Without `may_exceed` every one is refused; with it those
    that are a hard stop still are.
    Raises: NoBudget; OverBudget.
    """
    found = weigh(lines, budgets)
    if found.missing:
        raise NoBudget(
            ngettext(
                "There is no budget for %(count)s of these codes in %(year)s."
                " Choose another code for it.",
                "There is no budget for %(count)s of these codes in %(year)s."
                " Choose other codes for them.",
                len(found.missing),
            )
            % {"count": len(found.missing), "year": financial_year_label(financial_year)}
        )
    stopped = found.stopped(may_exceed=may_exceed)
    if stopped:
        raise _over_budget(stopped, found.asked)
    return set(found.over)


def _over_budget(stopped: Sequence[Budget], asked: Mapping[Coding, Decimal]) -> OverBudget:
    problems = []
    for budget in sorted(stopped, key=lambda each: each.coding):
        amount = asked[budget.cost_centre_id, budget.account_id]
        problems.append(
            _("%(coding)s: £%(asked)s is asked for and £%(left)s is left.")
            % {
                "coding": budget.coding,
                "asked": f"{amount:,.2f}",
                "left": f"{budget.available_amount:,.2f}",
            }
        )
    may_be_allowed = not any(budget.is_hard_stop for budget in stopped)
    return OverBudget(
        " ".join(problems),
        errors=[FieldProblem("lines", problem) for problem in problems],
        may_be_allowed=may_be_allowed,
    )


def move_commitment(
    *,
    council_id: UUID,
    document: Document,
    to_kind: str,
    moves: Sequence[LineMove],
    at: datetime,
    occasion: str = "",
) -> None:
    """Let each line's promise follow it from requisition to order: no budget changes.

    Shapes: `document` is the requisition; `to_kind` what the receiving documents are called.
    What moves is the balance of the line in the ledger, not a sum of the document's own; what
    comes into one line from one budget comes as one sum. `occasion` as in `commit`.
    """
    balances = balances_of_lines(council_id, [each.from_line_id for each in moves])
    parts = [(each, held) for each in moves for held in balances.get(each.from_line_id, ())]
    facts = {"council_id": council_id, "occasion": occasion, "at": at}
    out = [
        CommitmentEntry(
            budget_id=held.budget_id,
            stage=held.stage,
            kind=EntryKind.MOVE_OUT,
            amount=-held.amount,
            document_type=document.kind,
            document_id=document.id,
            line_id=each.from_line_id,
            **facts,
        )
        for each, held in parts
    ]
    coming = sums(
        ((each.to_document_id, each.to_line_id, held.budget_id), held.amount)
        for each, held in parts
    )
    into = [
        CommitmentEntry(
            budget_id=budget_id,
            stage=Stage.ORDER,
            kind=EntryKind.MOVE_IN,
            amount=amount,
            document_type=to_kind,
            document_id=to_document_id,
            line_id=to_line_id,
            **facts,
        )
        for (to_document_id, to_line_id, budget_id), amount in coming.items()
    ]
    CommitmentEntry.objects.bulk_create([*out, *into])


def release_commitment(
    *,
    council_id: UUID,
    document: Document,
    amounts: Mapping[UUID, Decimal | None],
    at: datetime,
    reason: str,
) -> dict[UUID, Decimal]:
    """Give back what lines hold, never more than the ledger says they do.

    Shapes: `amounts` maps a line to the most to give back, None for all of it; returned is what
    was given back by line, without those that held nothing.
    Raises: Busy.
    """
    touched = CommitmentEntry.objects.of(council_id).filter(line_id__in=list(amounts))
    Budget.objects.of(council_id).lock_all(touched.values_list("budget_id", flat=True).distinct())
    balances = balances_of_lines(council_id, list(amounts))
    parts = [
        (line_id, balance, share)
        for line_id, most in amounts.items()
        for balance, share in to_release(balances.get(line_id, ()), most)
    ]
    CommitmentEntry.objects.bulk_create(
        CommitmentEntry(
            council_id=council_id,
            budget_id=balance.budget_id,
            stage=balance.stage,
            kind=EntryKind.RELEASE,
            amount=-share,
            document_type=document.kind,
            document_id=document.id,
            line_id=line_id,
            reason=reason[:200],
            at=at,
        )
        for line_id, balance, share in parts
    )
    change_balances(committed=sums((balance.budget_id, -share) for _line, balance, share in parts))
    return sums((line_id, share) for line_id, _balance, share in parts)


@dataclass(frozen=True, slots=True)
class Relief:
    """What a journal spends of promises: by line the most of it, None for all that is held."""

    journal_id: UUID
    document: Document
    amounts: Mapping[UUID, Decimal | None]


def spend_commitments(
    *, council_id: UUID, reliefs: Sequence[Relief], at: datetime
) -> dict[UUID, Decimal]:
    """Write down which promises journals keep, never more than the ledger says is held.

    Shapes: called by the posting of those journals only, which holds the budgets and changes
    them by what is returned: by budget, how its promises change, below nought.
    """
    wanted = [each for each in reliefs if each.amounts]
    if not wanted:
        return {}
    held = balances_of_lines(council_id, [line_id for each in wanted for line_id in each.amounts])
    entries = []
    for each in wanted:
        for line_id, most in each.amounts.items():
            parts = to_release(held.get(line_id, ()), most)
            held[line_id] = less(held.get(line_id, ()), parts)
            entries += [
                CommitmentEntry(
                    council_id=council_id,
                    budget_id=balance.budget_id,
                    stage=balance.stage,
                    kind=EntryKind.SPEND,
                    amount=-share,
                    document_type=each.document.kind,
                    document_id=each.document.id,
                    line_id=line_id,
                    journal_id=each.journal_id,
                    at=at,
                )
                for balance, share in parts
            ]
    CommitmentEntry.objects.bulk_create(entries)
    return sums((each.budget_id, each.amount) for each in entries)


@dataclass(frozen=True, slots=True)
class Restored:
    """A promise that a journal kept and that is open again, and the budget that now holds it."""

    spent: CommitmentEntry
    budget_id: UUID


def restore_commitments(
    *, council_id: UUID, reversal_id: UUID, restored: Sequence[Restored], at: datetime
) -> dict[UUID, Decimal]:
    """Promise again what a journal spent that is being reversed.

    Shapes: as spend_commitments; what is returned is above nought.
    """
    entries = [
        CommitmentEntry(
            council_id=council_id,
            budget_id=each.budget_id,
            stage=each.spent.stage,
            kind=EntryKind.RESTORE,
            amount=-each.spent.amount,
            document_type=each.spent.document_type,
            document_id=each.spent.document_id,
            line_id=each.spent.line_id,
            journal_id=reversal_id,
            at=at,
        )
        for each in restored
    ]
    CommitmentEntry.objects.bulk_create(entries)
    return sums((each.budget_id, each.amount) for each in entries)


def _override_facts(override: Override | None) -> dict[str, object]:
    if override is None:
        return {}
    return {
        "over_budget_by_id": override.by_id,
        "over_budget_by_name": override.by_name,
        "over_budget_reason": override.reason,
    }
