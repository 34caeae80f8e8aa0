"""The demo, loaded for real: what the plan says is what the database then holds."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from catalogue.models import Listing, PastPrice
from fixtures.billing import billing
from fixtures.councils import COUNCILS
from fixtures.history import history
from fixtures.suppliers import SUPPLIERS
from marketplace.audit.models import Event
from marketplace.audit.selectors import chain_verdict, chains
from marketplace.core.tenancy import stewardship
from marketplace.demonstration import bulk, founding, selling
from marketplace.demonstration.loading import load
from marketplace.ledger.models import Budget, CommitmentEntry, Journal, Period
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    years_with_gaps,
)
from marketplace.ledger.states import AccountRole
from marketplace.ordering.models import Order, OrderLine, Receipt, Requisition
from marketplace.organisations.models import Membership, Organisation, SupplierLink, User
from tests.factories import organisations


def demo(**options) -> dict:
    answer = StringIO()
    call_command("demo", json=True, stdout=answer, **options)
    return json.loads(answer.getvalue())


@pytest.fixture
def steward():
    with stewardship():
        yield


@pytest.mark.usefixtures("demo_db", "steward")
class TestSmall:
    def test_has_every_organisation_and_person_once(self):
        assert Organisation.objects.count() == len(COUNCILS) + len(SUPPLIERS)
        people = {person.email for each in (*COUNCILS, *SUPPLIERS) for person in each.people}
        assert set(User.objects.values_list("email", flat=True)) == people
        places = sum(len(each.people) for each in (*COUNCILS, *SUPPLIERS))
        assert Membership.objects.count() == places

    def test_has_every_good_and_some_past_prices(self):
        counts = Counter(Listing.objects.values_list("supplier__slug", flat=True))
        assert counts == {each.slug: each.goods for each in SUPPLIERS}
        assert PastPrice.objects.exists()

    def test_links_are_as_planned(self):
        links = SupplierLink.objects.values_list("council__slug", "supplier__slug", "status")
        expected = {
            (slug, each.slug, "SUSPENDED" if slug in each.suspended_by else "ACTIVE")
            for each in SUPPLIERS
            for slug in each.councils
        }
        assert set(links) == expected

    def test_every_requisition_ended_as_planned(self):
        plan = list(history("small"))
        planned = Counter((each.council, each.title, each.status) for each in plan)
        rows = Requisition.objects.values_list("council__slug", "title", "status")
        assert Counter(rows) == planned
        orders = Counter(each.order_status for each in plan if each.order_status)
        assert Counter(Order.objects.values_list("status", flat=True)) == orders

    def test_prices_and_totals_are_the_plans(self):
        for each in history("small"):
            row = Requisition.objects.get(council__slug=each.council, title=each.title,
                                          raised_by_email=each.requester)  # fmt: skip
            assert row.net_amount == each.net_amount

    def test_every_council_can_post(self):
        for each in COUNCILS:
            council = Organisation.objects.get(slug=each.slug)
            assert len(accounts_by_role(council.pk)) == len(AccountRole)
            years = Budget.objects.of(council.pk).values_list("financial_year", flat=True)
            opened = Period.objects.of(council.pk).values_list("financial_year", flat=True)
            assert Counter(opened) == dict.fromkeys(years, 12)

    def test_budgets_hold_what_was_promised(self):
        for budget in Budget.objects.all():
            entries = CommitmentEntry.objects.filter(budget=budget)
            held = entries.aggregate(held=Sum("amount"))["held"] or Decimal(0)
            assert budget.committed_amount == held

    def test_goods_came_in_every_way_and_the_books_agree(self):
        kinds = set(Receipt.objects.values_list("kind", "is_replaced"))
        assert kinds == {
            ("RECEIVED", False), ("RETURNED", True), ("RETURNED", False), ("CORRECTED", False),
        }  # fmt: skip
        assert Journal.objects.filter(kind="RECEIPT").count() == Receipt.objects.count()
        assert list(actuals_out_of_line()) == []
        assert list(commitments_out_of_line()) == []
        assert journals_out_of_balance() == []
        for line in OrderLine.objects.annotate(counted=Sum("receipt_lines__quantity")):
            assert line.received_quantity == (line.counted or 0)

    def test_one_budget_was_exceeded_and_by_name(self):
        over = CommitmentEntry.objects.exclude(over_budget_by_id=None)
        assert {entry.over_budget_by_name for entry in over} == {"Sioned Puw"}
        assert Budget.objects.filter(available_amount__lt=0).count() == 1

    def test_every_order_that_was_sent_has_its_papers(self):
        for order in Order.objects.exclude(sent_at=None).select_related("pdf", "ubl"):
            assert (order.pdf.media_type, order.ubl.media_type) == (
                "application/pdf", "application/xml")  # fmt: skip

    def test_the_trail_is_whole_and_in_the_order_of_time(self):
        for chain in chains():
            assert chain_verdict(chain).breaks == ()
            instants = list(
                Event.objects.filter(chain=chain).order_by("sequence").values_list("at", flat=True)
            )
            assert instants == sorted(instants)

    def test_a_second_run_changes_nothing_and_says_so(self):
        events = Event.objects.count()
        assert demo()["loaded"] is False
        assert Event.objects.count() == events


@pytest.mark.usefixtures("fresh_db")
class TestLoad:
    def test_refuses_where_somebody_else_is(self):
        organisations.council(slug="somebody")
        with pytest.raises(CommandError, match="needs an empty marketplace"):
            demo()

    def test_counts_the_steps(self, at):
        steps = Counter()
        load("small", at, lambda what, _of: steps.update([what]))
        assert steps["Price lists"] == len(SUPPLIERS)
        assert steps["What they have been buying"] == sum(
            len(each.deeds) for each in history("small")
        )
        assert steps["What was billed and paid"] == len(billing())

    def test_leaves_nothing_behind_when_it_is_interrupted(self, at):
        def stop(what, of):
            if what == "Price lists":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            load("small", at, stop)
        assert Organisation.objects.count() == 0


@pytest.mark.usefixtures("fresh_db")
class TestBulk:
    @pytest.fixture
    def consortium(self, at):
        made = founding.found(at.date())
        goods = selling.sell(made, founding.founded_at(at.date()), lambda _name: None)
        # One supplier sends its list twice, and has no more goods for that.
        assert goods == sum(each.goods for each in SUPPLIERS)
        return made

    def test_ties_together(self, consortium, at, monkeypatch):
        monkeypatch.setattr(bulk, "BATCH", 40)
        steps = []
        assert bulk.order_for_a_year(consortium, 200, at.date(), steps.append) == 200
        with stewardship():
            assert Order.objects.count() == Requisition.objects.count() == 200
            assert len(steps) == steps[0]
            for budget in Budget.objects.filter(committed_amount__gt=0):
                entries = CommitmentEntry.objects.filter(budget=budget)
                assert entries.aggregate(held=Sum("amount"))["held"] == budget.committed_amount
            assert all(chain_verdict(chain).breaks == () for chain in chains())
            numbers = Order.objects.values_list("council__slug", "number")
            assert len(set(numbers)) == 200
            refused = OrderLine.objects.filter(answer="REFUSED")
            assert refused.exists()
            self.goods_came()

    def goods_came(self):
        """What came is what the receipts say, and it is spent as they say."""
        assert Receipt.objects.count() > 100
        assert Journal.objects.count() == Receipt.objects.count()
        assert list(actuals_out_of_line()) == []
        assert list(commitments_out_of_line()) == []
        assert lines_below_nought() == []
        assert journals_out_of_balance() == []
        assert years_with_gaps() == []
        waiting = OrderLine.objects.filter(order__status="ACKNOWLEDGED", received_quantity=0)
        assert waiting.exists()
        for line in OrderLine.objects.annotate(counted=Sum("receipt_lines__quantity")):
            assert line.received_quantity == (line.counted or 0)

    def test_goes_on_where_it_stopped(self, consortium, at, monkeypatch):
        monkeypatch.setattr(bulk, "BATCH", 20)
        batches = iter(range(3))

        def stop(_of):
            if next(batches) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            bulk.order_for_a_year(consortium, 120, at.date(), stop)
        bulk.order_for_a_year(consortium, 120, at.date(), lambda _of: None)
        with stewardship():
            assert Order.objects.count() == 120
            numbers = Order.objects.filter(council__slug="castermere").order_by("id")
            assert list(numbers.values_list("raised_at", flat=True)) == sorted(
                numbers.values_list("raised_at", flat=True)
            )
