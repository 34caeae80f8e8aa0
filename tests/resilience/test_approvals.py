"""Approvals under fire: nothing is lost, nothing is done twice, and every penny adds up.

Approvers' programs approve requisitions through the API, two of them each one, while the web
server, the worker, the database and the broker are killed. Each tries again with its own key until
it is answered.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from marketplace.audit.models import Event as Entry
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, Requisition
from marketplace.organisations.services.tokens import create_token
from tests.factories import ledger, ordering
from tests.resilience.invariants import every_chain_is_whole, no_job_is_stuck, settle
from tests.resilience.kit import Installation, broken, under_fire

EACH = Decimal("159.00")
SCOPES = ["requisitions:read", "requisitions:write"]
TARGETS = ("web", "worker", "database", "web", "worker", "broker", "beat")


@pytest.fixture
def installation(tmp_path, django_db_blocker) -> Iterator[Installation]:
    with (
        Installation.begun(tmp_path) as made,
        django_db_blocker.unblock(),
        made.connected(),
    ):
        yield made


@dataclass
class Story:
    """What was asked of the product, and what it answered."""

    market: ordering.Market
    requisitions: list[Requisition]
    secret: str
    installation: Installation
    answers: dict[str, list[int]] = field(default_factory=dict)

    def approve(self, requisition: Requisition, give_up: Event) -> None:
        """Approve with a key of one's own, again and again until there is an answer."""
        key = str(uuid4())
        while not give_up.is_set():
            status = self._ask(requisition, key)
            if status is not None:
                self.answers.setdefault(str(requisition.pk), []).append(status)
                return
            give_up.wait(0.1)

    def _ask(self, requisition: Requisition, key: str) -> int | None:
        """Return the status of an answer, or None when the same should be asked again."""
        request = urllib.request.Request(
            f"{self.installation.address}/api/v1/requisitions/{requisition.pk}/approval",
            data=json.dumps({"content_hash": requisition.content_hash}).encode(),
            headers={
                "Authorization": f"Bearer {self.secret}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as response:
                return response.status
        except urllib.error.HTTPError as error:
            said = error.read()
            is_later = error.code >= 500 or b"/problems/busy" in said
            return None if is_later else error.code
        except OSError:
            return None

    def clients(self, count: int) -> list[Callable[[Event], None]]:
        """Two programs for each share of the requisitions, from either end."""
        shares = [self.requisitions[each::count] for each in range(count)]

        def program(share: list[Requisition]) -> Callable[[Event], None]:
            def act(give_up: Event) -> None:
                for requisition in share:
                    self.approve(requisition, give_up)

            return act

        both = [program(share) for share in shares]
        return both + [program(list(reversed(share))) for share in shares]

    def every_approval_was_answered_once(self) -> list[str]:
        """Of two who ask, one is told yes and the other that it has moved on already."""
        wanted = {str(each.pk): [200, 409] for each in self.requisitions}
        found = {key: sorted(answers) for key, answers in self.answers.items()}
        return [f"{key}: {found.get(key)}" for key in wanted if found.get(key) != wanted[key]]

    def every_requisition_became_one_order(self) -> list[str]:
        with stewardship():
            left = Requisition.objects.exclude(status="ORDERED").values_list("number", "status")
            orders = Counter(Order.objects.values_list("requisition_id", flat=True))
            unsent = Order.objects.exclude(status="SENT").values_list("number", "status")
            problems = [f"{number} is {status}" for number, status in [*left, *unsent]]
        return problems + [
            f"{each.number} became {orders[each.pk]} orders"
            for each in self.requisitions
            if orders[each.pk] != 1
        ]

    def no_number_is_lost(self) -> list[str]:
        with stewardship():
            numbers = sorted(Order.objects.values_list("number", flat=True))
        ends = [int(number.rpartition("-")[2]) for number in numbers]
        return [] if ends == list(range(1, len(ends) + 1)) else [str(numbers)]

    def the_money_adds_up(self) -> list[str]:
        with stewardship():
            problems = [str(each) for each in commitments_out_of_line()]
            problems += [str(each) for each in lines_below_nought()]
            promised = sum(Budget.objects.values_list("committed_amount", flat=True))
            kinds = Counter(CommitmentEntry.objects.values_list("kind", flat=True))
        if promised != EACH * len(self.requisitions):
            problems.append(f"{promised} is promised for {len(self.requisitions)} requisitions")
        if set(kinds.values()) != {len(self.requisitions)}:
            problems.append(str(kinds))
        return problems

    def every_deed_was_recorded_once(self) -> list[str]:
        verbs = ("requisition.approved", "requisition.ordered", "order.sent")
        with stewardship():
            found = Counter(Entry.objects.values_list("verb", flat=True))
        wanted = len(self.requisitions)
        return [f"{verb}: {found[verb]}" for verb in verbs if found[verb] != wanted]

    def every_letter_went_out(self) -> list[str]:
        """A letter may go twice when its sender dies in between; then both have the same name."""
        with stewardship():
            owed = {str(key) for key in Message.objects.values_list("pk", flat=True)}
            unsent = Message.objects.filter(sent_at=None).count()
        gone = [letter.extra_headers["Message-ID"] for letter in mail.outbox]
        for path in Path(self.installation.folder, "mail").glob("*"):
            # Two workers may write to one file in the same second.
            lines = path.read_text(errors="replace").splitlines()
            gone += [line.partition(": ")[2] for line in lines if line.startswith("Message-ID: ")]
        names = {name.strip("<>").partition("@")[0] for name in gone}
        problems = [f"{unsent} letters are not marked as sent"] if unsent else []
        return problems + [f"letter {key} did not go" for key in owed - names]


def tell(installation: Installation, *, requisitions: int) -> Story:
    """Keep a council with requisitions that wait for approval, and a token that may approve."""
    market = ordering.market(budget_amount="1000000.00")
    now = timezone.now()
    this_year = financial_year(timezone.localdate(now))
    if this_year != market.budget.financial_year:
        ledger.budget(
            market.council, amount="1000000.00", year=this_year,
            cost_centre=market.budget.cost_centre, account=market.budget.account,
        )  # fmt: skip
    waiting = [ordering.submitted(market) for _ in range(requisitions)]
    with tenant(market.council.pk):
        _token, secret = create_token(
            holder=market.approver, name="Storm", scopes=SCOPES, allowed_scopes=SCOPES,
            lasts=timedelta(days=1), at=now,
        )  # fmt: skip
    return Story(market, waiting, secret, installation)


def storm(installation: Installation, *, requisitions: int, kills: int, seed: int) -> None:
    story = tell(installation, requisitions=requisitions)
    installation.start("web", "worker", "beat")
    assert installation.answers(path="/api/v1/requisitions"), installation.log("web")
    fire = under_fire(
        installation, clients=story.clients(2), kills=kills, seed=seed, targets=TARGETS,
        pauses=(0.5, 2.5), seconds=90 + 6 * kills,
    )  # fmt: skip
    assert fire.unfinished == 0, (fire, installation.log("web")[-3000:])
    settled = settle(seconds=90)
    assert settled, (fire, broken(no_job_is_stuck), installation.log("worker")[-3000:])
    problems = broken(
        story.every_approval_was_answered_once, story.every_requisition_became_one_order,
        story.no_number_is_lost, story.the_money_adds_up, story.every_deed_was_recorded_once,
        story.every_letter_went_out, every_chain_is_whole, no_job_is_stuck,
    )  # fmt: skip
    assert problems == [], fire
    shots = ", ".join(f"{name} {n}" for name, n in sorted(Counter(fire.shots).items()))
    print(f"seed {seed}: {requisitions} requisitions in {fire.seconds:.0f} s; killed {shots}")


def test_five_kills(installation):
    storm(installation, requisitions=24, kills=5, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_fifty_kills(installation, seed):
    storm(installation, requisitions=120, kills=10, seed=seed)
