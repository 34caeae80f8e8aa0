"""Questions about documents."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Conflict
from marketplace.documents.models import Document, ScanState


class NotClean(Conflict):
    """The document came from outside and was not found clean, or not yet."""

    code = "document.not-clean"
    title = gettext_lazy("This document cannot be opened.")


def document(organisation_id: UUID, document_id: UUID) -> Document:
    """Return a document with its bytes.

    Raises: Missing when there is none, or it is somebody else's; NotClean when it came from
    outside and was not found clean.
    """
    found = Document.objects.of(organisation_id).one(document_id)
    if found.scan_state == ScanState.WAITING:
        raise NotClean(_("It is being looked at for viruses. Try again in a few minutes."))
    if found.scan_state == ScanState.HARMFUL:
        raise NotClean(_("It was found to be harmful, so nobody can open it."))
    return found
