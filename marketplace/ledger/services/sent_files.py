"""Keeping the files of lists that are sent, so that what is confirmed is what was looked at."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Final

from django.db import transaction

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.tables.workbooks import is_workbook
from marketplace.documents.services import store_document
from marketplace.ledger.models import SentFile
from marketplace.ledger.models.files import BUDGETS
from marketplace.ledger.services.budgets import check_may_set, check_year
from marketplace.ledger.services.code_lists import CodeList, check_keeper

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@transaction.atomic
def send_codes_file(
    *, codes: CodeList, sender: Actor, name: str, content: bytes, at: datetime
) -> SentFile:
    """Keep a file of codes, to be looked at and confirmed.

    Shapes: the same bytes sent again, or for another list, are another file.
    Raises: CodesNotYours.
    """
    check_keeper(codes, sender)
    sent = _keep(codes.noun, None, sender, name, content, at)
    record(
        f"{codes.noun}s-file.sent",
        sent,
        actor=sender,
        at=at,
        organisation_id=sender.organisation_id,
        after=_facts(sent),
    )
    return sent


@transaction.atomic
def send_budgets_file(
    *, finance: Actor, financial_year: int, name: str, content: bytes, at: datetime
) -> SentFile:
    """Keep a file of the budgets of a year, to be looked at and confirmed.

    Raises: BudgetNotAllowed, YearNotRight.
    """
    check_may_set(finance)
    check_year(financial_year)
    sent = _keep(BUDGETS, financial_year, finance, name, content, at)
    record(
        "budgets-file.sent",
        sent,
        actor=finance,
        at=at,
        organisation_id=finance.organisation_id,
        after={"financial_year": financial_year, **_facts(sent)},
    )
    return sent


def _keep(
    of_list: str, year: int | None, sender: Actor, name: str, content: bytes, at: datetime
) -> SentFile:
    document = store_document(
        organisation_id=sender.organisation_id,
        name=name,
        media_type=WORKBOOK if is_workbook(io.BytesIO(content)) else "text/csv",
        content=content,
        at=at,
        from_outside=True,
    )
    return SentFile.objects.create(
        council_id=sender.organisation_id,
        document=document,
        of_list=of_list,
        financial_year=year,
        sender_id=sender.membership_id,
        at=at,
    )


def _facts(sent: SentFile) -> dict[str, object]:
    return {"name": sent.document.name, "sha256": sent.document.sha256}
