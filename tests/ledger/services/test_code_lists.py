"""Cost centres and accounts: added, changed, retired, brought back, and set from a list."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import tenant
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.services.code_lists import (
    CodeChanged,
    CodeRow,
    CodesNotRight,
    CodesNotYours,
    CodeTaken,
    add_code,
    change_code,
    look_at_codes,
    put_code,
    set_codes,
)
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


@pytest.fixture
def acting(council):
    with tenant(council.pk):
        yield


def row(code, **facts):
    return CodeRow(code, {"name": f"Centre {code}", **facts})


def put(finance, rows, at, *, codes=COST_CENTRES):
    return set_codes(codes=codes, keeper=finance, rows=rows, at=at)


@pytest.mark.usefixtures("acting")
class TestAddCode:
    def test_adds_and_leaves_a_trace(self, finance, at):
        made = add_code(
            codes=COST_CENTRES, keeper=finance, code="0010", facts={"name": "Library"}, at=at
        )
        assert (made.code, made.is_active, made.version) == ("0010", True, 1)
        event = Event.objects.get(verb="cost-centre.added")
        assert (event.subject_reference, event.after["name"]) == ("0010", "Library")

    def test_refuses_a_code_that_is_there(self, council, finance, at):
        ledger.cost_centre(council, code="1")
        with pytest.raises(CodeTaken):
            add_code(codes=COST_CENTRES, keeper=finance, code="1", facts={"name": "x"}, at=at)

    @pytest.mark.parametrize("code", ["", " ", "a b", "a/b", "é", "x" * 21, "-1"])
    def test_refuses_a_code_that_is_none(self, finance, at, code):
        with pytest.raises(CodesNotRight) as caught:
            add_code(codes=COST_CENTRES, keeper=finance, code=code, facts={"name": "x"}, at=at)
        assert [each.pointer for each in caught.value.errors] == ["code"]

    def test_refuses_a_holder_who_may_not_approve(self, council, finance, at):
        others = organisations.person(organisations.council(), "approver")
        for who in (organisations.person(council, "buyer"), others):
            facts = {"name": "x", "holder_id": who.pk}
            with pytest.raises(CodesNotRight) as caught:
                add_code(codes=COST_CENTRES, keeper=finance, code="1", facts=facts, at=at)
            assert caught.value.errors[0].pointer == "holder_id"
        holder = organisations.person(council, "approver")
        facts = {"name": "x", "holder_id": holder.pk}
        made = add_code(codes=COST_CENTRES, keeper=finance, code="1", facts=facts, at=at)
        assert made.holder_id == holder.pk

    def test_refuses_what_is_no_kind_and_no_category(self, finance, at):
        facts = {"name": "x", "kind": "other", "categories": ["30", "x"]}
        with pytest.raises(CodesNotRight) as caught:
            add_code(codes=ACCOUNTS, keeper=finance, code="1", facts=facts, at=at)
        assert [each.pointer for each in caught.value.errors] == ["kind", "categories"]

    @pytest.mark.parametrize("role", ["buyer", "approver", "auditor", "requester"])
    def test_refuses_others(self, council, at, role):
        with pytest.raises(CodesNotYours):
            add_code(
                codes=COST_CENTRES, keeper=organisations.actor(council, role), code="1",
                facts={"name": "x"}, at=at,
            )  # fmt: skip


@pytest.mark.usefixtures("acting")
class TestChangeCode:
    def change(self, finance, centre, at, version=1, **facts):
        return change_code(
            codes=COST_CENTRES, keeper=finance, code_id=centre.pk, version=version, facts=facts,
            at=at,
        )  # fmt: skip

    def test_changes_what_differs_and_says_so(self, council, finance, at):
        centre = ledger.cost_centre(council, name="Old")
        changed = self.change(finance, centre, at, name="New", directorate="")
        assert (changed.name, changed.version) == ("New", 2)
        event = Event.objects.get(verb="cost-centre.changed")
        assert (event.before, event.after) == ({"name": "Old"}, {"name": "New"})

    def test_retires_and_brings_back(self, council, finance, at):
        centre = ledger.cost_centre(council)
        assert not self.change(finance, centre, at, is_active=False).is_active
        assert self.change(finance, centre, at, version=2, is_active=True).is_active
        verbs = Event.objects.filter(subject_id=centre.pk).order_by("sequence")
        found = list(verbs.values_list("verb", flat=True))
        assert found == ["cost-centre.retired", "cost-centre.brought-back"]

    def test_refuses_to_retire_an_account_that_plays_a_part(self, council, finance, at):
        creditors = ledger.controls(council)[AccountRole.CREDITORS]
        facts = {"codes": ACCOUNTS, "keeper": finance, "code_id": creditors.pk, "version": 1}
        with pytest.raises(CodesNotRight, match="Suppliers that we owe") as caught:
            change_code(**facts, facts={"is_active": False}, at=at)
        assert [each.pointer for each in caught.value.errors] == ["is_active"]
        assert change_code(**facts, facts={"name": "Creditors"}, at=at).version == 2

    def test_what_is_as_it_was_leaves_no_trace(self, council, finance, at):
        centre = ledger.cost_centre(council)
        assert self.change(finance, centre, at, name=centre.name).version == 1
        assert not Event.objects.exists()

    def test_refuses_an_older_version_and_an_empty_name(self, council, finance, at):
        centre = ledger.cost_centre(council)
        with pytest.raises(CodeChanged):
            self.change(finance, centre, at, version=2, name="x")
        with pytest.raises(CodesNotRight):
            self.change(finance, centre, at, name=" ")

    def test_another_councils_is_missing(self, finance, at):
        theirs = ledger.cost_centre(organisations.council())
        with pytest.raises(Missing):
            self.change(finance, theirs, at, name="x")

    def test_put_adds_and_then_changes(self, finance, at):
        for version, name in ((0, "One"), (1, "Two")):
            put_code(
                codes=ACCOUNTS, keeper=finance, code="7", version=version, facts={"name": name},
                at=at,
            )  # fmt: skip
        assert Account.objects.get().name == "Two"


@pytest.mark.usefixtures("acting")
class TestSetCodes:
    def test_adds_changes_and_leaves_alone(self, council, finance, at):
        ledger.cost_centre(council, code="1", name="Old", directorate="Schools")
        ledger.cost_centre(council, code="2", name="Centre 2")
        ledger.cost_centre(council, code="9")
        done = put(finance, [row("1"), row("2"), row("3")], at)
        assert {each.code: each.is_new for each in done.differences} == {"1": False, "3": True}
        assert (done.same_count, done.left_alone) == (1, ("9",))
        one = CostCentre.objects.get(code="1")
        assert (one.name, one.directorate, one.version) == ("Centre 1", "Schools", 2)
        event = Event.objects.get(verb="cost-centres.set")
        assert event.before == {"1": {"name": "Old"}}
        assert set(event.after) == {"1", "3"}

    def test_the_same_list_again_changes_nothing(self, finance, at):
        rows = [row("1"), row("2", directorate="Schools")]
        put(finance, rows, at)
        assert put(finance, rows, at).differences == ()
        assert Event.objects.count() == 1

    def test_only_looks(self, finance):
        seen = look_at_codes(codes=COST_CENTRES, keeper=finance, rows=[row("1")])
        assert len(seen.differences) == 1
        assert not CostCentre.objects.exists()
        assert not Event.objects.exists()

    def test_refuses_all_for_one_and_names_each(self, finance, at):
        rows = [row("1"), row("2", name=""), row("3"), row("3"), row("x y")]
        with pytest.raises(CodesNotRight) as caught:
            put(finance, rows, at)
        found = [each.pointer for each in caught.value.errors]
        assert found == ["rows/1/name", "rows/2/code", "rows/3/code", "rows/4/code"]
        assert not CostCentre.objects.exists()

    def test_sees_noughts_that_a_spreadsheet_took_away(self, council, finance, at):
        ledger.cost_centre(council, code="0012")
        with pytest.raises(CodesNotRight, match="0012"):
            put(finance, [row("12")], at)

    def test_takes_no_more_statements_for_more_rows(
        self, finance, at, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(12):
            put(finance, [row(str(n)) for n in range(300)], at)
        with django_assert_max_num_queries(12):
            put(finance, [row(str(n), directorate="x") for n in range(300)], at)

    def test_a_fact_that_there_is_not_is_a_mistake_in_the_program(self, finance, at):
        with pytest.raises(TypeError):
            put(finance, [row("1", colour="red")], at)

    def test_of_another_council_are_not_seen(self, finance, at):
        ledger.cost_centre(organisations.council(), code="1")
        assert put(finance, [row("1")], at).left_alone == ()


@pytest.mark.usefixtures("acting")
@pytest.mark.parametrize(
    ("make", "constraint", "facts"),
    [
        (ledger.cost_centre, "costcentre_code_is_plain", {"code": "a/b"}),
        (ledger.cost_centre, "costcentre_has_a_name", {"name": ""}),
        (ledger.account, "account_code_is_plain", {"code": " 1"}),
        (ledger.account, "account_has_a_name", {"name": ""}),
    ],
)
def test_the_database_keeps_codes_plain(council, make, constraint, facts):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(council, **facts)
