"""Promising money, moving it and giving it back."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import (
    available,
    budget_position,
    budget_summary,
    budget_years,
    commitments_out_of_line,
    lines_below_nought,
)
from marketplace.ledger.services.commitments import (
    CommitmentLine,
    Document,
    LineMove,
    NoBudget,
    OverBudget,
    Override,
    commit,
    move_commitment,
    release_commitment,
)
from marketplace.ledger.states import EntryKind, Stage
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


def line(budget, amount, line_id=None):
    return CommitmentLine(
        line_id or uuid4(), budget.cost_centre_id, budget.account_id, Decimal(amount)
    )


def promise(council, *lines, document=None, **options):
    with transaction.atomic():
        commit(
            council_id=council.pk, financial_year=2026, lines=lines, stage=Stage.REQUISITION,
            document=document or Document("requisition", uuid4()), at=AT, **options,
        )  # fmt: skip


def give_back(council, amounts, **options):
    with transaction.atomic():
        return release_commitment(
            council_id=council.pk, document=Document("order", uuid4()), amounts=amounts, at=AT,
            reason="test", **options,
        )  # fmt: skip


def fresh(budget):
    return Budget.objects.get(pk=budget.pk)


class TestCommit:
    def test_takes_from_each_budget_and_writes_an_entry_a_line(self, council):
        one, two = ledger.budget(council, amount=100), ledger.budget(council, amount=100)
        promise(council, line(one, "40.10"), line(one, "9.90"), line(two, "100.00"))
        assert (fresh(one).available_amount, available(fresh(two))) == (
            Decimal("50.00"), Decimal("0.00"),
        )  # fmt: skip
        assert CommitmentEntry.objects.count() == 3
        assert list(commitments_out_of_line()) == []

    def test_takes_the_last_penny_and_not_one_more(self, council):
        budget = ledger.budget(council, amount=100)
        promise(council, line(budget, "99.99"))
        with pytest.raises(OverBudget, match=r"£0\.02 is asked for and £0\.01 is left"):
            promise(council, line(budget, "0.02"))
        promise(council, line(budget, "0.01"))
        assert fresh(budget).available_amount == 0

    def test_adds_up_what_lines_ask_of_one_budget(self, council):
        budget = ledger.budget(council, amount=100)
        with pytest.raises(OverBudget):
            promise(council, line(budget, 60), line(budget, 60))
        assert CommitmentEntry.objects.count() == 0

    def test_counts_what_was_spent(self, council):
        budget = ledger.budget(council, amount=100, actual_amount=Decimal(90))
        with pytest.raises(OverBudget):
            promise(council, line(budget, "10.01"))

    def test_refuses_a_coding_without_a_budget(self, council):
        budget = ledger.budget(council, year=2025)
        with pytest.raises(NoBudget, match="2026/27"):
            promise(council, line(budget, 1))

    @pytest.mark.parametrize(("count", "said"), [(1, "another code for it"), (2, "for them")])
    def test_says_for_how_many_codes_there_is_none(self, council, count, said):
        centre, codes = ledger.cost_centre(council), [ledger.account(council) for _ in range(count)]
        nowhere = [CommitmentLine(uuid4(), centre.pk, each.pk, Decimal(1)) for each in codes]
        with pytest.raises(NoBudget, match=f"for {count} of these codes.*{said}"):
            promise(council, *nowhere)

    def test_does_not_see_another_councils_budget(self, council):
        budget = ledger.budget(organisations.council())
        with pytest.raises(NoBudget):
            promise(council, line(budget, 1))

    def test_a_hard_stop_yields_to_nobody(self, council):
        budget = ledger.budget(council, amount=100)
        override = Override(uuid4(), "Di", "A flood.")
        with pytest.raises(OverBudget) as refused:
            promise(council, line(budget, 101), override=override)
        assert refused.value.facts["may_be_allowed"] is False

    def test_a_warning_yields_to_a_named_person_with_a_reason(self, council):
        over = ledger.budget(council, amount=100, is_hard_stop=False)
        within = ledger.budget(council, amount=100)
        override = Override(uuid4(), "Di", "A flood.")
        promise(council, line(over, 101), line(within, 1), override=override)
        named = CommitmentEntry.objects.exclude(over_budget_by_id=None).get()
        assert (named.budget_id, named.over_budget_by_name) == (over.pk, "Di")

    def test_free_lines_take_nothing(self, council):
        promise(council, line(ledger.budget(council), 0))
        assert CommitmentEntry.objects.count() == 0

    @pytest.mark.parametrize("deed", ["commit", "move", "release"])
    def test_ten_lines_and_a_hundred_cost_the_same_number_of_statements(self, council, deed):
        budgets = [ledger.budget(council, amount=100_000) for _ in range(10)]
        counts = []
        for size in (10, 100):
            lines = [line(budgets[place % 10], 1) for place in range(size)]
            if deed != "commit":
                promise(council, *lines)
            with CaptureQueriesContext(connection) as captured:
                if deed == "commit":
                    promise(council, *lines)
                elif deed == "release":
                    give_back(council, {each.line_id: None for each in lines})
                else:
                    move(council, *lines)
            counts.append(len(captured))
        assert counts[0] == counts[1]
        assert counts[0] <= 8


def move(council, *lines):
    moves = [LineMove(each.line_id, uuid4(), uuid4()) for each in lines]
    with transaction.atomic():
        move_commitment(
            council_id=council.pk, document=Document("requisition", uuid4()), to_kind="order",
            moves=moves, at=AT,
        )  # fmt: skip
    return moves


class TestMoveCommitment:
    def test_leaves_every_budget_as_it_was(self, council):
        budget = ledger.budget(council, amount=100)
        held = line(budget, 30)
        promise(council, held)
        (moved,) = move(council, held)
        assert fresh(budget).committed_amount == 30
        assert give_back(council, {held.line_id: None}) == {}
        assert give_back(council, {moved.to_line_id: None}) == {moved.to_line_id: Decimal(30)}
        assert fresh(budget).committed_amount == 0

    def test_moves_only_what_is_left(self, council):
        budget = ledger.budget(council, amount=100)
        held = line(budget, 30)
        promise(council, held)
        give_back(council, {held.line_id: Decimal(10)})
        move(council, held)
        assert CommitmentEntry.objects.get(kind=EntryKind.MOVE_IN).amount == 20

    def test_moves_nothing_twice(self, council):
        held = line(ledger.budget(council), 30)
        promise(council, held)
        move(council, held)
        move(council, held)
        assert CommitmentEntry.objects.filter(kind=EntryKind.MOVE_IN).count() == 1


class TestReleaseCommitment:
    def test_never_gives_back_more_than_is_held(self, council):
        budget = ledger.budget(council, amount=100)
        held = line(budget, 30)
        promise(council, held)
        assert give_back(council, {held.line_id: Decimal(50)}) == {held.line_id: Decimal(30)}
        assert give_back(council, {held.line_id: Decimal(50)}) == {}
        assert fresh(budget).committed_amount == 0
        assert lines_below_nought() == []

    def test_gives_back_from_every_budget_that_a_line_holds(self, council):
        """No service of ours spreads a line over two; if one does, none may be forgotten."""
        one, two = ledger.budget(council, amount=100), ledger.budget(council, amount=100)
        line_id = uuid4()
        promise(council, line(one, 30, line_id))
        entry = CommitmentEntry.objects.get()
        entry.pk, entry.budget, entry.kind, entry.stage = uuid4(), two, "MOVE_IN", "ORDER"
        entry.save(force_insert=True)
        Budget.objects.filter(pk=two.pk).update(committed_amount=30)
        assert give_back(council, {line_id: Decimal(50)}) == {line_id: Decimal(50)}
        assert fresh(one).committed_amount + fresh(two).committed_amount == 10
        assert give_back(council, {line_id: None}) == {line_id: Decimal(10)}
        assert list(commitments_out_of_line()) == []


class TestWalls:
    """What the database keeps true whoever writes."""

    def test_a_hard_stop_holds(self, council):
        budget = ledger.budget(council, amount=100)
        with pytest.raises(IntegrityError, match="budget_hard_stop_holds"), transaction.atomic():
            Budget.objects.filter(pk=budget.pk).update(committed_amount=101)

    def test_a_hard_stop_is_no_obstacle_to_a_bill(self, council):
        """A bill that came higher than its order is written down; nothing more is promised."""
        budget = ledger.budget(council, amount=100, committed_amount=Decimal(50))
        Budget.objects.filter(pk=budget.pk).update(committed_amount=0, actual_amount=130)
        assert fresh(budget).available_amount == -30
        Budget.objects.filter(pk=budget.pk).update(is_hard_stop=False, committed_amount=20)
        Budget.objects.filter(pk=budget.pk).update(is_hard_stop=True, committed_amount=10)
        with pytest.raises(IntegrityError, match="budget_hard_stop_holds"), transaction.atomic():
            Budget.objects.filter(pk=budget.pk).update(committed_amount=11)

    def test_committed_is_never_below_nought(self, council):
        budget = ledger.budget(council)
        broken = pytest.raises(IntegrityError, match="budget_committed_not_negative")
        with broken, transaction.atomic():
            Budget.objects.filter(pk=budget.pk).update(committed_amount=-1)

    def test_a_budget_is_never_below_nought(self, council):
        budget = ledger.budget(council, is_hard_stop=False)
        with pytest.raises(IntegrityError, match="budget_not_negative"), transaction.atomic():
            Budget.objects.filter(pk=budget.pk).update(budget_amount=-1)

    @pytest.mark.parametrize(
        ("facts", "constraint"),
        [
            ({"stage": "X"}, "commitmententry_stage_known"),
            ({"amount": Decimal(-1)}, "commitmententry_sign_fits_kind"),
            ({"kind": "RELEASE"}, "commitmententry_sign_fits_kind"),
            ({"over_budget_by_id": uuid4()}, "commitmententry_over_budget_is_named"),
        ],
    )
    def test_entries_make_sense(self, council, facts, constraint):
        budget = ledger.budget(council)
        chosen = {
            "council": council, "budget": budget, "stage": "ORDER", "kind": "COMMIT",
            "amount": Decimal(1), "document_type": "order", "document_id": uuid4(),
            "line_id": uuid4(), "at": AT, **facts,
        }  # fmt: skip
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            CommitmentEntry.objects.create(**chosen)

    def test_a_line_is_committed_once(self, council):
        budget, line_id = ledger.budget(council), uuid4()
        promise(council, line(budget, 1, line_id))
        with pytest.raises(IntegrityError, match="commitmententry_made_once"):
            promise(council, line(budget, 1, line_id))

    @pytest.mark.parametrize("way", ["update", "delete"])
    def test_entries_are_never_changed(self, council, way):
        promise(council, line(ledger.budget(council), 1))
        rows = CommitmentEntry.objects.all()
        change = {"update": lambda: rows.update(reason="x"), "delete": rows.delete}[way]
        with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
            change()

    def test_a_council_sees_only_its_own(self, council):
        ledger.budget(organisations.council())
        assert Budget.objects.count() == 0


class TestBudgetPosition:
    def test_lists_by_code_and_finds_by_words(self, council):
        garden = ledger.cost_centre(council, code="200", name="Parks and gardens")
        school = ledger.cost_centre(council, code="100", name="Schools")
        for centre in (garden, school):
            ledger.budget(council, amount=10, cost_centre=centre)
        assert [row.cost_centre.code for row in budget_position(council.pk, 2026)] == ["100", "200"]
        found = budget_position(council.pk, 2026, words="park")
        assert [row.cost_centre.name for row in found] == ["Parks and gardens"]
        assert budget_position(council.pk, 2025).count() == 0
        assert budget_summary(council.pk, 2026).available_amount == 20
        assert budget_summary(council.pk, 2025).available_amount == 0
        assert budget_years(council.pk) == [2026]

    def test_knows_a_balance_that_differs_from_its_entries(self, council):
        budget = ledger.budget(council)
        Budget.objects.filter(pk=budget.pk).update(committed_amount=1)
        assert [row.pk for row in commitments_out_of_line()] == [budget.pk]


pennies = st.integers(0, 6000).map(lambda pence: Decimal(pence) / 100)


class Commitments(RuleBasedStateMachine):
    """Any sequence of promises, moves and returns, against a sum kept beside it."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.council = organisations.council()
        act_for(self.council.pk)
        self.budgets = [
            ledger.budget(self.council, amount="100.00"),
            ledger.budget(self.council, amount="50.00", is_hard_stop=False),
        ]
        self.held: dict = {}

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def pick(self, data):
        """Choose by place, since the keys themselves differ from run to run."""
        return list(self.held)[data.draw(st.integers(0, len(self.held) - 1))]

    @rule(which=st.integers(0, 1), amounts=st.lists(pennies, min_size=1, max_size=4))
    def promise(self, which, amounts):
        budget = self.budgets[which]
        lines = [line(budget, amount) for amount in amounts]
        used = sum(amount for index, amount in self.held.values() if index == which)
        room = fresh(budget).budget_amount - used
        if sum(amounts) > room:
            with pytest.raises(OverBudget):
                promise(self.council, *lines)
        else:
            promise(self.council, *lines)
            self.held |= {each.line_id: (which, each.amount) for each in lines if each.amount}

    @rule(amount=pennies)
    def exceed_a_warning(self, amount):
        one = line(self.budgets[1], amount)
        promise(self.council, one, override=Override(uuid4(), "Di", "Why not."))
        if amount:
            self.held[one.line_id] = (1, amount)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), most=st.none() | pennies)
    def give_back(self, data, most):
        line_id = self.pick(data)
        which, held = self.held[line_id]
        back = give_back(self.council, {line_id: most})
        amount = held if most is None else min(held, most)
        assert back.get(line_id, 0) == amount
        self.held[line_id] = (which, held - amount)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def follow(self, data):
        line_id = self.pick(data)
        which, held = self.held[line_id]
        if CommitmentEntry.objects.filter(line_id=line_id, kind__startswith="MOVE").exists():
            return
        (moved,) = move(self.council, CommitmentLine(line_id, uuid4(), uuid4(), held))
        if held:
            del self.held[line_id]
            self.held[moved.to_line_id] = (which, held)

    @invariant()
    def balances_agree(self):
        for which, budget in enumerate(self.budgets):
            row = fresh(budget)
            wanted = sum(amount for index, amount in self.held.values() if index == which)
            assert row.committed_amount == wanted
            assert row.available_amount == row.budget_amount - wanted
            assert not row.is_hard_stop or row.available_amount >= 0
        assert list(commitments_out_of_line()) == []
        assert lines_below_nought() == []


@pytest.mark.django_db(transaction=False)
class TestCommitmentsHold(Commitments.TestCase):
    settings = settings(
        max_examples=25, stateful_step_count=15, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
