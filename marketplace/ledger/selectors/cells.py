"""The present lists as the rows of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from marketplace.ledger.models import Account, Budget, CostCentre


def yes_no(value: bool) -> str:
    """Return the word that stands for a fact in a file."""
    return _("yes") if value else _("no")


def cost_centre_cells(rows: Iterable[CostCentre]) -> Iterator[list[str]]:
    """Yield cost centres as the rows of a file, their columns in the order of the template."""
    for row in rows:
        holder = row.holder.user.email if row.holder else ""
        yield [row.code, row.name, row.name_welsh, row.directorate, holder, yes_no(row.is_active)]


def account_cells(rows: Iterable[Account]) -> Iterator[list[str]]:
    """Yield accounts as the rows of a file, their columns in the order of the template."""
    for row in rows:
        categories = " ".join(row.categories)
        yield [
            row.code, row.name, row.name_welsh, row.kind, categories, yes_no(row.is_active),
        ]  # fmt: skip


def budget_cells(rows: Iterable[Budget]) -> Iterator[list[str]]:
    """Yield budgets as the rows of a file, their columns in the order of the template."""
    for row in rows:
        stops = "stop" if row.is_hard_stop else "warn"
        yield [row.cost_centre.code, row.account.code, str(row.budget_amount), stops]
