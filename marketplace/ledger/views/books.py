"""Pages about what was posted: the trial balance, and the lines of one account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.ledger.audience import BOOK_READERS
from marketplace.ledger.models import JournalLine
from marketplace.ledger.models.coding import ACCOUNT_KIND_LABELS
from marketplace.ledger.selectors.coding import accounts_kept
from marketplace.ledger.selectors.journals import (
    ACCOUNT_LEDGER_KEYS,
    AccountBalance,
    account_ledger,
    movement_of,
    trial_balance,
)
from marketplace.ledger.states import AccountKind
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import CSV, Period, download, in_lots
from marketplace.web.paging import page_by_key

NOUGHT = Decimal("0.00")
BALANCE_COLUMNS = ("account", "name", "kind", "debit", "credit", "balance")
LINE_COLUMNS = (
    "dated_on", "journal", "line", "document_on", "kind", "document", "narrative", "cost_centre",
    "supplier", "debit", "credit",
)  # fmt: skip


@access(*BOOK_READERS)
@require_safe
def trial_balance_page(request: HttpRequest) -> HttpResponseBase:
    """Show what stands on each account at the end of a day, or moved since another."""
    council_id = actor(request).organisation_id
    form = Period(request.GET)
    if not form.is_valid():
        nothing = {"form": form, "days": None}
        return render(request, "ledger/trial_balance.html", nothing, status=422)
    days = _days(form)
    rows = trial_balance(council_id, **days)
    if request.GET.get("format") == CSV:
        name = f"trial-balance-{days['until'].isoformat()}"
        return download(CSV, name, BALANCE_COLUMNS, map(_balance, rows))
    page = {
        "form": form,
        "days": days,
        "rows": rows,
        "debit": sum((row.debit_amount for row in rows), NOUGHT),
        "credit": sum((row.credit_amount for row in rows), NOUGHT),
        "kinds": {kind.value: label for kind, label in ACCOUNT_KIND_LABELS.items()},
    }
    return render(request, "ledger/trial_balance.html", page)


@access(*BOOK_READERS)
@require_safe
def account_lines(request: HttpRequest, account_id: UUID) -> HttpResponseBase:
    """Show what was posted on one account, the oldest first."""
    council_id = actor(request).organisation_id
    account = accounts_kept(council_id).one(account_id)
    form = Period(request.GET)
    facts: dict[str, Any] = {"form": form, "account": account, "days": None}
    if not form.is_valid():
        return render(request, "ledger/account_lines.html", facts, status=422)
    days = _days(form)
    found = account_ledger(council_id, account.pk, **days)
    if request.GET.get("format") == CSV:
        rows = _lines(in_lots(found, keys=ACCOUNT_LEDGER_KEYS))
        return download(CSV, f"account-{account.code}", LINE_COLUMNS, rows)
    facts |= {
        "days": days,
        "page": page_by_key(found, request.GET.get("after"), keys=ACCOUNT_LEDGER_KEYS, size=50),
        "movement": movement_of(council_id, account.pk, **days),
    }
    return render(request, "ledger/account_lines.html", facts)


def _days(form: Period) -> dict[str, Any]:
    """Return which days were asked for: until today, if nothing else is said."""
    said = form.cleaned_data
    until: date = said["until"] or max(timezone.localdate(), said["since"] or date.min)
    return {"since": said["since"], "until": until}


def _balance(row: AccountBalance) -> dict[str, Any]:
    return {
        "account": row.code,
        "name": row.name,
        "kind": AccountKind(row.kind).value,
        "debit": row.debit_amount,
        "credit": row.credit_amount,
        "balance": row.net_amount,
    }


def _lines(rows: Iterable[JournalLine]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "dated_on": row.dated_on,
            "journal": row.journal.reference,
            "line": row.number,
            "document_on": row.journal.document_on,
            "kind": row.journal.kind,
            "document": row.journal.document_reference,
            "narrative": row.journal.narrative,
            "cost_centre": row.cost_centre.code if row.cost_centre else "",
            "supplier": row.supplier.name if row.supplier else "",
            "debit": row.debit_amount,
            "credit": row.credit_amount,
        }
