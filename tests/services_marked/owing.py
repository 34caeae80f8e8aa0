"""A process of its own that owes deeds and rings for each."""

import sys

import django

django.setup()

from django.db import transaction  # noqa: E402

from marketplace.jobs.bell import wait_until_rung  # noqa: E402
from marketplace.jobs.services import wake  # noqa: E402
from tests.jobs import deeds  # noqa: E402, F401  # makes the name known

for key in sys.argv[1:]:
    with transaction.atomic():
        wake("test.write", key=key, payload={"key": key})
sys.exit(0 if wait_until_rung(seconds=20) else 1)
