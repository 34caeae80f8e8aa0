"""Who may read what a council has to spend and what it is spent from, and who may set it."""

from __future__ import annotations

from typing import Final

from marketplace.core.actors import Role

READERS: Final = (Role.BUYER, Role.APPROVER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR)
# Whoever says what there is to spend says what it is spent from.
KEEPERS: Final = (Role.FINANCE, Role.ADMINISTRATOR)
# Whoever answers for the accounts says when a month is over.
CLOSERS: Final = (Role.FINANCE,)
# Whoever answers for the accounts, or checks them, reads what was posted.
BOOK_READERS: Final = (Role.FINANCE, Role.AUDITOR)
