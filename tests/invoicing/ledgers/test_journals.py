"""What journals come to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from invoicing.ledgers.journals import control_totals
from tests.invoicing.ledgers import making


def test_totals_of_nothing():
    totals = control_totals([])
    assert (totals.journals, totals.lines, totals.debit_amount) == (0, 0, 0)


def test_totals_of_both_sides():
    totals = control_totals([making.journal(1), making.journal(2)])
    assert (totals.journals, totals.lines) == (2, 4)
    assert totals.debit_amount == totals.credit_amount == Decimal("240.00")


def test_the_hash_sees_what_the_sums_do_not():
    one = making.journal(1)
    spent, owed = one.lines
    same = control_totals([one])
    for other in (
        replace(one, lines=(replace(spent, account_code="5026"), owed)),
        replace(one, lines=(replace(spent, cost_centre_code="C200"), owed)),
        replace(one, reference="J26-000009"),
        replace(one, lines=(owed, spent)),
    ):
        totals = control_totals([other])
        assert totals.debit_amount == same.debit_amount
        assert totals.accounts_hash != same.accounts_hash
