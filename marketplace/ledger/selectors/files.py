"""Files that were sent and looked at, and the present lists as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from marketplace.core.models import TenantQuerySet
from marketplace.documents.models import Document
from marketplace.documents.selectors import bytes_for_programs
from marketplace.ledger.models import Account, Budget, CostCentre

_BUDGETS = "budgets-"


def file_type(noun: str) -> str:
    """Return the media type under which a file of one kind of list is kept until it is confirmed.

    Why: somebody who keeps accounts has no business with other papers of the council, so what is
    asked for under this address must have been sent as such a file.
    """
    return f"text/csv; list={noun}"


def kept_file(council_id: UUID, noun: str, document_id: UUID) -> tuple[str, bytes]:
    """Return the name and the bytes of a file that was sent to be looked at.

    Raises: Missing; NotClean when it was found to be harmful.
    """
    files: TenantQuerySet[Document] = Document.objects.of(council_id)
    own = files.filter(organisation_id=council_id, media_type=file_type(noun))
    found = own.defer("content").one(document_id)
    return found.name, bytes_for_programs(council_id, found.pk)


def kept_budgets_file(council_id: UUID, document_id: UUID) -> tuple[int, str, bytes]:
    """Return a file of budgets that was sent: its year, its name and its bytes.

    Raises: Missing; NotClean when it was found to be harmful.
    """
    files: TenantQuerySet[Document] = Document.objects.of(council_id)
    own = files.filter(organisation_id=council_id, media_type__startswith=file_type(_BUDGETS))
    found = own.defer("content").one(document_id)
    year = int(found.media_type.removeprefix(file_type(_BUDGETS)))
    return year, found.name, bytes_for_programs(council_id, found.pk)


def budgets_noun(year: int) -> str:
    """Return what a file of the budgets of a year is called while it is kept."""
    return f"{_BUDGETS}{year}"


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
