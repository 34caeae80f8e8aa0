"""What a password may be, beyond what Django asks of one."""

from __future__ import annotations

import re

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_CHARACTERS = 1000
# What is shorter than this and said again and again is guessed as quickly as once.
LEAST_REPEATED = 8
_SIGNS = re.compile(r"[\W_]+")
_ENDS = re.compile(r"^[0-9]+|[0-9]+$")


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


class NotRepeated:
    """Refuses a password that says one common password, or a few characters, again and again.

    Why: who guesses tries such twins right after the common passwords themselves.
    Source: NIST SP 800-63B, 5.1.1.2 (repetitive characters, and values known to be expected).
    """

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError when a password only repeats what is easy to guess."""
        if len(password) > MOST_CHARACTERS:
            return  # refused already, and long to look through
        lowered = password.lower()
        plain = _SIGNS.sub("", lowered)
        for said in (lowered, plain, _ENDS.sub("", plain)):
            unit = _repeated(said)
            if unit and (len(unit) < LEAST_REPEATED or unit in self.common):
                raise ValidationError(
                    _(
                        "Your password says the same thing again and again, which is easy to"
                        " guess. Use three or four words that do not belong together."
                    ),
                    code="password_repeats",
                )

    def get_help_text(self) -> str:
        """Return nothing: nobody needs to be told who does not try."""
        return ""


def _repeated(text: str) -> str:
    """Return what a text says at least twice and nothing besides; "" when it does not.

    >>> _repeated("letmeinletmeinlet"), _repeated("orchard")
    ('letmein', '')
    """
    for length in range(1, len(text) // 2 + 1):
        if text[length:] == text[:-length]:
            return text[:length]
    return ""
