"""What lines can be paid from, as it is offered."""

from __future__ import annotations

import pytest

from marketplace.ordering.models import RequisitionLine
from marketplace.ordering.requisitions.views.shown import coding_choices
from tests.factories import ledger, ordering

pytestmark = pytest.mark.django_db


def test_a_line_is_offered_its_own_account_first_and_then_the_one_that_fits(at):
    market = ordering.market()
    fits = ledger.budget(market.council, account=ledger.account(market.council, categories=["45"]))
    own = [ledger.budget(market.council) for _each in range(12)]
    lines = [RequisitionLine(account_id=each.account_id, category="45000000") for each in own]
    with market.acting():
        choices = coding_choices(market.council.pk, at, lines, every_account=False)
    offered = [[key for key, _words in choices.by_line[line.pk]] for line in lines]
    assert offered == [[str(each.pk), str(fits.pk)] for each in own]
