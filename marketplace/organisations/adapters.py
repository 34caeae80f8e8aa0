"""How django-allauth works here: nobody signs up, staff keep their second factor, mail is owed."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest  # noqa: TID251  # an adapter is an edge
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.core.ids import uuid7
from marketplace.jobs.services import wake
from marketplace.organisations.devices import guesses_key
from marketplace.organisations.models import User
from marketplace.organisations.rules import LONGEST_EMAIL
from marketplace.organisations.selectors.people import is_council_staff
from marketplace.organisations.sessions import (
    FACTORS,
    is_setting_up_first_factor,
    owes_second_factor,
)

log = structlog.get_logger(__name__)

# Said at every sign-in, it would only push down what the page is for.
UNSAID = frozenset({"account/messages/logged_in.txt", "mfa/messages/recovery_codes_generated.txt"})


def display(user: User) -> str:
    """Return how a person is called on allauth's pages and in its mail."""
    return user.name or user.email


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-in for people whom an administrator invited."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The email address or the password is not right."),
        "account_inactive": _("The email address or the password is not right."),
        "incorrect_password": _("The password is not right."),
        "incorrect_code": _("The code is not right. Check the clock of your phone and try again."),
        "too_many_login_attempts": _(
            "Somebody has tried to sign in too often. Wait 15 minutes and try again, or ask for a"
            " new password."
        ),
        "rate_limited": _("That was too often. Wait a minute and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: an administrator invites people."""
        return False

    def clean_email(self, email: str) -> str:
        """Return an address that can be kept.

        Raises: ValidationError.
        """
        if len(email) > LONGEST_EMAIL:
            raise ValidationError(
                gettext("An email address must be %(most)d characters or fewer.")
                % {"most": LONGEST_EMAIL}
            )
        return str(super().clean_email(email))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe a mail rather than send it, so that no page waits for a mail server.

        Why: how long an answer takes must not tell whether an address is known.
        """
        site = _Site()
        facts = {"request": self.request, "email": email, "current_site": site, **context}
        message = self.render_mail(template_prefix, email, facts)
        wake(
            "organisations.send_account_mail",
            key=str(uuid7()),
            payload={"to": email, "subject": message.subject, "body": message.body},
        )

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:  # noqa: ANN401
        """Return the link that proves an address.

        Why: a mail goes to somebody else than who asked for it, so it never repeats the host that
        was asked for, which whoever asks can choose.
        """
        address = reverse("account_confirm_email", args=[emailconfirmation.key])
        return f"{settings.SITE_ADDRESS}{address}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Owe a link for a new password; it is made when it is sent and kept nowhere."""
        payload = {"user_id": str(user.pk)}
        wake("organisations.send_password_link", key=str(uuid7()), payload=payload)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,  # noqa: ANN401  # allauth's signature
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Show a message, except where it only says what the page shows anyway."""
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ANN401
        """Tell whether a deed of one of allauth's parts needs somebody to show again who they are.

        Why not for a first second step: staff are led to it from signing in, and would type the
        same password twice in a minute. Tokens and addresses ask all the same.
        """
        at = timezone.now()  # noqa: TID251  # an edge
        if app == "allauth.mfa" and is_setting_up_first_factor(self.request, at):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return how a person can show again who they are.

        Why: the password was shown already; where a second factor is owed, only that one counts.
        """
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not owes_second_factor(self.request):
            return methods
        return [each for each in methods if each["id"] != "reauthenticate"]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ANN401
        """Return under which name guesses are counted: whose password it is, not what was typed.

        Why: allauth counts by the host that was asked for too, which whoever asks can choose, and
        one person may have two addresses. The limits themselves stay ACCOUNT_RATE_LIMITS.
        """
        email = str(credentials.get("email", "")).strip().lower()
        found = filter_users_by_email(email, prefer_verified=True, for_login=True)
        return guesses_key(request, next(iter(found), None), email)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401
        """Log that somebody could not sign in; never what they typed."""
        log.warning("sign_in.failed", ip=self.get_client_ip(request))


class _Site:
    """This site, as allauth's mail templates name it."""

    def __init__(self) -> None:
        self.name = gettext("the councils’ marketplace")
        self.domain = urlsplit(settings.SITE_ADDRESS).netloc


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors, kept encrypted; council staff cannot remove their last one."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "People who work for a council need a second step. Add another one before you remove"
            " this one."
        ),
        "incorrect_code": _("The code is not right. Check the clock of your phone and try again."),
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return what a new passkey is called until its owner says otherwise."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it is kept.

        Why: a copy of the database alone must not be enough to make codes.
        """
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read back a secret; keys that were replaced (SECRET_KEY_FALLBACKS) still open theirs."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Tell whether somebody may remove this factor."""
        if authenticator.type not in FACTORS or not is_council_staff(authenticator.user_id):
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key_from(secret)) for secret in keys])


def _key_from(secret: str | bytes) -> bytes:
    secret = secret if isinstance(secret, bytes) else secret.encode()
    derived = hashlib.blake2b(secret, digest_size=32, person=b"second-factor").digest()
    return base64.urlsafe_b64encode(derived)
