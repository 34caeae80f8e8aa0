"""However a hostile supplier writes: what agrees asks no more than was ordered and came."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from invoicing.formats import model
from invoicing.intake.rules import figures_of
from invoicing.judging.findings import Severity as Judged
from invoicing.judging.totals import LARGEST_ROUNDING, judge_totals
from invoicing.judging.vat import legitimate_vat
from invoicing.matching.pairing import Billed
from invoicing.matching.rules import match_invoice_lines
from invoicing.matching.tolerances import Tolerances
from invoicing.matching.totals import Stated, match_totals
from tests.factories import einvoices
from tests.factories.einvoices import REDUCED, STANDARD, ZERO
from tests.invoicing.matching.lines import held, ordered

PENNY, NOUGHT = Decimal("0.01"), Decimal(0)
ORDER = (
    ordered(1, "10", "2.50"),
    ordered(2, "200", "0.005"),
    ordered(3, "3", "99.99", vat_percent=NOUGHT),
    ordered(4, "7", "1.0345", received="4", vat_percent=Decimal(5)),
)
RATES = {Decimal(20): STANDARD, Decimal(5): REDUCED, NOUGHT: ZERO}
SMALL = st.decimals("-5", "5", places=2)


@st.composite
def lines(draw):
    made = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        of = draw(st.sampled_from(ORDER))
        quantity = draw(st.sampled_from([Decimal(1), of.quantity, of.received_quantity,
                                         Decimal("0.5"), NOUGHT, Decimal(-1)]))  # fmt: skip
        price = of.unit_price + draw(st.sampled_from([NOUGHT, NOUGHT, NOUGHT, PENNY, -PENNY]))
        price = max(price, NOUGHT)
        more = draw(st.sampled_from([NOUGHT, NOUGHT, NOUGHT, PENNY, Decimal(500)]))
        times = draw(st.sampled_from([1, 1, 1, 2, 40]))
        rate = draw(st.sampled_from([of.vat_percent] * 4 + list(RATES)))
        for part in range(times):
            made.append(
                model.Line(
                    number=f"{number}.{part}", quantity=quantity, unit="EA",
                    net_amount=einvoices.rounded(quantity * price) + more,
                    order_line=str(of.place), price=model.Price(price),
                    adjustments=(model.AllowanceCharge(is_charge=True, amount=more),)
                    if more else (),
                    item=model.Item("Thing", sellers_id=of.part_number, category=RATES[rate]),
                )
            )  # fmt: skip
    return tuple(made)


ADJUSTMENTS = st.lists(
    st.builds(
        model.AllowanceCharge,
        is_charge=st.booleans(),
        amount=st.sampled_from([Decimal(each) for each in ("0.01", "100000", "-50", "5.00")]),
        category=st.sampled_from(list(RATES.values())),
    ),
    max_size=2,
).map(tuple)


@st.composite
def documents(draw):
    said = einvoices.invoice(draw(lines()), adjustments=draw(st.just(()) | ADJUSTMENTS))
    said = vat_by(said, draw(st.sampled_from([None, *legitimate_vat([], NOUGHT)])))
    prepaid = draw(st.sampled_from([None, None, None, "-0.99", "-0.01", "1"]))
    rounding = draw(st.sampled_from([None, None, None, "0.05", "-0.05", "0.06"]))
    prepaid, rounding = (each and Decimal(each) for each in (prepaid, rounding))
    more = (rounding or NOUGHT) - (prepaid or NOUGHT)
    return replace(
        said,
        totals=replace(
            said.totals, prepaid_amount=prepaid, rounding_amount=rounding,
            payable_amount=said.totals.gross_amount + more,
        ),
    )  # fmt: skip


def vat_by(said, way):
    """The same invoice with its VAT rounded another way."""
    if way is None:
        return said
    nets = {}
    for line in said.lines:
        nets.setdefault(line.item.category, []).append(line.net_amount)
    for each in said.adjustments:
        nets.setdefault(each.category, []).append(each.amount * (1 if each.is_charge else -1))
    (total,) = said.tax_totals
    rows = tuple(
        replace(row, tax_amount=legitimate_vat(
            nets.get(row.category, []), row.category.rate_percent)[way])
        for row in total.rows
    )  # fmt: skip
    vat = sum((row.tax_amount for row in rows), NOUGHT)
    totals = replace(said.totals, gross_amount=said.totals.net_amount + vat)
    return replace(said, tax_totals=(replace(total, amount=vat, rows=rows),), totals=totals)


def read(said):
    """What is kept of a document, as it is compared."""
    figures = figures_of(said)
    billed = [
        Billed(
            place=each["place"], reference=each["order_line_reference"],
            part_number=each["part_number"], gtin="", unit=each["unit"],
            quantity=each["quantity"], unit_price=each["unit_price"],
            net_amount=each["net_amount"], vat_percent=each["vat_rate_percent"],
        )
        for each in figures.lines
    ]  # fmt: skip
    facts = figures.invoice
    rates = [each["rate_percent"] or NOUGHT for each in figures.taxes]
    stated = Stated(
        facts["vat_amount"], facts["payable_amount"], facts["charges_amount"],
        charges_percent=max(rates, default=NOUGHT),
    )  # fmt: skip
    return stated, billed


def agrees(said, order):
    """Tell whether nothing would hold a document."""
    if any(each.severity is not Judged.NOTE for each in judge_totals(said)):
        return False
    stated, billed = read(said)
    match = match_invoice_lines(billed, order, Tolerances())
    whole = match_totals(stated, billed, Tolerances(), shares=match.shares)
    return match.agrees and not held(whole)


def gross_of_what_came():
    """What everything that came comes to with VAT, rounded by the way that gives the most."""
    nets = {}
    for line in ORDER:
        came = einvoices.rounded(line.unit_price * min(line.quantity, line.received_quantity))
        nets.setdefault(line.vat_percent, []).append(came)
    vat = sum((max(legitimate_vat(of, rate).values()) for rate, of in nets.items()), NOUGHT)
    return sum((each for of in nets.values() for each in of), NOUGHT) + vat


@given(said=documents())
def test_what_agrees_is_worth_it(said):
    if agrees(said, ORDER):
        rounding = min(said.totals.rounding_amount or NOUGHT, LARGEST_ROUNDING)
        assert said.totals.payable_amount - rounding <= gross_of_what_came() + PENNY


def test_an_honest_document_agrees():
    """Or the property would be true of nothing."""
    whole = tuple(
        einvoices.line(each.place, str(each.received_quantity), str(each.unit_price),
                       RATES[each.vat_percent]) for each in ORDER
    )  # fmt: skip
    said = einvoices.invoice(whole)
    assert agrees(said, ORDER)
    assert said.totals.payable_amount <= gross_of_what_came()


def test_vat_that_is_rounded_up_for_each_of_many_parts_of_a_line():
    """200 clips at 3p: 12p of VAT in ten lines of twenty, and two pounds in lines of one."""
    clips = (ordered(1, "200", "0.03"),)
    parts = tuple(
        replace(einvoices.line(n, "1", "0.03"), order_line="1",
                item=model.Item("Clip", sellers_id="P-1", category=STANDARD))
        for n in range(1, 201)
    )  # fmt: skip
    said = einvoices.invoice(parts)
    assert agrees(said, clips)
    way = next(way for way in legitimate_vat([], NOUGHT) if way == "LINES")
    assert vat_by(said, way).tax_total.amount == 2
    assert not agrees(resummed(vat_by(said, way)), clips)


def resummed(said):
    """The amount to pay as the gross has it."""
    return replace(said, totals=replace(said.totals, payable_amount=said.totals.gross_amount))
