"""Invoices that are approved or let through, and what was spent by it, for tests."""

from __future__ import annotations

from decimal import Decimal

from invoicing.models import Finding
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.releasing import release_finding
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Budget
from tests.factories import organisations
from tests.factories.ordering import NOON


def approved(market, invoice, who, **more):
    with market.acting():
        return approve_invoice(invoice_id=invoice.pk, approver=who, at=NOON, **more)


def let_through(market, invoice, who) -> None:
    """Let everything through that holds an invoice."""
    with stewardship():
        found = list(Finding.objects.filter(invoice=invoice, closed="").exclude(severity="NOTE"))
    for each in found:
        with market.acting():
            release_finding(
                invoice_id=invoice.pk, finding_id=each.pk, releaser=who, reason="Agreed.", at=NOON
            )


def spending(market) -> Decimal:
    """What the market's budget says was spent."""
    with stewardship():
        return Budget.objects.get(pk=market.budget.pk).actual_amount


def chief(market, *, limit=50_000):
    """Keep a finance officer who may approve so much without an order."""
    return organisations.actor(market.council, "finance", "approver", limit=limit, name="Cy Chief")
