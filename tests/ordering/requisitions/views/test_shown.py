"""What lines can be paid from, as it is offered."""

from __future__ import annotations

import pytest

from marketplace.ordering.models import RequisitionLine
from marketplace.ordering.requisitions.views import shown
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


def test_puts_into_words_only_what_is_shown(at, monkeypatch):
    market = ordering.market()
    fits = ledger.budget(market.council, account=ledger.account(market.council, categories=["45"]))
    for _each in range(9):
        ledger.budget(market.council)
    one = [RequisitionLine(account_id=fits.account_id, category="45000000")]
    said: list[object] = []
    monkeypatch.setattr(shown, "money", lambda amount: said.append(amount) or str(amount))
    with market.acting():
        choices = coding_choices(market.council.pk, at, one, every_account=False)
        assert (len(choices.by_line[one[0].pk]), choices.everything, len(said)) == (1, [], 1)
        many = [RequisitionLine(account_id=fits.account_id, category="45000000") for _ in range(30)]
        choices = coding_choices(market.council.pk, at, many, every_account=False)
    everything = len(choices.budgets)
    assert len(choices.everything) == everything
    assert len(said) == 1 + everything + 1  # once for all the lines that are alike
