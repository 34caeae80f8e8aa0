"""New second factors: no key is kept unless its registration was checked, no code counts twice."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What reading somebody's invented answer of a key can raise, by way of CBOR and structs.
UNREADABLE = (TypeError, ValueError, LookupError, AttributeError)


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new passkey.

    Why: the form it extends passes over an answer that counts as false, 0 say, and keeps it
    unchecked: a second factor that nobody has, and that every later sign-in stumbles over.
    """

    def clean_credential(self) -> dict[str, Any]:
        """Return what the key answered, which is an object or nothing at all."""
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict) or not credential:
            raise _refused()
        return credential

    def clean(self) -> dict[str, Any]:
        """Check the answer against the question that this session put."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except UNREADABLE as error:
            raise _refused() from error
        return cleaned


class NewAppForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """A new authenticator app.

    Why: the form it extends does not remember the code, so whoever looked over a shoulder could
    sign in with it for as long as it lasts.
    Source: RFC 6238, 5.2: a code that was accepted once is not accepted again.
    """

    def clean_code(self) -> str:
        """Return the code, which is used up by this.

        Raises: ValidationError.
        """
        code = str(super().clean_code())
        if not TOTP(Authenticator(user=self.user))._mark_code_used(code):  # no other way
            raise get_adapter().validation_error("incorrect_code")
        return code


def is_sound(authenticator: Authenticator) -> bool:
    """Tell whether a factor can be shown: a key must be one that can be read."""
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        return True
    try:
        return authenticator.wrap().authenticator_data.credential_data is not None
    except (ValidationError, *UNREADABLE):
        return False


def _refused() -> ValidationError:
    return ValidationError(_("Your passkey was not accepted. Try to set it up again."))
