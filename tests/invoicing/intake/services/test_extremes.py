"""Figures that nobody would write in earnest: each ends as an invoice or with a reason."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from tests.factories import einvoices, invoicing, organisations, receipts
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

LINES = {
    "quantity of nought": {"quantity": Decimal(0)},
    "no quantity": {"quantity": None},
    "a great quantity": {"quantity": Decimal("99999999999999")},
    "a quantity beyond all": {"quantity": Decimal(10) ** 28},
    "a tiny quantity": {"quantity": Decimal("0.000000000001")},
    "a quantity of many places": {"quantity": Decimal("2.0004999999999999")},
    "no price": {"price": model.Price()},
    "a great price": {"price": model.Price(Decimal("999999999999"))},
    "a price beyond all": {"price": model.Price(Decimal(10) ** 29)},
    "a price below nought": {"price": model.Price(Decimal(-5))},
    "a base of nought": {"price": model.Price(Decimal(5), base_quantity=Decimal(0))},
    "a tiny base": {"price": model.Price(Decimal(5), base_quantity=Decimal("1e-29"))},
    "a base of seven": {"price": model.Price(Decimal(5), base_quantity=Decimal(7))},
    "no net": {"net_amount": None},
    "a great net": {"net_amount": Decimal("99999999999.99")},
    "a net beyond all": {"net_amount": Decimal(10) ** 20},
    "a net of many places": {"net_amount": Decimal("158.999999999")},
    "a rate beyond all": {"item": model.Item(category=model.TaxCategory("S", Decimal(10) ** 9))},
    "a category of letters": {"item": model.Item(category=model.TaxCategory("S" * 500, None))},
    "strange digits": {"order_line": "\u0663"},
    "a long reference": {"order_line": "1" * 5_000},
    "long words": {"item": model.Item(name="x" * 9_000, sellers_id="y" * 9_000)},
    "a strange unit": {"unit": "furlongs per fortnight"},
    "a number used twice": {"number": "2"},
}
DOCUMENTS = {
    "a long order": {"order": "PO" * 3_000},
    "a long seller": {"seller": replace(einvoices.SELLER, legal_name="x" * 9_000)},
    "no seller": {"seller": model.Party()},
    "no buyer": {"buyer": model.Party()},
    "a long currency": {"currency": "GBPGBP"},
    "no currency": {"currency": ""},
    "no profile": {"profile": ""},
    "a number of signs": {"number": "---"},
    "a number in another script": {"number": "Рахунок №7"},
    "no lines": {"lines": ()},
    "a long profile": {"profile": "urn:" + "x" * 9_000},
}


@pytest.fixture
def market():
    return invoicing.market(listings=2)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


def ends_well(market, said) -> str:
    """Take it in, show it to both sides, and return how it ended."""
    arrival = invoicing.read(market, invoicing.arrived(market, write_ubl(said)))
    assert arrival.status == "TAKEN" or arrival.refusal_detail
    finance = sign_in(Client(), organisations.person(market.council, "finance"))
    answer = finance.get(reverse("arrival", args=[arrival.pk]), follow=True)
    assert answer.status_code == 200
    return (
        arrival.status if arrival.status == "REFUSED" else invoicing.invoice_of(arrival.pk).status
    )


@pytest.mark.parametrize("facts", LINES.values(), ids=LINES)
def test_of_a_line(market, order, facts):
    said = invoicing.said_of(market, order)
    first, *others = said.lines
    assert ends_well(market, replace(said, lines=(replace(first, **facts), *others))) in {
        "HELD", "REFUSED",
    } or "number" in facts or "order_line" in facts or "unit" in facts  # fmt: skip


@pytest.mark.parametrize("facts", DOCUMENTS.values(), ids=DOCUMENTS)
def test_of_a_document(market, order, facts):
    ends_well(market, replace(invoicing.said_of(market, order), **facts))


@pytest.mark.parametrize("amount", ["-0.01", "999999999998.99", "1e12", "1e29"])
def test_of_totals(market, order, amount):
    said = invoicing.said_of(market, order)
    for name in ("net_amount", "gross_amount", "payable_amount", "charge_amount"):
        totals = replace(said.totals, **{name: Decimal(amount)})
        assert ends_well(market, replace(said, totals=totals, number=name)) in {"HELD", "REFUSED"}


def test_of_what_was_billed_before(market, order):
    """A line that takes back everything, sent again and again under other numbers."""
    (first, second) = receipts.lines_of(order)
    for number in range(3):
        lines = (invoicing.line_of(first, "-1000000"), invoicing.line_of(second, "1000000"))
        said = invoicing.said_of(market, order, lines=lines, number=f"N-{number}")
        assert ends_well(market, said) == "HELD"
