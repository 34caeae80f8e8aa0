"""Invoices and payments under fire: nothing is lost, paid twice or posted twice.

Suppliers' programs send invoices, some of them twice and some in disguise, while goods are still
coming; finance lets differences through and approves; payments officers prepare, export and settle
runs that others approve; the ledger takes journals away. Everybody has a rival who does the same at
the same time, and tries each deed anew until nothing is left to do, while the web server, the
worker, the database and the broker are killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from threading import Event
from uuid import uuid4

import pytest
from django.utils import timezone

from invoicing.formats.ubl import write_ubl
from invoicing.models import (
    Arrival,
    ExportedJournal,
    Finding,
    Invoice,
    LedgerExport,
    Payment,
    PaymentRun,
)
from invoicing.payments.bank_days import next_bank_day
from invoicing.payments.services.settlement import settle_run
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.core.tenancy import stewardship
from marketplace.jobs.services import run_due_jobs
from marketplace.ledger.models import Journal
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order
from tests.access.world import token_for
from tests.factories import invoicing, ordering, organisations, payments, receipts
from tests.invoicing.settling.deciding import market_of_today, membership_of
from tests.probes import twins
from tests.resilience.invariants import MONEY, every_chain_is_whole, no_job_is_stuck, settle
from tests.resilience.kit import (
    DATABASE_ERRORS,
    Installation,
    broken,
    connections,
    under_fire,
    until_answered,
)

TARGETS = ("web", "worker", "database", "worker", "broker", "web", "beat")
ENDED = ("PAID", "REPEAT", "SENT_BACK")


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
    """A council, what is sent to it, and who does what with it."""

    installation: Installation
    market: ordering.Market
    payer: Actor
    late: list[Order] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    disguised: list[bytes] = field(default_factory=list)
    asked: Decimal = Decimal(0)
    secrets: dict[str, str] = field(default_factory=dict)

    def let(self, name: str, actor: Actor) -> None:
        """Give somebody a program that acts for them."""
        with stewardship():
            self.secrets[name] = token_for(membership_of(actor))

    def ask(self, who: str, path: str, body: object = None) -> int | None:
        """Ask for a deed, as if for the first time; None when nobody answered."""
        is_file = isinstance(body, bytes)
        request = urllib.request.Request(
            f"{self.installation.address}/api/v1/{path}",
            data=body if is_file else json.dumps(body or {}).encode(),
            headers={
                "Authorization": f"Bearer {self.secrets[who]}",
                "Content-Type": "application/xml" if is_file else "application/json",
                "Idempotency-Key": str(uuid4()),
                "If-Match": "*",
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            error.read()
            return None if error.code >= 500 else error.code
        except OSError:
            return None

    def send(self, files: list[bytes]) -> Callable[[Event], None]:
        """Send files, each until it was answered."""

        def act(give_up: Event) -> None:
            for each in files:
                path = f"invoices?council={self.market.council.pk}"
                while not give_up.is_set() and self.ask("seller", path, each) != 202:
                    give_up.wait(0.2)
                give_up.wait(0.2)

        return act

    def book_in(self, give_up: Event) -> None:
        """Book in what comes late, each order until somebody has."""
        for order in self.late:

            def receive(order: Order = order) -> None:
                if any(line.to_come_quantity for line in receipts.lines_of(order)):
                    receipts.received(self.market, order)

            until_answered(receive, give_up)
            give_up.wait(0.5)

    def over_and_over(self, *deeds: Callable[[], None]) -> Callable[[Event], None]:
        """Do deeds again and again until everything has ended."""

        def act(give_up: Event) -> None:
            while not give_up.is_set():
                try:
                    if self.has_ended():
                        return
                    for deed in deeds:
                        deed()
                except DATABASE_ERRORS:
                    connections["default"].close()
                give_up.wait(0.4)

        return act

    def left(self) -> Counter[str]:
        """How many there are of what, and how they stand."""
        with stewardship():
            found = Counter(Invoice.objects.values_list("status", flat=True))
            found += Counter(Arrival.objects.values_list("status", flat=True))
            found += Counter(PaymentRun.objects.values_list("status", flat=True))
            return found + Counter(Finding.objects.filter(closed="").values_list("code", flat=True))

    def has_ended(self) -> bool:
        with stewardship():
            unread = Arrival.objects.filter(status="WAITS").exists()
            count = Invoice.objects.filter(kind="INVOICE").exclude(status="REPEAT").count()
            left = Invoice.objects.exclude(status__in=ENDED).exists()
            runs = PaymentRun.objects.exclude(status__in=["SETTLED", "VOID"]).exists()
        everything = len(self.files) + len(self.disguised)
        return not (unread or left or runs) and count >= everything

    def keys(self, rows) -> list[object]:
        with stewardship():
            return list(rows.order_by("?").values_list("pk", flat=True)[:5])

    def let_through(self) -> None:
        """Let a dear price through; what looks like another is sent back, not let through."""
        with stewardship():
            holds = Finding.objects.filter(closed="", severity="HOLD", invoice__status="HELD")
            found = list(holds.values_list("invoice_id", "pk", "code"))
        for invoice, finding, code in found:
            if code == "PRICE":
                body = {"reason": "Agreed by telephone."}
                self.ask("releaser", f"invoices/{invoice}/findings/{finding}/release", body)
            elif code == "NUMBER_LOOKS_SAME":
                self.ask("releaser", f"invoices/{invoice}/sending-back", {"reason": "Twice."})

    def approve(self) -> None:
        for key in self.keys(Invoice.objects.filter(status="MATCHED")):
            self.ask("finance", f"invoices/{key}/approval")

    def prepare(self) -> None:
        if self.keys(Invoice.objects.filter(status="APPROVED").exclude(payments__is_open=True)):
            body = {
                "due_by_on": str(timezone.localdate() + timedelta(days=90)),
                "pay_on": str(next_bank_day(timezone.localdate())),
                "payer_name": "Ambridge Council", "payer_sort_code": "202015",
                "payer_account_number": "55555555",
            }  # fmt: skip
            self.ask("payer", "payment-runs", body)

    def check(self) -> None:
        with stewardship():
            runs = list(PaymentRun.objects.filter(status="PREPARED"))
        for run in runs:
            body = {"frozen_sha256": run.frozen_sha256}
            self.ask("checker", f"payment-runs/{run.pk}/approval", body)

    def pay(self) -> None:
        for key in self.keys(PaymentRun.objects.filter(status="APPROVED")):
            self.ask("payer", f"payment-runs/{key}/export")
        with stewardship():
            runs = list(PaymentRun.objects.filter(status="EXPORTED"))
        for run in runs:
            self.settle(run)

    def settle(self, run: PaymentRun) -> None:
        """Say what the bank says days later, which no program can say today."""
        later = timezone.now() + timedelta(days=14)
        with contextlib.suppress(Refusal), self.market.acting():
            settle_run(run_id=run.pk, payments=self.payer, settled_on=run.pay_on, at=later)

    def hand_over(self) -> None:
        self.ask("finance", "ledger-exports", {"until_on": str(timezone.localdate())})

    def clients(self) -> list[Callable[[Event], None]]:
        """Everybody twice, so that each deed has a rival."""
        both = [self.over_and_over(self.approve, self.hand_over), self.over_and_over(self.prepare)]
        both += [self.over_and_over(self.check), self.over_and_over(self.pay)]
        sent = [self.send([*self.files, *self.disguised]), self.send(self.files[::-1])]
        return [*sent, self.book_in, self.over_and_over(self.let_through), *both, *both]

    def everything_asked_was_paid_once(self) -> list[str]:
        with stewardship():
            kept = Invoice.objects.exclude(status="REPEAT")
            statuses = Counter(kept.values_list("status", flat=True))
            paid = sum(Payment.objects.filter(failed_at=None).values_list("amount", flat=True))
            waiting = Arrival.objects.exclude(status="TAKEN").count()
        wanted = Counter({"PAID": len(self.files), "SENT_BACK": len(self.disguised)})
        problems = [] if statuses == wanted else [f"{statuses}, not {wanted}"]
        problems += [f"{waiting} files were not read"] if waiting else []
        return problems + ([] if paid == self.asked else [f"{paid} was paid of {self.asked}"])

    def every_file_sent_is_kept(self) -> list[str]:
        wanted = {hashlib.sha256(each).hexdigest() for each in (*self.files, *self.disguised)}
        with stewardship():
            return sorted(wanted - set(Arrival.objects.values_list("sha256", flat=True)))

    def every_payee_was_told_once(self) -> list[str]:
        with stewardship():
            told = Message.objects.filter(subject__contains="is paying you")
            count, unsent = told.count(), told.filter(sent_at=None).count()
            paid = Payment.objects.filter(sent_at__isnull=False).count()
        return [] if (count, unsent) == (paid, 0) else [f"{paid} paid, {count} told, {unsent} not"]

    def no_journal_left_twice(self) -> list[str]:
        with stewardship():
            left = Counter(ExportedJournal.objects.values_list("journal", flat=True))
            files = list(LedgerExport.objects.order_by("number"))
            unknown = set(left) - set(Journal.objects.values_list("pk", flat=True))
        problems = [f"journal {key} left {n} times" for key, n in left.items() if n > 1]
        problems += [f"journal {key} left, and is not there" for key in unknown]
        hashes = ["", *(each.sha256 for each in files[:-1])] if files else []
        if [each.previous_sha256 for each in files] != hashes:
            problems.append("the files do not follow one another")
        numbers = [each.number for each in files]
        return problems + ([] if numbers == list(range(1, len(files) + 1)) else [f"{numbers}"])

    def no_number_is_lost(self) -> list[str]:
        with stewardship():
            numbers = sorted(PaymentRun.objects.values_list("number", flat=True))
        ends = [int(number.rpartition("-")[2]) for number in numbers]
        return [] if ends == list(range(1, len(ends) + 1)) else [str(numbers)]


def minutes_pass() -> None:
    """Do what a dead worker had claimed, as if the minutes were over after which it is free."""
    if not settle(seconds=60):
        run_due_jobs(at=timezone.now() + timedelta(minutes=10))


def tell(installation: Installation, *, invoices: int) -> Story:
    """Keep a council whose orders are delivered, some of them late, and the invoices for them."""
    market = market_of_today(budget_amount=1_000_000)
    payments.confirmed(market.council, payments.account(market.supplier))
    payer = organisations.actor(market.council, "payments", name="Pat Payments")
    story = Story(installation, market, payer)
    for place in range(invoices):
        order = ordering.answered(market, quantity=place + 2)
        if place % 4 == 3:
            story.late.append(order)
        else:
            receipts.received(market, order)
        said = invoicing.said_of(market, order, number=f"FIRE-{place:04d}0")
        if place % 5 == 2:
            said = twins.dearer(said, "1.37")
        if place % 6 == 5:
            away = said.issued_on - timedelta(days=60)
            disguise = replace(said, number=f"F1RE-{place:04d}0", issued_on=away)
            story.disguised.append(write_ubl(disguise))
        story.files.append(write_ubl(said))
        story.asked += said.totals.payable_amount
    council = market.council
    story.let("seller", market.seller)
    story.let("releaser", organisations.actor(council, "finance", "buyer", name="Rea Leaser"))
    able = organisations.actor(council, "finance", "approver", limit=50_000, name="Fin Finance")
    story.let("finance", able)  # what asks more than its order is approved within a limit
    story.let("payer", payer)
    story.let("checker", organisations.actor(council, "payments", name="Cher Checker"))
    return story


def storm(installation: Installation, *, invoices: int, kills: int, seed: int) -> None:
    story = tell(installation, invoices=invoices)
    installation.start("web", "worker", "beat")
    assert installation.answers(path="/api/v1/invoices"), installation.log("web")
    fire = under_fire(
        installation, clients=story.clients(), kills=kills, seed=seed, targets=TARGETS,
        pauses=(0.5, 4.0), seconds=120 + 20 * kills, afterwards=minutes_pass,
    )  # fmt: skip
    assert fire.unfinished == 0, (fire, story.left(), installation.log("web")[-3000:])
    assert settle(seconds=90), (fire, broken(no_job_is_stuck), installation.log("worker")[-3000:])
    problems = broken(
        story.everything_asked_was_paid_once, story.every_file_sent_is_kept,
        story.every_payee_was_told_once, story.no_journal_left_twice, story.no_number_is_lost,
        every_chain_is_whole, no_job_is_stuck, *MONEY,
    )  # fmt: skip
    assert problems == [], (fire, installation.log("worker")[-3000:])
    shots = ", ".join(f"{name} {n}" for name, n in sorted(Counter(fire.shots).items()))
    print(f"seed {seed}: {invoices} invoices in {fire.seconds:.0f} s; killed {shots}")


def test_five_kills(installation):
    storm(installation, invoices=6, kills=5, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_fifty_kills(installation, seed):
    storm(installation, invoices=30, kills=10, seed=seed)
