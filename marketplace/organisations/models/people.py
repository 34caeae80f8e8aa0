"""People, what they are in an organisation, and the tokens that act for them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import Role
from marketplace.core.ids import uuid7
from marketplace.core.models import Row, TenantQuerySet
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.models.organisations import Organisation

ROLE_LABELS = {
    Role.REQUESTER: _("Requester"),
    Role.BUYER: _("Buyer"),
    Role.APPROVER: _("Approver"),
    Role.RECEIVER: _("Receiver of goods"),
    Role.FINANCE: _("Finance officer"),
    Role.PAYMENTS: _("Payments officer"),
    Role.SUPPLIER: _("Supplier"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}


class UserManager(BaseUserManager["User"]):
    """People by their e-mail address, whatever its capitals."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person who signs in with this address."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> User:  # noqa: ANN401
        """Keep a new person; without a password they cannot sign in until they set one."""
        user = self.model(email=email.strip().lower(), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. What they may do hangs on their memberships, never on this row.

    Read before anybody is known, at sign-in, so not walled in by row-level security.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_email_lower_case", condition=Q(email=Lower("email"))),
        ]


class Membership(Row):
    """What a person is in an organisation.

    Until somebody accepts an invitation, `invited_name` is what the inviter typed, and all that
    their organisation learns of them; `invitation_open` says whether they may still accept.
    """

    tenant_columns = ("organisation_id",)

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20), default=list)
    approval_limit_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True
    )
    is_active = models.BooleanField(default=True)
    invited_name = models.CharField(max_length=200, blank=True)
    invitation_open = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    objects = TenantQuerySet["Membership"].as_manager()

    class Meta:
        verbose_name = _("person")
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="membership_one_a_pair"),
            models.CheckConstraint(
                name="membership_roles_known",
                condition=Q(roles__contained_by=[role.value for role in Role]),
            ),
            models.CheckConstraint(
                name="membership_limit_positive",
                condition=Q(approval_limit_amount__isnull=True) | Q(approval_limit_amount__gt=0),
            ),
            models.CheckConstraint(
                name="membership_acts_once_accepted",
                condition=Q(invited_name="", invitation_open=False)
                | (~Q(invited_name="") & Q(is_active=False)),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "id"], name="membership_by_organisation")]

    @property
    def reference(self) -> str:
        """What the audit trail calls it; the user should be joined in."""
        return self.known_as

    @property
    def known_as(self) -> str:
        """The name to show to the organisation: what was typed, until the person accepts."""
        return self.invited_name or self.user.name

    @property
    def role_names(self) -> list[str]:
        """The roles as people call them."""
        return [str(ROLE_LABELS[Role(role)]) for role in self.roles]

    @property
    def deeds(self) -> list[str]:
        """What somebody with these roles does, a sentence each."""
        return [str(DEEDS[Role(role)]) for role in self.roles]


class ApiToken(Row):
    """A token that lets a program act for one membership, within scopes.

    Only a hash is kept: the token itself is shown once.
    """

    tenant_columns = ("organisation_id",)

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["ApiToken"].as_manager()

    class Meta:
        verbose_name = _("token")
        constraints = [
            models.CheckConstraint(
                name="apitoken_expires_later",
                condition=Q(expires_at__gt=models.F("created_at")),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="apitoken_by_organisation")]

    @property
    def reference(self) -> str:
        """What the audit trail calls it."""
        return self.name
