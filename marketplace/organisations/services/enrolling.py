"""Keeping a person by their e-mail address, before they belong anywhere."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Invalid
from marketplace.organisations.models import User
from marketplace.organisations.rules import LONGEST_EMAIL
from marketplace.organisations.selectors.people import person_by_email


class EmailTooLong(Invalid):
    """An e-mail address is longer than any that mail can be sent to."""

    code = "person.email-too-long"
    title = gettext_lazy("This email address is too long.")


def check_email(email: str, *, field: str = "email") -> None:
    """Let an address pass that can be kept.

    Raises: EmailTooLong.
    """
    if len(email.strip().lower()) > LONGEST_EMAIL:
        raise EmailTooLong(
            _("An email address must be %(most)d characters or fewer.") % {"most": LONGEST_EMAIL},
            field=field,
        )


def enrol_person(*, name: str, email: str) -> User:
    """Keep a person who has no password yet.

    Shapes: when somebody else enrolled them at the same instant, that person is returned.
    Why: the address counts as proven, since only a link that is mailed to it can set a password.
    Raises: EmailTooLong.
    """
    check_email(email)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=" ".join(name.split()))
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError:
        known = person_by_email(email)
        if known is None:
            raise
        return known
    return user
