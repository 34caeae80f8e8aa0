"""Invoices that wait for a decision, and people who decide by browser or by program, for tests."""

from __future__ import annotations

import json
from uuid import uuid4

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invoicing.models import Finding, Invoice
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.access.world import token_for
from tests.factories import invoicing, ledger
from tests.factories.ordering import Market
from tests.factories.organisations import sign_in


def market_of_today(**options: object) -> Market:
    """Keep a market whose books are open on the day on which the test runs, too."""
    made = invoicing.market(**options)
    if financial_year(timezone.localdate()) != 2026:
        ledger.year(made.council, financial_year(timezone.localdate()))
    return made


def membership_of(actor: Actor) -> Membership:
    with stewardship():
        return Membership.objects.select_related("user", "organisation").get(pk=actor.membership_id)


def browser(actor: Actor) -> Client:
    """Return a browser in which somebody is signed in."""
    return sign_in(Client(), membership_of(actor))


def call(actor: Actor, name: str, *args: object, body: object = None, seen: int | None = None):
    """Call an operation with somebody's token, naming the version that was seen."""
    with stewardship():
        bearer = token_for(membership_of(actor))
    headers = {"authorization": f"Bearer {bearer}", "idempotency-key": str(uuid4())}
    if seen is not None:
        headers["if-match"] = f'"{seen}"'
    return Client().generic(
        "POST", reverse(name, args=args), json.dumps(body or {}),
        content_type="application/json", headers=headers,
    )  # fmt: skip


def hold_of(invoice: Invoice) -> Finding:
    with stewardship():
        return Finding.objects.get(invoice=invoice, closed="", severity="HOLD")
