"""A process of its own that owes jobs and rings: what it took, as one line of JSON."""

import json
import os
import sys
import time

import django

django.setup()

from django.db import transaction  # noqa: E402

from marketplace.jobs.bell import wait_until_rung  # noqa: E402
from marketplace.jobs.services import wake  # noqa: E402


def owe(count: int) -> float:
    """Owe jobs in one transaction; return the seconds that its commit and its bells took."""
    with transaction.atomic():
        for number in range(count):
            wake("notifications.send_message", key=f"{os.getpid()}-{time.time_ns()}-{number}")
        begun = time.perf_counter()
    return time.perf_counter() - begun


def owe_in_child() -> bool:
    """Owe and ring in a forked child; tell whether it rang."""
    child = os.fork()
    if child == 0:
        django.db.connections.close_all()
        owe(1)
        os._exit(0 if wait_until_rung(seconds=15) else 1)
    _pid, status = os.waitpid(child, 0)
    return status == 0


def main() -> None:
    """Owe twice, and once more in a child if asked; print what each took."""
    count = int(sys.argv[1])
    took = [owe(count), owe(count)]
    rung = wait_until_rung(seconds=15)
    child_rang = owe_in_child() if "child" in sys.argv else None
    print(json.dumps({"took": took, "rung": rung, "child_rang": child_rang}))


main()
