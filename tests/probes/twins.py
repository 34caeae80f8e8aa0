"""A council with an honest invoice that lies beside whatever a probe does, and must not suffer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.matching.told import told
from invoicing.models import Arrival, Finding, Invoice
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.releasing import release_finding
from marketplace.audit.selectors import chain_verdict
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from marketplace.ledger.models import Journal
from marketplace.ledger.selectors.journals import trial_balance
from marketplace.ordering.models import Order
from tests.factories import einvoices, invoicing, organisations, payments, receipts
from tests.factories.ordering import NOON, Market

# A day by which everything is due.
FAR = date(2027, 3, 31)
FIRST_DAY, WEEK = date(2026, 9, 1), timedelta(days=7)


@dataclass(frozen=True)
class Stage:
    """A market, two finance officers, and an honest invoice that waits for approval."""

    market: Market
    finance: Actor
    other: Actor
    honest: Invoice
    said: model.Invoice

    def delivered(self, **options: object) -> Order:
        """Send an order of which everything has come."""
        return invoicing.delivered(self.market, **{"quantity": 4, **options})

    def said_of(self, of: Order, **facts: object) -> model.Invoice:
        """Return the electronic invoice of an order."""
        return invoicing.said_of(self.market, of, **facts)

    def billing(self, of: Order, quantity: object, number: str, **facts: object) -> model.Invoice:
        """Return the electronic invoice of so much of an order's first line."""
        line = invoicing.line_of(receipts.lines_of(of)[0], str(quantity))
        return self.said_of(of, lines=(line,), number=number, **facts)

    def parts(self, of: Order, *quantities: object) -> list[model.Invoice]:
        """Return invoices of parts of an order, a week apart, so that none looks like another."""
        return [
            self.billing(of, each, f"PART-{place}{place}", issued_on=FIRST_DAY + place * WEEK)
            for place, each in enumerate(quantities)
        ]

    def taken(self, content: bytes | model.Invoice, **facts: object) -> Invoice:
        """Send something in and have it read."""
        return invoicing.taken(self.market, content, **facts)

    def approved(self, invoice: Invoice, who: Actor | None = None, **facts: object) -> Invoice:
        """Approve an invoice."""
        with self.market.acting():
            return approve_invoice(
                invoice_id=invoice.pk, approver=who or self.finance, at=NOON, **facts
            )

    def let_through(self, invoice: Invoice, who: Actor | None = None) -> Invoice:
        """Let everything through that holds an invoice and may be let through."""
        with stewardship():
            found = list(Finding.objects.filter(invoice=invoice, closed="", severity="HOLD"))
        for each in found:
            with self.market.acting():
                release_finding(
                    invoice_id=invoice.pk, finding_id=each.pk, releaser=who or self.other,
                    reason="Looked into.", at=NOON,
                )  # fmt: skip
        return invoicing.now(invoice)


def stage(market: Market | None = None) -> Stage:
    """Keep a market, and the honest invoice of an order of its own."""
    made = market or invoicing.market(budget_amount=1_000_000)
    order = invoicing.delivered(made, quantity=7)
    said = invoicing.said_of(made, order, number="HONEST-1")
    return Stage(
        market=made,
        finance=invoicing.finance(made),
        other=organisations.actor(made.council, "finance", name="Una Other"),
        honest=invoicing.taken(made, said),
        said=said,
    )


def house(stage: Stage) -> payments.House:
    """Return the council as one that pays: two payments officers, and an account made sure of."""
    council, supplier = stage.market.council, stage.market.supplier
    return payments.House(
        council=council,
        supplier=supplier,
        preparer=organisations.actor(council, "payments", name="Pat Payments"),
        checker=organisations.actor(council, "payments", name="Cher Checker"),
        finance=stage.finance,
        seller=stage.market.seller,
        books=None,
        account=payments.confirmed(council, payments.account(supplier)),
    )


def check_untouched(stage: Stage) -> None:
    """The honest invoice agrees still, can be approved, and the books and trails are whole."""
    honest = invoicing.now(stage.honest)
    assert (honest.status, invoicing.found_in(honest)) == ("MATCHED", [])
    stage.approved(honest)
    check_books(stage)


def check_books(stage: Stage) -> None:
    """Debits are credits, every sum is that of its parts, and every trail is whole."""
    receipts.stands(stage.market)
    council, supplier = stage.market.council.pk, stage.market.supplier.pk
    with stage.market.acting():
        assert sum(row.net_amount for row in trial_balance(council, until=NOON.date())) == 0
    with stewardship():
        for chain in (council, supplier):
            assert not chain_verdict(chain).breaks


def check_held(stage: Stage, invoice: Invoice, *codes: str) -> None:
    """It is held for these reasons, in words; nobody can approve it, and nothing was posted."""
    assert invoice.status == "HELD"
    assert set(codes) <= set(invoicing.found_in(invoice)), invoicing.found_in(invoice)
    with stewardship():
        for finding in Finding.objects.filter(invoice=invoice, closed="", code__in=codes):
            words = told(finding, {1: "1"})
            assert words.said.strip()
            assert words.advice.strip()
    check_not_payable(stage, invoice)
    check_kept(invoice.arrival_id)


def check_repeat(stage: Stage, invoice: Invoice, first: Invoice) -> None:
    """It is known for what it is, kept beside the first, and bills nothing."""
    assert (invoice.status, invoice.repeats_id) == ("REPEAT", first.pk)
    with stewardship():
        assert not invoice.allocations.exists()
    check_not_payable(stage, invoice)
    check_kept(invoice.arrival_id)


def check_not_payable(stage: Stage, invoice: Invoice) -> None:
    """Approving it is refused, and leaves nothing."""
    with pytest.raises(Refusal) as refused:
        stage.approved(invoice)
    assert refused.value.detail.strip()
    with stewardship():
        assert not Journal.objects.filter(event_key=f"invoice:{invoice.pk}").exists()
        assert Invoice.objects.get(pk=invoice.pk).approved_at is None


def check_kept(arrival_id) -> None:
    """The very bytes that came are kept, with their hash and when they came."""
    with stewardship():
        arrival = Arrival.objects.get(pk=arrival_id)
        content = bytes(Document.objects.get(pk=arrival.document_id).content)
    assert hashlib.sha256(content).hexdigest() == arrival.sha256
    assert arrival.received_at == NOON


def dearer(said: model.Invoice, times: str) -> model.Invoice:
    """Return an invoice whose first line costs so many times as much, right in every sum."""
    first, *others = said.lines
    price = first.price.amount * Decimal(times)
    line = replace(
        first, price=replace(first.price, amount=price),
        net_amount=einvoices.rounded(price * first.quantity),
    )  # fmt: skip
    return einvoices.summed(replace(said, lines=(line, *others)))


def bytes_of(said: model.Invoice) -> bytes:
    """Return an invoice as UBL."""
    return write_ubl(said)
