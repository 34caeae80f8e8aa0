"""Questions about documents."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Conflict
from marketplace.documents.audiences import is_vouched_for
from marketplace.documents.models import Document, ScanState


class NotClean(Conflict):
    """The document came from outside and was not found clean, or not yet."""

    code = "document.not-clean"
    title = gettext_lazy("This document cannot be opened.")


def document(reader: Actor, document_id: UUID) -> Document:
    """Return a document with its bytes, to somebody who may read what it belongs to.

    What belongs to nothing that is known is open to its owner's auditors alone.
    Raises: Missing when there is none that `reader` may read; NotClean when it came from outside
    and was not found clean.
    """
    rows = Document.objects.of(reader.organisation_id)
    if not is_vouched_for(reader, document_id):
        own = rows.filter(organisation_id=reader.organisation_id)
        rows = own if reader.holds(Role.AUDITOR) else rows.none()
    found = rows.one(document_id)
    state = found.scan_state
    if state == ScanState.WAITING:
        raise NotClean(_why_it_waits())
    _refuse_harmful(state)
    return found


def _why_it_waits() -> str:
    if settings.CLAMD_ADDRESS:
        return _("It is being looked at for viruses. Try again in a few minutes.")
    return _(
        "It came from outside, and this marketplace has no virus scanner that could look at it."
        " Whoever runs the marketplace can connect one. Nobody can open it until then."
    )


def bytes_for_programs(organisation_id: UUID, document_id: UUID) -> bytes:
    """Return an organisation's document for a program of ours to read, which opens nothing in it.

    So it may be one that waits for its scan. The caller has asked whether the person may.
    Raises: Missing; NotClean when it was found to be harmful.
    """
    found = Document.objects.of(organisation_id).one(document_id)
    _refuse_harmful(found.scan_state)
    return bytes(found.content)


def _refuse_harmful(state: ScanState) -> None:
    if state == ScanState.HARMFUL:
        raise NotClean(_("It was found to be harmful, so nobody can open it."))
