"""Let somebody who lost phone and recovery codes set up a second step anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import person_by_email


class Command(BaseCommand):
    """Removes the second factors of one person; every organisation they act for reads of it."""

    help = "Remove somebody's second factors, after you have made sure by other means who asks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the address and the reason."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="who asked, and how you made sure")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Remove the factors and leave a trace of it."""
        user = person_by_email(options["email"])
        if user is None:
            raise CommandError("Nobody has this email address.")
        removed, _kinds = Authenticator.objects.filter(user=user).delete()
        with stewardship():
            memberships = list(
                Membership.objects.filter(user=user).select_related("user").order_by("pk")
            )
        for membership in memberships:
            record(
                "person.second-factor-reset",
                membership,
                actor=None,
                at=timezone.now(),
                organisation_id=membership.organisation_id,
                note=options["reason"],
            )
        self.stdout.write(f"Removed {removed} factors of {user.email}.")
