"""Two who administer at the same moment, each race with a control that goes wrong unlocked."""

from __future__ import annotations

from decimal import Decimal
from threading import Barrier
from threading import Event as Happened

import pytest
from django.db import connection, transaction

from marketplace.approvals.models import Policy
from marketplace.approvals.services import policies
from marketplace.approvals.services.policies import set_policy
from marketplace.audit.models import Event
from marketplace.core.tenancy import act_for, stewardship
from marketplace.ledger.models import Budget, CostCentre
from marketplace.ledger.services import budgets, code_lists
from marketplace.ledger.services.budgets import BudgetFigure, set_budgets
from marketplace.ledger.services.coding import COST_CENTRES
from marketplace.organisations.models import Membership, Organisation, User
from marketplace.organisations.services import people, suppliers
from marketplace.organisations.services.numbers import next_number
from marketplace.organisations.services.people import invite_person
from marketplace.organisations.services.suppliers import register_supplier
from tests.concurrency.race import at_once, without_locks
from tests.factories import approvals, ledger, ordering, organisations

pytestmark = pytest.mark.usefixtures("fresh_db")

AT = ordering.NOON


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def administrator(council):
    return organisations.actor(council, "administrator", "finance")


def unheld(monkeypatch, module, name, manager, make):
    """Take away what two stand in line for, and let them meet when both are about to write."""
    monkeypatch.setattr(
        module, name, lambda *held: Organisation.objects.filter(pk__in=held).first()
    )
    barrier = Barrier(2)
    real = getattr(manager, make)

    def meet(*args, **facts):
        barrier.wait(timeout=30)
        return real(*args, **facts)

    monkeypatch.setattr(manager, make, meet)


CRASH = ["crash: IntegrityError", "won"]


class TestTwoPolicies:
    def both(self, council, administrator):
        organisations.person(council, "approver", limit=500)

        def put():
            set_policy(administrator=administrator, tiers=approvals.ANYBODY, at=AT)

        return sorted(at_once([(council.pk, put)] * 2))

    def test_become_two_versions(self, council, administrator):
        assert self.both(council, administrator) == ["won", "won"]
        act_for(council.pk)
        assert list(Policy.objects.order_by("version").values_list("version", flat=True)) == [1, 2]

    def test_the_race_is_real_without_the_lock(self, council, administrator, monkeypatch):
        unheld(monkeypatch, policies, "hold_organisation", Policy.objects, "create")
        assert self.both(council, administrator) == CRASH


class TestOneBudgetTwice:
    def both(self, council, administrator):
        centre, account = ledger.cost_centre(council), ledger.account(council)

        def put(amount):
            figures = [BudgetFigure(centre.pk, account.pk, Decimal(amount))]
            return lambda: set_budgets(
                finance=administrator, financial_year=2026, figures=figures, at=AT
            )

        return sorted(at_once([(council.pk, put(amount)) for amount in (100, 200)]))

    def test_the_later_figure_stands(self, council, administrator):
        assert self.both(council, administrator) == ["won", "won"]
        act_for(council.pk)
        kept = Budget.objects.get()
        first, later = Event.objects.filter(verb="budgets.set").order_by("sequence")
        seen, put, stands = (
            Decimal(facts["budgets"][kept.coding]["budget_amount"])
            for facts in (later.before, first.after, later.after)
        )
        assert stands == kept.budget_amount
        assert seen == put != stands

    def test_the_race_is_real_without_the_lock(self, council, administrator, monkeypatch):
        unheld(monkeypatch, budgets, "hold_organisation", Budget.objects, "bulk_create")
        assert self.both(council, administrator) == CRASH


class TestOneCodeTwice:
    def both(self, council, administrator):
        def add(name):
            return lambda: code_lists.add_code(
                codes=COST_CENTRES, keeper=administrator, code="1", facts={"name": name}, at=AT
            )

        return sorted(at_once([(council.pk, add(name)) for name in ("One", "Another")]))

    def test_is_added_once(self, council, administrator):
        assert self.both(council, administrator) == ["CodeTaken", "won"]

    def test_the_race_is_real_without_the_lock(self, council, administrator, monkeypatch):
        unheld(monkeypatch, code_lists, "hold_organisation", CostCentre, "save")
        assert self.both(council, administrator) == CRASH


class TestOneCodeChangedWhileAListComesIn:
    def both(self, council, administrator, monkeypatch):
        """Change a code by hand between what the list reads and what it writes, if that is free."""
        centre = ledger.cost_centre(council, code="1", name="Old")
        was_read, was_changed = Happened(), Happened()
        between = code_lists._lost_noughts

        def wait(*args):
            was_read.set()
            was_changed.wait(timeout=1)
            return between(*args)

        def change():
            was_read.wait(timeout=30)
            try:
                code_lists.change_code(
                    codes=COST_CENTRES, keeper=administrator, code_id=centre.pk, version=1,
                    facts={"name": "By hand"}, at=AT,
                )  # fmt: skip
            finally:
                was_changed.set()

        def bring_in():
            rows = [code_lists.CodeRow("1", {"name": "By list"})]
            code_lists.set_codes(codes=COST_CENTRES, keeper=administrator, rows=rows, at=AT)

        monkeypatch.setattr(code_lists, "_lost_noughts", wait)
        ends = at_once([(council.pk, change), (council.pk, bring_in)])
        act_for(council.pk)
        events = Event.objects.filter(verb__startswith="cost-centre").order_by("sequence")
        return ends, [(each.verb, each.before) for each in events]

    def test_says_in_the_trail_what_was_there(self, council, administrator, monkeypatch):
        ends, said = self.both(council, administrator, monkeypatch)
        assert ends == ["CodeChanged", "won"]
        assert said == [("cost-centres.set", {"1": {"name": "Old"}})]

    def test_the_race_is_real_without_the_lock(self, council, administrator, monkeypatch):
        without_locks(monkeypatch, meet=Membership)
        ends, said = self.both(council, administrator, monkeypatch)
        assert ends == ["won", "won"]
        assert said == [
            ("cost-centre.changed", {"name": "Old"}), ("cost-centres.set", {"1": {"name": "Old"}}),
        ]  # fmt: skip


def invite(keeper, email="new@example.com"):
    return lambda: invite_person(
        keeper=keeper, name="Nia New", email=email, roles=["buyer"], approval_limit_amount=None,
        at=AT,
    )  # fmt: skip


class TestOnePersonInvitedTwice:
    def test_once_is_enough(self, council, administrator):
        deeds = [(council.pk, invite(administrator))] * 2
        assert sorted(at_once(deeds)) == ["AlreadyHere", "won"]

    def test_the_race_is_real_without_the_lock(self, council, administrator, monkeypatch):
        organisations.user(email="new@example.com")
        unheld(monkeypatch, people, "hold_organisation", Membership.objects, "create")
        assert sorted(at_once([(council.pk, invite(administrator))] * 2)) == CRASH

    def test_two_councils_share_the_person(self, council, administrator, monkeypatch):
        """Neither sees the other's new person before it is kept, and the address is one."""
        other = organisations.actor(organisations.council(), "administrator")
        barrier = Barrier(2)
        real = User.objects.create_user

        def meet(*args, **facts):
            barrier.wait(timeout=30)
            return real(*args, **facts)

        monkeypatch.setattr(User.objects, "create_user", meet)
        deeds = [(who.organisation_id, invite(who)) for who in (administrator, other)]
        assert at_once(deeds) == ["won", "won"]
        with stewardship():
            assert Membership.objects.filter(user__email="new@example.com").count() == 2


class TestOneCompanyRegisteredTwice:
    @pytest.fixture
    def other(self):
        return organisations.actor(organisations.council(), "administrator")

    def both(self, administrator, other, numbers):
        def register(who, number):
            return lambda: register_supplier(
                administrator=who, name="Chairs Ltd", company_number=number,
                contact_name="Sal Seller", contact_email=f"{who.user_id}@example.com",
                is_local=False, at=AT,
            )  # fmt: skip

        pairs = zip((administrator, other), numbers, strict=True)
        return sorted(at_once([(who.organisation_id, register(who, each)) for who, each in pairs]))

    def test_once_is_enough(self, administrator, other):
        assert self.both(administrator, other, ["09999991"] * 2) == ["AlreadyRegistered", "won"]

    def test_two_of_one_name_have_two_addresses(self, administrator, other):
        assert self.both(administrator, other, ["09999991", "09999992"]) == ["won", "won"]
        slugs = Organisation.objects.filter(kind="SUPPLIER").order_by("slug")
        assert list(slugs.values_list("slug", flat=True)) == ["chairs-ltd", "chairs-ltd-2"]

    def test_the_race_is_real_without_the_lock(self, administrator, other, monkeypatch):
        unheld(monkeypatch, suppliers, "hold_registering", Organisation.objects, "create")
        assert self.both(administrator, other, ["09999991", "09999992"]) == CRASH


def test_who_waits_too_long_for_a_number_is_told_so(council):
    barrier = Barrier(2)

    def take_and_keep():
        with transaction.atomic():
            next_number(council.pk, "order", 2026)
            barrier.wait(timeout=30)
            barrier.wait(timeout=30)

    def take():
        barrier.wait(timeout=30)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '100ms'")
                next_number(council.pk, "order", 2026)
        finally:
            barrier.wait(timeout=30)

    ends = at_once([(council.pk, take_and_keep), (council.pk, take)])
    assert ends == ["won", "Busy"]
