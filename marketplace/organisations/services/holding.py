"""Holding an organisation while something is made of which it may have only one."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from marketplace.core.errors import Missing
from marketplace.core.models import busy_if_held
from marketplace.organisations.models import Organisation

# The first half of the key, which keeps clear of other advisory locks.
_REGISTERING = 7_315_042


def hold_organisation(organisation_id: UUID) -> Organisation:
    """Return an organisation, held until the transaction ends.

    Why: what is not there yet cannot be held, so two who make the first of something (a policy's
    next version, a budget, a person) stand in line at the row above it. Rows that only refer to
    the organisation can still be written.
    Raises: Missing; Busy.
    """
    rows = Organisation.objects.select_for_update(no_key=True).filter(pk=organisation_id)
    with busy_if_held():
        found = rows.first()
    if found is None:
        raise Missing(_("There is no such organisation."))
    return found


def hold_registering() -> None:
    """Let nobody else bring a supplier into the marketplace until the transaction ends.

    Why: two councils may register the same company, or one of the same name, at once, and neither
    sees the other's row before it is kept.
    Raises: Busy.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_REGISTERING])
