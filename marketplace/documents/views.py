"""Handing documents out."""

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from marketplace.documents import selectors
from marketplace.web.access import access
from marketplace.web.actors import actor

# What a browser may show in its own window; everything else is only ever saved.
SHOWN_INLINE = frozenset({"application/pdf"})


@access("signed-in")
@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Hand out the exact bytes that were kept, to whoever may read what they belong to."""
    kept = selectors.document(actor(request), document_id)
    way = "inline" if kept.media_type in SHOWN_INLINE else "attachment"
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    safe_name = re.sub(r"[^A-Za-z0-9._-]", "-", kept.name)
    response["Content-Disposition"] = f'{way}; filename="{safe_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
