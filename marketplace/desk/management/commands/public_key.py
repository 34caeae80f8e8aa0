"""Tell the public key with which auditors check our bundles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.desk.bundles.keys import SigningKeyNotRight, public_key


class Command(BaseCommand):
    """Prints the key, and makes it if there is none yet."""

    help = "Print the public key with which auditors check bundles. The first time makes the key."
    requires_migrations_checks = False
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key."""
        try:
            self.stdout.write(public_key())
        except SigningKeyNotRight as problem:
            raise CommandError(str(problem)) from problem
