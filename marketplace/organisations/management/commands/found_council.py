"""Bring a council into the marketplace."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email, validate_slug
from django.utils import timezone

from marketplace.core.errors import Refusal
from marketplace.organisations.models import Nation
from marketplace.organisations.services.founding import found_council


class Command(BaseCommand):
    """Keeps a new council and invites its first administrator, who invites everybody else."""

    help = "Bring a council into the marketplace and invite its first administrator by e-mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what must be known of a council."""
        parser.add_argument("name", help="its full name, as on a letterhead")
        parser.add_argument("--slug", required=True, help="a short name for addresses")
        parser.add_argument("--nation", default=Nation.ENGLAND, choices=Nation.values)
        parser.add_argument("--administrator", required=True, help="the person's name")
        parser.add_argument("--email", required=True, help="the person's address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Found the council, or say what is wrong."""
        try:
            validate_slug(options["slug"])
            validate_email(options["email"])
            council = found_council(
                name=options["name"].strip(),
                slug=options["slug"],
                nation=options["nation"],
                administrator_name=options["administrator"],
                administrator_email=options["email"].strip().lower(),
                at=timezone.now(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"id": str(council.pk), "slug": council.slug}))
        else:
            self.stdout.write(f"{council.name} is in. Its administrator has mail with a link.")
