"""What a password may be, beyond what Django asks of one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_CHARACTERS = 1000


class NotEndless:
    """Refuses a password that would take long to hash, every time somebody signs in with it.

    Source: OWASP, Authentication Cheat Sheet (an upper limit of at least 64 characters).
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError when a password is too long."""
        if len(password) > MOST_CHARACTERS:
            raise ValidationError(
                _("Your password must have no more than %(most)s characters.")
                % {"most": f"{MOST_CHARACTERS:,}"},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        """Return nothing: nobody needs to be told who does not try."""
        return ""
