"""How many invitations an organisation may send in a day: each is a mail to somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.selectors import deeds_since
from marketplace.core.errors import Conflict

MOST_INVITATIONS: Final = 200
DAY: Final = timedelta(days=1)
INVITING: Final = ("person.invited", "person.invited-again")


class TooManyInvitations(Conflict):
    """An organisation has sent as many invitations as it may in a day."""

    code = "person.too-many-invitations"
    title = gettext_lazy("Your organisation has sent too many invitations today.")
    advice = gettext_lazy("Wait until tomorrow. Those that were sent already still work.")


def check_may_invite(organisation_id: UUID, at: datetime) -> None:
    """Let one more invitation be sent, whoever it is for and whether it is a first one.

    Why: the trail is counted, which nobody can empty; the caller holds what makes two invitations
    stand in line, or one too many could slip through.
    Raises: TooManyInvitations.
    """
    if deeds_since(organisation_id, INVITING, at - DAY) >= MOST_INVITATIONS:
        raise TooManyInvitations(
            _("You may send %(number)d in 24 hours. Nothing was sent.")
            % {"number": MOST_INVITATIONS}
        )
