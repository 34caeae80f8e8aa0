"""Posting: one event, one journal, in double entry.

Deeds inside somebody else's service, as those of commitments are: they run in its transaction, and
it writes the audit event. What is spent of a budget is changed here and nowhere else, together with
the lines that say so and the promises that are kept by it. The number of statements does not grow
with the number of lines or of journals.

Everything is held in one order (decision 0013): the event’s key, the period, the budgets by their
keys, and last the council's counter of journals. So post all journals of a transaction in one call,
as late in it as can be.
Units: GBP without the VAT that the council gets back, unless the account is for that VAT.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Invalid, Missing
from marketplace.core.models import busy_if_held
from marketplace.ledger.models import Account, Budget, CommitmentEntry, Journal, JournalLine
from marketplace.ledger.rules import JournalDraft, Posting, faults_of, opposite, sums
from marketplace.ledger.services.balances import change_balances
from marketplace.ledger.services.commitments import (
    Document,
    Relief,
    Restored,
    restore_commitments,
    spend_commitments,
)
from marketplace.ledger.services.restoring import codings_spent, spent_on_lines
from marketplace.ledger.services.room import check_asked, check_promised
from marketplace.ledger.services.spending import Place, YearCoding, hold_budgets, hold_periods
from marketplace.ledger.states import AccountKind, EntryKind, JournalKind
from marketplace.organisations.services.numbers import next_numbers

# The first half of the key, which keeps clear of other advisory locks.
_POSTING = 7_315_043
# In the order of the keys, so that two who post the same events do not wait for each other.
_HOLD_EVENTS = """
    SELECT pg_advisory_xact_lock(%s, held.key) FROM (
        SELECT DISTINCT hashtext(%s || event.key) AS key FROM unnest(%s::text[]) AS event (key)
        ORDER BY 1
    ) AS held
"""


class JournalFaulty(Invalid):
    """The two sides differ, or a line is not one amount on one side."""

    code = "journal.faulty"
    title = gettext_lazy("This cannot be posted.")


class CostCentreMissing(Invalid):
    """Something is to be spent that no cost centre answers for."""

    code = "journal.no-cost-centre"
    title = gettext_lazy("Choose a cost centre.")


class EventPostedOtherwise(Conflict):
    """The event has a journal already, which says something else."""

    code = "journal.posted-otherwise"
    title = gettext_lazy("This has been posted already, with other amounts.")


class ReversalStays(Conflict):
    """A reversal is not reversed."""

    code = "journal.is-reversal"
    title = gettext_lazy("A reversal cannot be reversed.")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A draft, with the journal that it takes back and the promises that this opens again."""

    draft: JournalDraft
    reverses_id: UUID | None = None
    spent: Sequence[CommitmentEntry] = ()


def post_journal(
    *, council_id: UUID, draft: JournalDraft, posted_by: Actor | None, at: datetime
) -> Journal:
    """Post one event; what was posted before is returned as it is.

    Raises: as post_journals.
    """
    (journal,) = post_journals(council_id=council_id, drafts=[draft], posted_by=posted_by, at=at)
    return journal


def post_journals(
    *, council_id: UUID, drafts: Sequence[JournalDraft], posted_by: Actor | None, at: datetime
) -> list[Journal]:
    """Post events; return their journals in the order of the drafts.

    Shapes: an event that has a journal already is not posted again. One whose period is closed
    counts on the first day of the next that is open, and keeps the day of its document. A coding
    without a budget gets one of nought, which then shows as overspent: what was spent is written
    down whatever it comes to. No lines or amounts below nought; every draft has a key of its own.
    Raises: JournalFaulty; CostCentreMissing; NoOpenPeriod; EventPostedOtherwise; Missing for an
    account of another council; OverBudget when a hard stop has not left what is asked of it; Busy.
    """
    return _post_entries(council_id, [_Entry(draft) for draft in drafts], posted_by, at)


def reverse_journal(
    *,
    council_id: UUID,
    journal_id: UUID,
    dated_on: date,
    narrative: str,
    posted_by: Actor | None,
    at: datetime,
) -> Journal:
    """Take a journal back by one that is equal and opposite, and open again what it had spent.

    Shapes: a journal that is reversed already has its reversal returned. The promises that it kept
    are held again by budgets of the year in which the reversal counts.
    Raises: Missing; ReversalStays; NoOpenPeriod; OverBudget when what is promised again went to
    somebody else meanwhile; Busy.
    """
    original = Journal.objects.of(council_id).one(journal_id)
    if original.reverses_id is not None:
        raise ReversalStays(_("Post the event again instead."))
    moved = CommitmentEntry.objects.of(council_id).filter(journal=original)
    draft = JournalDraft(
        event_key=f"reversal:{original.pk}",
        kind=JournalKind(original.kind),
        dated_on=dated_on,
        document_on=dated_on,
        document_type=original.document_type,
        document_id=original.document_id,
        document_reference=original.document_reference,
        narrative=narrative,
        postings=[opposite(each) for each in _postings_of(original)],
        relief=sums(moved.filter(kind=EntryKind.RESTORE.value).values_list("line_id", "amount")),
    )
    spent = moved.filter(kind=EntryKind.SPEND.value).select_related("budget").order_by("pk")
    entry = _Entry(draft, original.pk, list(spent))
    (reversal,) = _post_entries(council_id, [entry], posted_by, at)
    return reversal


def _postings_of(journal: Journal) -> list[Posting]:
    lines = JournalLine.objects.of(journal.council_id).filter(journal=journal).order_by("number")
    return [
        Posting(
            account_id=line.account_id,
            debit_amount=line.debit_amount,
            credit_amount=line.credit_amount,
            cost_centre_id=line.cost_centre_id,
            supplier_id=line.supplier_id,
            source_line_id=line.source_line_id,
        )
        for line in lines
    ]


def _post_entries(
    council_id: UUID, entries: Sequence[_Entry], posted_by: Actor | None, at: datetime
) -> list[Journal]:
    drafts = [each.draft for each in entries]
    _check_faults(drafts)
    journals = _posted_before(council_id, drafts)
    fresh = [each for each in entries if each.draft.event_key not in journals]
    if fresh:
        places = hold_periods(council_id, {each.draft.dated_on for each in fresh})
        made = _post_held(council_id, fresh, places, posted_by, at)
        journals |= {journal.event_key: journal for journal in made}
    return [journals[draft.event_key] for draft in drafts]


def _check_faults(drafts: Sequence[JournalDraft]) -> None:
    """Raise JournalFaulty; ValueError when two drafts are one event, which is a mistake of ours."""
    if len({draft.event_key for draft in drafts}) < len(drafts):
        raise ValueError("Two drafts have one event key.")
    for draft in drafts:
        faults = faults_of(draft.postings)
        if faults:
            raise JournalFaulty(
                _("“%(narrative)s” does not balance, or a line of it is no amount.")
                % {"narrative": draft.narrative},
                faults=faults,
            )


def _posted_before(council_id: UUID, drafts: Sequence[JournalDraft]) -> dict[str, Journal]:
    """Hold the events, and return the journals of those that have one.

    Why: whoever posts the same event at the same moment waits here, before any money is counted.
    Raises: EventPostedOtherwise; Busy.
    """
    wanted = {draft.event_key: draft for draft in drafts}
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_HOLD_EVENTS, [_POSTING, str(council_id), list(wanted)])
    found = Journal.objects.of(council_id).filter(event_key__in=list(wanted))
    journals = {journal.event_key: journal for journal in found}
    for key, journal in journals.items():
        draft = wanted[key]
        said = (journal.kind, journal.document_id, journal.lines_count, journal.total_amount)
        if said != (draft.kind, draft.document_id, len(draft.postings), draft.total_amount):
            raise EventPostedOtherwise(
                _("Journal %(number)s says something else about it.")
                % {"number": journal.reference}
            )
    return journals


def _post_held(
    council_id: UUID,
    entries: Sequence[_Entry],
    places: Mapping[date, Place],
    posted_by: Actor | None,
    at: datetime,
) -> list[Journal]:
    """Post events that nobody else is posting, in periods that nobody else can close."""
    expenses = _expense_accounts(council_id, [each.draft for each in entries])
    codings = {
        (places[each.draft.dated_on].financial_year, *coding)
        for each in entries
        for coding in _codings(each, expenses) | codings_spent(council_id, each.draft.restoring)
    }
    promised = [key for each in entries for key in (*each.draft.relief, *each.draft.restoring)]
    budgets = hold_budgets(council_id, codings, promised)
    check_asked(budgets, _asked(entries, places))
    entries = [_with_restoring(council_id, each) for each in entries]
    journals = _numbered(council_id, entries, places, posted_by, at)
    lines = [
        line
        for journal, each in zip(journals, entries, strict=True)
        for line in _lines(journal, each.draft, budgets, expenses)
    ]
    restored = {
        journal.pk: _restored(journal, each.spent, budgets)
        for journal, each in zip(journals, entries, strict=True)
    }
    actual = sums((line.budget_id, line.net_amount) for line in lines if line.budget_id)
    check_promised(budgets, [each for part in restored.values() for each in part], actual)
    Journal.objects.bulk_create(journals)
    JournalLine.objects.bulk_create(lines)
    reliefs = [
        Relief(journal.pk, Document(journal.document_type, journal.document_id), each.draft.relief)
        for journal, each in zip(journals, entries, strict=True)
    ]
    changes = list(spend_commitments(council_id=council_id, reliefs=reliefs, at=at).items())
    for reversal_id, part in restored.items():
        if part:
            again = restore_commitments(
                council_id=council_id, reversal_id=reversal_id, restored=part, at=at
            )
            changes += again.items()
    change_balances(committed=sums(changes), actual=actual)
    return journals


def _expense_accounts(council_id: UUID, drafts: Sequence[JournalDraft]) -> set[UUID]:
    """Return which of the accounts are expenses.

    Raises: Missing; CostCentreMissing.
    """
    postings = [posting for draft in drafts for posting in draft.postings]
    wanted = {posting.account_id for posting in postings}
    kinds = dict(Account.objects.of(council_id).filter(pk__in=wanted).values_list("pk", "kind"))
    if wanted - kinds.keys():
        raise Missing(_("There is no such account here."))
    expenses = {pk for pk, kind in kinds.items() if kind == AccountKind.EXPENSE}
    if any(each.account_id in expenses and each.cost_centre_id is None for each in postings):
        raise CostCentreMissing(_("What is spent needs a cost centre that answers for it."))
    return expenses


def _asked(entries: Sequence[_Entry], places: Mapping[date, Place]) -> dict[YearCoding, Decimal]:
    """Return what is spent of each coding that nobody promised before."""
    return sums(
        ((places[each.draft.dated_on].financial_year, *coding), amount)
        for each in entries
        for coding, amount in each.draft.asking.items()
    )


def _with_restoring(council_id: UUID, entry: _Entry) -> _Entry:
    """Return an entry with what it promises again of what others spent; the budgets are held."""
    if not entry.draft.restoring:
        return entry
    return replace(entry, spent=[*entry.spent, *spent_on_lines(council_id, entry.draft.restoring)])


def _codings(entry: _Entry, expenses: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return the codings whose budgets an entry touches, as (cost centre, account)."""
    spends = {
        (posting.cost_centre_id, posting.account_id)
        for posting in entry.draft.postings
        if posting.account_id in expenses and posting.cost_centre_id is not None
    }
    return spends | {(each.budget.cost_centre_id, each.budget.account_id) for each in entry.spent}


def _numbered(
    council_id: UUID,
    entries: Sequence[_Entry],
    places: Mapping[date, Place],
    posted_by: Actor | None,
    at: datetime,
) -> list[Journal]:
    """Return the journals with their numbers, which this takes: the last thing that is held."""
    years = [places[each.draft.dated_on].financial_year for each in entries]
    numbers = {
        year: iter(next_numbers(council_id, "journal", year, years.count(year)))
        for year in sorted(set(years))
    }
    return [
        Journal(
            council_id=council_id,
            financial_year=place.financial_year,
            number=next(numbers[place.financial_year]),
            period_id=place.period_id,
            dated_on=place.dated_on,
            document_on=each.draft.document_on,
            kind=each.draft.kind,
            event_key=each.draft.event_key,
            reverses_id=each.reverses_id,
            document_type=each.draft.document_type,
            document_id=each.draft.document_id,
            document_reference=each.draft.document_reference,
            narrative=each.draft.narrative[:200],
            lines_count=len(each.draft.postings),
            total_amount=each.draft.total_amount,
            posted_at=at,
            posted_by_id=posted_by.user_id if posted_by else None,
            posted_by_name=posted_by.name if posted_by else "",
        )
        for each in entries
        for place in [places[each.draft.dated_on]]
    ]


def _lines(
    journal: Journal,
    draft: JournalDraft,
    budgets: Mapping[YearCoding, Budget],
    expenses: Collection[UUID],
) -> list[JournalLine]:
    year = journal.financial_year
    return [
        JournalLine(
            council_id=journal.council_id,
            journal=journal,
            number=place,
            dated_on=journal.dated_on,
            account_id=each.account_id,
            cost_centre_id=each.cost_centre_id,
            budget=budgets[year, each.cost_centre_id, each.account_id]
            if each.cost_centre_id and each.account_id in expenses
            else None,
            supplier_id=each.supplier_id,
            debit_amount=each.debit_amount,
            credit_amount=each.credit_amount,
            source_line_id=each.source_line_id,
        )
        for place, each in enumerate(draft.postings, start=1)
    ]


def _restored(
    journal: Journal, spent: Sequence[CommitmentEntry], budgets: Mapping[YearCoding, Budget]
) -> list[Restored]:
    year = journal.financial_year
    return [
        Restored(each, budgets[year, each.budget.cost_centre_id, each.budget.account_id].pk)
        for each in spent
    ]
