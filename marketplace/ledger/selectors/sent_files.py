"""Questions about files of lists that were sent."""

from __future__ import annotations

from uuid import UUID

from marketplace.core.models import TenantQuerySet
from marketplace.documents.selectors import bytes_for_programs
from marketplace.ledger.models import SentFile
from marketplace.ledger.models.files import BUDGETS


def sent_codes_file(council_id: UUID, of_list: str, file_id: UUID) -> tuple[str, bytes]:
    """Return the name and the bytes of a file that was sent for a list of codes.

    Raises: Missing when there is none, or it was sent for another list; NotClean when it was found
    to be harmful.
    """
    found = _sent(council_id, of_list).one(file_id)
    return found.document.name, bytes_for_programs(council_id, found.document_id)


def sent_budgets_file(council_id: UUID, file_id: UUID) -> tuple[int, str, bytes]:
    """Return the year, the name and the bytes of a file that was sent for budgets.

    Raises: Missing; NotClean when it was found to be harmful.
    """
    found = _sent(council_id, BUDGETS).exclude(financial_year=None).one(file_id)
    content = bytes_for_programs(council_id, found.document_id)
    return found.financial_year or 0, found.document.name, content


def _sent(council_id: UUID, of_list: str) -> TenantQuerySet[SentFile]:
    rows: TenantQuerySet[SentFile] = SentFile.objects.of(council_id).filter(of_list=of_list)
    return rows.select_related("document").defer("document__content")
