"""Handing journals to the council's finance ledger: each of them once, in files that never change.

What is handed over is decided and written down by one transaction: whatever dies on the way, there
is either the whole export with its file, or none of it and its number is free again.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.ledgers.journals import control_totals
from invoicing.ledgers.plain import write_plain
from invoicing.ledgers.selectors import MOST_JOURNALS, last_export, not_exported, these_journals
from invoicing.models import ExportedJournal, LedgerExport
from invoicing.states import ExportFormat
from marketplace.audit.services import record
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.documents.services import store_document
from marketplace.organisations.services.numbers import next_number

SEQUENCE: Final = "ledger-export"
LONGEST_REFERENCE: Final = 200


class ExportNotAllowed(Forbidden):
    """This person may not hand journals to the finance ledger."""

    code = "ledger-export.not-allowed"
    title = gettext_lazy("You cannot hand journals to the finance ledger.")


class NothingToExport(Conflict):
    """Everything that counts up to that day has been handed over."""

    code = "ledger-export.nothing"
    title = gettext_lazy("There is nothing to hand over.")
    advice = gettext_lazy("Choose a later day, or come back when more has been posted.")


class ExportDayNotRight(Invalid):
    """The books of a day that has not come are not known."""

    code = "ledger-export.day-not-right"
    title = gettext_lazy("The day must be today or in the past.")


class AcknowledgementMissing(Invalid):
    """Nobody says that a file was taken without saying as what."""

    code = "ledger-export.acknowledgement-missing"
    title = gettext_lazy("Say how the finance ledger confirmed the file.")


@transaction.atomic
def build_export(*, finance: Actor, until_on: date, at: datetime) -> LedgerExport:
    """Put everything that counts up to a day and was never handed over into one file.

    Shapes: the first MOST_JOURNALS of it by number; the rest is for the next file.
    Raises: ExportNotAllowed; ExportDayNotRight; NothingToExport; Busy while another is made.
    """
    _check_allowed(finance)
    if until_on > timezone.localdate(at):
        today = date_format(timezone.localdate(at), "j F Y")
        raise ExportDayNotRight(
            _("Choose a day up to today, %(today)s.") % {"today": today}, field="until_on"
        )
    council_id = finance.organisation_id
    # Whoever has the number has the turn: the next one waits here, and finds what is left.
    number = next_number(council_id, SEQUENCE, 0)
    keys = list(
        not_exported(council_id, until=until_on).values_list("pk", flat=True)[:MOST_JOURNALS]
    )
    if not keys:
        day = date_format(until_on, "j F Y")
        raise NothingToExport(
            _("Every journal up to %(day)s has been handed over already.") % {"day": day}
        )
    export = _write(council_id, number, keys, until_on, at)
    export.built_by_name = finance.name
    export.save(force_insert=True)
    ExportedJournal.objects.bulk_create(
        ExportedJournal(
            council_id=council_id, export=export, format=export.format, journal_id=journal_id
        )
        for journal_id in keys
    )
    record(
        "ledger-export.built",
        export,
        actor=finance,
        at=at,
        organisation_id=council_id,
        after={
            "until_on": until_on,
            "journals": export.journals_count,
            "lines": export.lines_count,
            "debit_amount": export.debit_amount,
            "credit_amount": export.credit_amount,
            "sha256": export.sha256,
        },
    )
    return export


def _write(
    council_id: UUID, number: int, keys: list[UUID], until_on: date, at: datetime
) -> LedgerExport:
    """Return an export with its file kept; the caller saves it."""
    journals = these_journals(council_id, keys)
    totals = control_totals(journals)
    before = last_export(council_id)
    export = LedgerExport(
        council_id=council_id,
        format=ExportFormat.CSV.value,
        number=number,
        until_on=until_on,
        previous_sha256=before.sha256 if before else "",
        journals_count=totals.journals,
        lines_count=totals.lines,
        debit_amount=totals.debit_amount,
        credit_amount=totals.credit_amount,
        accounts_hash=totals.accounts_hash,
        built_at=at,
    )
    export.document = store_document(
        organisation_id=council_id,
        name=f"{export.reference}.csv",
        media_type="text/csv",
        content=write_plain(journals),
        at=at,
    )
    export.sha256 = export.document.sha256
    return export


@transaction.atomic
def acknowledge_export(
    *, export_id: UUID, finance: Actor, reference: str, at: datetime
) -> LedgerExport:
    """Write down that the finance ledger has taken an export, and what it answered.

    Shapes: `reference` is what the other side calls it: a batch, a voucher, a person's word.
    Raises: Missing; ExportNotAllowed; AcknowledgementMissing; IllegalMove; Busy.
    """
    export = LedgerExport.objects.of(finance.organisation_id).lock(export_id)
    _check_allowed(finance)
    said = " ".join(reference.split())
    if not said or len(said) > LONGEST_REFERENCE:
        raise AcknowledgementMissing(
            _(
                "Enter the number or the words with which the finance ledger confirmed it,"
                " in up to %(most)d characters."
            )
            % {"most": LONGEST_REFERENCE},
            field="reference",
        )
    export.move("acknowledge")
    export.acknowledged_at = at
    export.acknowledged_by_name = finance.name
    export.acknowledgement = said
    export.save(
        update_fields=["status", "acknowledged_at", "acknowledged_by_name", "acknowledgement"]
    )
    record(
        "ledger-export.acknowledged",
        export,
        actor=finance,
        at=at,
        organisation_id=export.council_id,
        after={"reference": said, "sha256": export.sha256},
    )
    return export


def _check_allowed(finance: Actor) -> None:
    """Raise ExportNotAllowed unless somebody answers for the council's accounts."""
    if not finance.holds(Role.FINANCE):
        raise ExportNotAllowed(_("Only finance officers can."))
