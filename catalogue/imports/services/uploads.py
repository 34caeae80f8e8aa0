"""Files that are sent on a page: kept at once, and read by the worker while the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.imports import reading
from catalogue.imports.for_all import check_for_all
from catalogue.imports.progress import told_aside
from catalogue.imports.services.price_lists import (
    WORKBOOK,
    NotASupplier,
    UnreadablePriceList,
    import_catalogue,
    lock_confirmable,
)
from catalogue.imports.wording import why_unreadable
from catalogue.models import Upload, UploadProgress
from catalogue.states import UploadStatus
from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Conflict
from marketplace.core.tables import separated
from marketplace.core.tables.separated import Unreadable
from marketplace.core.tables.workbooks import is_workbook
from marketplace.documents.models import Document
from marketplace.documents.selectors import bytes_for_programs
from marketplace.documents.services import store_document
from marketplace.jobs.services import wake
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import actor_of


class NotWaiting(Conflict):
    """The file was read, or cancelled, before."""

    code = "catalogue.upload-not-waiting"
    title = gettext_lazy("This file is no longer waiting.")


@transaction.atomic
def send_price_list(
    *,
    supplier: Actor,
    content: bytes,
    name: str,
    at: datetime,
    withdraw_missing: bool = False,
    encoding: str | None = None,
    for_all: Mapping[str, str] | None = None,
) -> Upload:
    """Keep a file that is to be tried, and owe the reading of it.

    What can be told at once is: that it is a table at all, and has the headings it needs. Of a
    workbook that is told when the worker has unpacked it.
    Shapes: `for_all` as import_catalogue takes it.
    Raises: NotASupplier; NotForAll; UnreadablePriceList.
    """
    if supplier.kind != OrganisationKind.SUPPLIER:
        raise NotASupplier
    said = check_for_all(for_all or {})
    stream = BytesIO(content)
    try:
        is_sheet = is_workbook(stream)
        if not is_sheet:  # a workbook takes long to unpack, so that is the worker's
            survey = separated.survey(stream, encoding=encoding)
            reading.open_rows(stream, encoding=survey.encoding, said=said)
    except Unreadable as problem:
        raise UnreadablePriceList(
            why_unreadable(problem), field="file", reason=problem.code
        ) from problem
    document = store_document(
        organisation_id=supplier.organisation_id,
        name=name,
        media_type=WORKBOOK if is_sheet else "text/csv",
        content=content,
        at=at,
        from_outside=True,
    )
    upload = Upload(
        name=name[:200],
        encoding=encoding or "",
        dry_run=True,
        withdraw_missing=withdraw_missing,
        for_all=said,
    )
    return _owe(upload, document, supplier, at)


@transaction.atomic
def confirm_price_list(
    *, supplier: Actor, run_id: UUID, at: datetime, good_rows: bool = False
) -> Upload:
    """Owe the taking in of a price list that was tried before, from the copy that was kept.

    Shapes: asked twice, it is the one that waits; with `good_rows` one that was refused is taken
    without its wrong rows.
    Raises: Missing; NotConfirmable, also when it was taken in before; Busy.
    """
    run = lock_confirmable(supplier=supplier, run_id=run_id, good_rows=good_rows)
    assert run.document is not None  # noqa: S101  # what is confirmable has its copy
    waiting = Upload.objects.of(supplier.organisation_id).filter(
        confirms=run, status=UploadStatus.WAITING
    )
    upload = Upload(
        name=run.name,
        encoding=run.encoding,
        dry_run=False,
        confirms=run,
        withdraw_missing=run.withdraw_missing,
        good_rows=good_rows or run.good_rows,
        for_all=run.for_all,
    )
    return waiting.first() or _owe(upload, run.document, supplier, at)


def _owe(upload: Upload, document: Document, supplier: Actor, at: datetime) -> Upload:
    upload.supplier_id = supplier.organisation_id
    upload.document = document
    upload.sent_by_id = supplier.membership_id
    upload.sent_by_name = supplier.name
    upload.sent_at = at
    upload.save(force_insert=True)
    UploadProgress.objects.create(
        upload=upload, supplier_id=upload.supplier_id, size_bytes=document.size_bytes
    )
    record(
        "price-list.sent",
        upload,
        actor=supplier,
        at=at,
        organisation_id=supplier.organisation_id,
        after={"sha256": document.sha256, "dry_run": upload.dry_run},
    )
    wake(
        "catalogue.take_in_upload",
        key=f"upload:{upload.pk}",
        organisation_id=supplier.organisation_id,
        payload={"upload_id": str(upload.pk)},
    )
    return upload


@transaction.atomic
def cancel_upload(*, supplier: Actor, upload_id: UUID, at: datetime) -> Upload:
    """Have a file not read after all.

    Raises: Missing; NotWaiting; Busy while the worker reads it.
    """
    upload = Upload.objects.of(supplier.organisation_id).lock(upload_id)
    if upload.status != UploadStatus.WAITING:
        raise NotWaiting(_("It was read or cancelled before. Look at what came of it."))
    upload.move("cancel")
    upload.ended_at = at
    upload.save(update_fields=["status", "ended_at"])
    record(
        "price-list.cancelled",
        upload,
        actor=supplier,
        at=at,
        organisation_id=supplier.organisation_id,
    )
    return upload


@transaction.atomic
def give_up_upload(*, upload_id: UUID, at: datetime) -> Upload:
    """Say of a file that waits that it cannot be read, after trying to no end.

    Shapes: for one that was read or cancelled before it does nothing.
    Raises: Missing.
    """
    supplier_id = Upload.objects.one(upload_id).supplier_id
    upload = Upload.objects.of(supplier_id).lock(upload_id)
    if upload.status != UploadStatus.WAITING:
        return upload
    sender = Membership.objects.select_related("user", "organisation").get(pk=upload.sent_by_id)
    refusal = _(
        "We tried to read this file several times and could not, so nothing was changed. Save it"
        " as “CSV UTF-8” and send it again. If that does not work, ask for help."
    )
    return _fail(upload, actor_of(sender), "given-up", refusal, at)


@transaction.atomic
def take_in_upload(*, upload_id: UUID, at: datetime) -> Upload:
    """Read a file that was sent, and try it or take it in; telling meanwhile how far it is.

    Shapes: for one that was read or cancelled before it does nothing; for a sender who may not act
    here any more it fails.
    Raises: Missing; ImportUnderWay, after which it is tried again.
    """
    supplier_id = Upload.objects.one(upload_id).supplier_id
    upload = Upload.objects.of(supplier_id).lock(upload_id)
    if upload.status != UploadStatus.WAITING:
        return upload
    sender = Membership.objects.select_related("user", "organisation").get(pk=upload.sent_by_id)
    supplier = actor_of(sender)
    if not (sender.is_active and sender.user.is_active and supplier.holds("supplier")):
        refusal = _(
            "The person who sent this file may no longer sell for you, so nothing was changed."
            " Somebody else can send it again."
        )
        return _fail(upload, supplier, "sender-out", refusal, at)
    content = BytesIO(bytes_for_programs(supplier_id, upload.document_id))
    try:
        with told_aside(upload.pk, supplier_id) as tell:
            report = import_catalogue(
                supplier=supplier,
                content=content,
                name=upload.name,
                at=at,
                dry_run=upload.dry_run,
                withdraw_missing=upload.withdraw_missing,
                good_rows=upload.good_rows,
                encoding=upload.encoding or None,
                for_all=upload.for_all,
                on_progress=tell,
                confirms_id=upload.confirms_id,
            )
    except UnreadablePriceList as unreadable:
        return _fail(upload, supplier, unreadable.facts["reason"], unreadable.detail, at)
    # What was read has left its event beside the run of it.
    upload.move("finish")
    upload.run_id, upload.ended_at = report.run_id, at
    upload.save(update_fields=["status", "run", "ended_at"])
    return upload


def _fail(upload: Upload, sender: Actor, reason: str, refusal: str, at: datetime) -> Upload:
    upload.move("fail")
    upload.refusal, upload.ended_at = refusal, at
    upload.save(update_fields=["status", "refusal", "ended_at"])
    record(
        "price-list.failed",
        upload,
        actor=sender,
        at=at,
        organisation_id=sender.organisation_id,
        after={"dry_run": upload.dry_run, "reason": reason},
    )
    return upload
