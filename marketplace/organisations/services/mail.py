"""Mail about signing in. A link is made at the moment of sending and kept nowhere.

These go out at once rather than through marketplace.notifications: that keeps every word of a
message for the organisation to read, and a link that sets a password is for one person alone.
"""

from __future__ import annotations

from uuid import UUID

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Membership, Organisation, User
from marketplace.organisations.selectors.people import live_keepers


def send_invitation(*, membership_id: UUID | str, council_id: UUID | str | None = None) -> None:
    """Tell a person that they were added to an organisation, and how to get in.

    Shapes: `council_id` is the council that brings in a supplier, whose first person this is.
    Why: a mail in which a firm invites its own owner looks like fraud.
    """
    membership = Membership.objects.select_related("user", "organisation").get(pk=membership_id)
    organisation, user = membership.organisation.name, membership.user
    if user.has_usable_password():
        link = f"{settings.SITE_ADDRESS}{reverse('switch')}"
        how = _("Sign in with the password that you have:")
    else:
        link = password_link(user)
        how = _("Choose a password first. The link works for three days:")
    names = {"name": user.name, "organisation": organisation, "how": how, "link": link}
    if council_id:
        names["council"] = Organisation.objects.get(pk=council_id).name
        subject = _("%(council)s would like to buy from %(organisation)s") % names
        body = _(
            "Hello %(name)s\n\n%(council)s would like to buy from %(organisation)s, and invites you"
            " to the marketplace on which it buys. There you show what you offer, and get its"
            " orders.\n\n%(how)s\n\n%(link)s\n\n"
            "If you did not expect this, ask the council before you do anything."
        )
    else:
        subject = _("%(organisation)s has invited you") % names
        body = _(
            "Hello %(name)s\n\n%(organisation)s has invited you to its marketplace.\n\n%(how)s\n\n"
            "%(link)s\n\nIf you did not expect this, you need not do anything."
        )
    body %= names
    send_account_mail(to=user.email, subject=subject, body=body)


def send_password_link(*, user_id: UUID | str) -> None:
    """Mail somebody a link that sets a new password, if they may sign in at all."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    body = _(
        "Hello %(name)s\n\nSomebody, probably you, asked for a new password.\n\n"
        "Choose it here. The link works for three days and once:\n\n%(link)s\n\n"
        "If it was not you, you need not do anything: your password stays as it is."
    ) % {"name": user.name, "link": password_link(user)}
    send_account_mail(to=user.email, subject=_("Your new password"), body=body)


def send_supplier_moved(
    *, council_id: UUID | str, supplier_id: UUID | str, old_email: str, new_email: str
) -> None:
    """Tell a council's administrators that a supplier changed the address that gets its orders."""
    supplier = Organisation.objects.get(pk=supplier_id)
    with tenant(UUID(str(council_id))):
        keepers = live_keepers(UUID(str(council_id)), Role.ADMINISTRATOR).select_related("user")
        addresses = sorted(keeper.user.email for keeper in keepers)
    names = {"supplier": supplier.name, "old": old_email or _("none"), "new": new_email}
    body = (
        _(
            "%(supplier)s has changed the email address that gets its orders.\n\n"
            "Before: %(old)s\nNow: %(new)s\n\n"
            "If you did not expect this, ask them by telephone, with a number that you knew"
            " before. You can stop buying from them meanwhile."
        )
        % names
    )
    subject = _("%(supplier)s has a new email address for orders") % names
    for address in addresses:
        send_account_mail(to=address, subject=subject, body=body)


def send_account_mail(*, to: str, subject: str, body: str) -> None:
    """Send one mail now."""
    EmailMessage(subject=" ".join(subject.split()), body=body, to=[to]).send(fail_silently=False)


def password_link(user: User) -> str:
    """Return an address at which this person, and nobody else, can set a password."""
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    names = {"uidb36": user_pk_to_url_str(user), "key": key}
    return f"{settings.SITE_ADDRESS}{reverse('account_reset_password_from_key', kwargs=names)}"
