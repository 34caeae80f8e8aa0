"""Making an auditor's bundle: asked for on a page, made by the worker, kept as it was handed out.

The worker reads one state of the database in a transaction that can write nothing, and keeps what
came of it in another. If it dies on the way nothing is kept, and it begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Final, cast
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.desk.bundles.contents import write_bundle
from marketplace.desk.bundles.keys import public_key, signing_key
from marketplace.desk.bundles.selectors import MOST_ROWS, READERS, bundles, size_of
from marketplace.desk.bundles.subjects import Days
from marketplace.desk.bundles.writing import Writer
from marketplace.desk.models import AuditBundle
from marketplace.desk.states import BundleStatus
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.jobs.services import wake
from marketplace.organisations.models import Organisation

log = structlog.get_logger(__name__)

_ONE_STATE: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_ACT_FOR: Final = "SELECT set_config('marketplace.organisation', %s, false)"
_TELL: Final = "UPDATE desk_auditbundle SET rows_done = %s WHERE id = %s"
_STANDS: Final = "SELECT status FROM desk_auditbundle WHERE id = %s"


class BundleNotAllowed(Forbidden):
    """This person may not take everything away."""

    code = "bundle.not-allowed"
    title = gettext_lazy("You cannot ask for a bundle.")


class BundleDaysNotRight(Invalid):
    """The days are the wrong way round, or have not come."""

    code = "bundle.days-not-right"
    title = gettext_lazy("These days cannot be taken.")


class BundleTooLarge(Invalid):
    """There is more in these days than one file takes."""

    code = "bundle.too-large"
    title = gettext_lazy("There is too much in these days for one file.")


class BundleWaits(Conflict):
    """Another is being made, and one at a time is."""

    code = "bundle.another-waits"
    title = gettext_lazy("A bundle is being made already.")


class BundleEnded(Conflict):
    """It is made, or will not be."""

    code = "bundle.ended"
    title = gettext_lazy("This bundle is no longer being made.")


class _CancelledMeanwhile(Exception):
    """Somebody cancelled it while it was being written."""


@transaction.atomic
def ask_bundle(*, auditor: Actor, days: Days, at: datetime) -> AuditBundle:
    """Owe everything of some days in one signed file.

    Raises: BundleNotAllowed; BundleDaysNotRight; BundleTooLarge; BundleWaits.
    """
    _check_allowed(auditor)
    _check_days(days, at)
    council_id = auditor.organisation_id
    size = size_of(council_id, days)
    if size.is_too_large:
        raise BundleTooLarge(
            _("There are %(rows)s rows. A file takes %(most)s, so ask for fewer days at a time.")
            % {"rows": f"{size.rows:,}", "most": f"{MOST_ROWS:,}"}
            if size.rows > MOST_ROWS
            else _("Invoices and orders are too many to be sent along. Ask for fewer days."),
            field="until_on",
        )
    bundle = AuditBundle(
        council_id=council_id,
        since_on=days.since,
        until_on=days.until,
        asked_at=at,
        asked_by_id=auditor.user_id,
        asked_by_name=auditor.name,
        rows_count=size.rows,
    )
    if not _added(bundle):
        raise BundleWaits(_("Wait until it is made, or cancel it."))
    record(
        "audit-bundle.asked",
        bundle,
        actor=auditor,
        at=at,
        organisation_id=council_id,
        after={"from_on": days.since, "until_on": days.until},
    )
    wake(
        "desk.make_bundle",
        key=f"bundle:{bundle.pk}",
        organisation_id=council_id,
        payload={"council_id": str(council_id), "bundle_id": str(bundle.pk)},
    )
    return bundle


def _added(bundle: AuditBundle) -> bool:
    """Add it unless another waits: the database's own rule says, whoever asks at once."""
    AuditBundle.objects.bulk_create([bundle], ignore_conflicts=True)
    return AuditBundle.objects.of(bundle.council_id).filter(pk=bundle.pk).exists()


@transaction.atomic
def cancel_bundle(*, auditor: Actor, bundle_id: UUID, at: datetime) -> AuditBundle:
    """Have a bundle not made after all; the worker leaves it where it is.

    Raises: Missing; BundleNotAllowed; BundleEnded; Busy.
    """
    bundle = AuditBundle.objects.of(auditor.organisation_id).lock(bundle_id)
    _check_allowed(auditor)
    if bundle.status != BundleStatus.WAITING:
        raise BundleEnded(_("It was made or cancelled before."))
    bundle.move("cancel")
    bundle.ended_at = at
    bundle.save(update_fields=["status", "ended_at"])
    record(
        "audit-bundle.cancelled", bundle, actor=auditor, at=at, organisation_id=bundle.council_id
    )
    return bundle


@transaction.atomic
def give_up_bundle(*, council_id: UUID, bundle_id: UUID, at: datetime) -> AuditBundle:
    """Say of a bundle that it cannot be made, after trying to no end.

    Shapes: for one that has ended it does nothing.
    Raises: Missing.
    """
    bundle = AuditBundle.objects.of(council_id).lock(bundle_id)
    if bundle.status != BundleStatus.WAITING:
        return bundle
    bundle.move("fail")
    bundle.refusal = _(
        "We tried several times and could not make it. Ask for fewer days at a time. If that does"
        " not work, ask whoever runs the marketplace."
    )
    bundle.ended_at = at
    bundle.save(update_fields=["status", "refusal", "ended_at"])
    record("audit-bundle.failed", bundle, actor=None, at=at, organisation_id=council_id)
    return bundle


def make_bundle(*, council_id: UUID, bundle_id: UUID, at: datetime) -> AuditBundle:
    """Write a bundle that was asked for, and keep it.

    Shapes: for one that has ended, or ends meanwhile, it does nothing.
    Raises: Missing.
    """
    bundle = AuditBundle.objects.of(council_id).one(bundle_id)
    if bundle.status != BundleStatus.WAITING:
        return bundle
    with TemporaryFile() as file:
        try:
            with _told_aside(bundle) as tell, _one_state():
                council = Organisation.objects.get(pk=bundle.council_id)
                days = Days(bundle.since_on, bundle.until_on)
                with Writer(cast(IO[bytes], file), tell) as writer:
                    write_bundle(writer, council, days, key=signing_key(), made_at=at)
        except _CancelledMeanwhile:
            return bundles(bundle.council_id).one(bundle_id)
        file.seek(0)
        return keep_bundle(council_id=council_id, bundle_id=bundle_id, content=file.read(), at=at)


@transaction.atomic
def keep_bundle(*, council_id: UUID, bundle_id: UUID, content: bytes, at: datetime) -> AuditBundle:
    """Keep the file of a bundle.

    Shapes: for one that ended meanwhile it does nothing.
    Raises: Missing; Busy.
    """
    bundle = AuditBundle.objects.of(council_id).lock(bundle_id)
    if bundle.status != BundleStatus.WAITING:
        return bundle
    document: Document = store_document(
        organisation_id=council_id,
        name=f"audit-{bundle.since_on.isoformat()}-{bundle.until_on.isoformat()}.zip",
        media_type="application/zip",
        content=content,
        at=at,
    )
    bundle.move("finish")
    bundle.document = document
    bundle.sha256 = document.sha256
    bundle.public_key = public_key()
    bundle.rows_done = bundle.rows_count
    bundle.ended_at = at
    bundle.save(
        update_fields=["status", "document", "sha256", "public_key", "rows_done", "ended_at"]
    )
    record(
        "audit-bundle.made",
        bundle,
        actor=None,
        at=at,
        organisation_id=council_id,
        after={
            "from_on": bundle.since_on,
            "until_on": bundle.until_on,
            "sha256": bundle.sha256,
            "public_key": bundle.public_key,
        },
    )
    return bundle


@contextmanager
def _one_state() -> Iterator[None]:
    """Read one state of the database for as long as the block lasts."""
    within = connection.in_atomic_block
    with transaction.atomic():
        if not within:  # whoever is within another transaction has its state already
            with connection.cursor() as cursor:
                cursor.execute(_ONE_STATE)
        yield


@contextmanager
def _told_aside(bundle: AuditBundle) -> Iterator[Callable[[int], None]]:
    """Give a function that tells how far it is at once, on a connection of its own.

    Why: what one transaction reads cannot be written in it, and nobody else would see it.
    Raises (the function): _CancelledMeanwhile. When the telling itself fails, the work goes on.
    """
    aside = connection.copy()

    def tell(rows: int) -> None:
        try:
            with aside.cursor() as cursor:
                cursor.execute(_ACT_FOR, [str(bundle.council_id)])
                cursor.execute(_STANDS, [bundle.pk])
                found = cursor.fetchone()
                if not found or found[0] == BundleStatus.WAITING:
                    cursor.execute(_TELL, [rows, bundle.pk])
        except DatabaseError:
            log.warning("bundle.progress_not_told", bundle_id=str(bundle.pk), exc_info=True)
            return
        if found and found[0] != BundleStatus.WAITING:
            raise _CancelledMeanwhile

    try:
        yield tell
    finally:
        aside.close()


def _check_allowed(auditor: Actor) -> None:
    """Raise BundleNotAllowed unless somebody may read the whole trail."""
    if not auditor.holds(*READERS):
        raise BundleNotAllowed(_("Only auditors and administrators can."))


def _check_days(days: Days, at: datetime) -> None:
    """Raise BundleDaysNotRight unless there are such days, and all of them have come."""
    today = timezone.localdate(at)
    if days.until < days.since:
        raise BundleDaysNotRight(_("The last day must not be before the first."), field="until_on")
    if days.until > today:
        raise BundleDaysNotRight(
            _("Choose a last day up to today, %(today)s.") % {"today": date_format(today, "j F Y")},
            field="until_on",
        )
