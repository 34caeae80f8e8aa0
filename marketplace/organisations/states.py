"""Whether a council buys from a supplier at present.

A link begins ACTIVE, when the council accepts the supplier. A council that has doubts suspends it,
with a reason that the supplier may read: what is ordered stays ordered, and nothing new can be
bought until the suspension is lifted. A link is never removed, since orders refer to it.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.core.states import Machine, move


class LinkStatus(models.TextChoices):
    """Whether a council buys from a supplier at present."""

    ACTIVE = "ACTIVE", _("Active")
    SUSPENDED = "SUSPENDED", _("Suspended")


LINK = Machine(
    move("suspend", LinkStatus.ACTIVE, LinkStatus.SUSPENDED),
    move("lift", LinkStatus.SUSPENDED, LinkStatus.ACTIVE),
)
