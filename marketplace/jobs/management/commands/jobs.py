"""Look after work that is owed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.jobs.services import parked_jobs, unpark_job


class Command(BaseCommand):
    """Lists the jobs that failed too often and wait for a person, and owes them again."""

    help = "List the jobs that are parked; --retry KEY owes one again, --retry all every one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("--retry", metavar="KEY", help="the key of a parked job, or all")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, or owe again."""
        parked = parked_jobs()
        wanted = options["retry"]
        chosen = [each for each in parked if wanted in ("all", str(each.pk))]
        if wanted and wanted != "all" and not chosen:
            raise CommandError("No parked job has this key.")
        for each in chosen:
            unpark_job(each.pk, at=timezone.now())
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "parked": [
                            {
                                "key": str(each.pk),
                                "name": each.name,
                                "owed_at": each.owed_at.isoformat(),
                                "attempts": each.attempts,
                                "last_error": each.last_error,
                            }
                            for each in parked
                        ],
                        "retried": len(chosen),
                    }
                )
            )
            return
        for each in parked:
            # One line a job, so that a key can be picked out whole.
            reason = each.last_error.splitlines()[-1] if each.last_error else "no reason kept"
            since = f"owed since {each.owed_at:%d %B %Y %H:%M}, {each.attempts} tries"
            self.stdout.write(f"{each.pk}  {each.name}  {since}: {reason}")
        if not parked:
            self.stdout.write("No job is parked.")
        if chosen:
            self.stdout.write(f"{len(chosen)} owed again.")
