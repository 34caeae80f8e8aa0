"""Where suppliers want to be paid, and councils' making sure."""

from __future__ import annotations

import pytest

from invoicing.models import AccountConfirmation, SupplierAccount
from invoicing.payments.services.accounts import (
    AccountNotLatest,
    AccountNotRight,
    AccountNotYours,
    AccountOfTheirs,
    ConfirmedBefore,
    HowNotSaid,
    add_supplier_account,
    confirm_account,
)
from invoicing.payments.services.advice import tell_of_account
from invoicing.payments.services.checks import PaymentsNotAllowed
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import act_for, stewardship, tenant
from marketplace.notifications.models import Message
from marketplace.organisations.selectors.people import actor_of
from tests.factories import organisations, payments
from tests.factories.ordering import NOON, do_jobs
from tests.invoicing.settling.deciding import membership_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


def add(house, **facts):
    chosen = {
        "supplier": house.seller, "name": "Chairs  Ltd", "sort_code": "30-94-30",
        "account_number": "0073 3445", "at": NOON, **facts,
    }  # fmt: skip
    with house.selling():
        return add_supplier_account(**chosen)


def confirm(house, account, **facts):
    chosen = {
        "account_id": account.pk, "person": house.preparer, "spoke_to": "Sal Seller",
        "spoke_by": "01632 960001, from the contract", "at": NOON, **facts,
    }  # fmt: skip
    return confirm_account(**chosen)


class TestAddSupplierAccount:
    def test_the_new_one_counts_from_now_on(self, house):
        account = add(house)
        assert (account.name, account.sort_code) == ("Chairs Ltd", "309430")
        assert account.account_number == "00733445"
        assert (account.added_at, account.added_by_name) == (NOON, "Sal Seller")
        with house.selling():
            assert SupplierAccount.objects.count() == 2

    def test_the_same_again_changes_nothing(self, house):
        first = add(house)
        assert add(house).pk == first.pk
        assert add(house, name="Chairs Limited").pk != first.pk

    @pytest.mark.parametrize(
        ("field", "facts"),
        [
            ("name", {"name": " "}),
            ("name", {"name": "x" * 141}),
            ("name", {"name": "´¨"}),
            ("name", {"name": "…"}),
            ("name", {"name": "Ελλάς"}),
            ("sort_code", {"sort_code": "3094"}),
            ("sort_code", {"sort_code": ""}),
            ("sort_code", {"sort_code": "३०९४३०"}),
            ("account_number", {"account_number": "7334"}),
            ("account_number", {"account_number": "GB82WEST12345698765432"}),
        ],
    )
    def test_refuses_what_cannot_be_one(self, house, field, facts):
        with pytest.raises(AccountNotRight) as refused:
            add(house, **facts)
        assert refused.value.field == field

    def test_only_the_suppliers_own_people_can(self, house):
        with pytest.raises(AccountNotYours):
            add(house, supplier=house.preparer)

    def test_leaves_a_trace_with_the_last_digits_only(self, house):
        account = add(house)
        with house.selling():
            event = Event.objects.get(verb="supplier-account.added")
        assert event.before == {"account": house.account.reference}
        assert event.after == {"account": "••••3445"}
        assert event.subject_reference == account.reference == "••••3445"

    def test_tells_the_supplier_and_its_councils(self, house):
        other = organisations.council()
        organisations.link(other, house.supplier)
        organisations.person(other, "payments", email="pay@other.example")
        organisations.person(other, "buyer", email="buy@other.example")
        add(house)
        do_jobs()
        with house.selling():
            (mine,) = Message.objects.all()
        assert mine.to == "accounts@example.com"
        with tenant(other.pk):
            (theirs,) = Message.objects.all()
        assert (theirs.to, theirs.link) == ("pay@other.example", "/payees/")
        with house.acting():
            assert Message.objects.count() == 2
        for message in (mine, theirs):
            assert "••••3445" in message.body
            assert "00733445" not in message.body

    def test_tells_once(self, house):
        account = add(house)
        act_for(house.council.pk)
        facts = {"council_id": house.council.pk, "account_id": account.pk, "at": NOON}
        assert [tell_of_account(**facts), tell_of_account(**facts)] == [2, 2]
        assert Message.objects.count() == 2


class TestConfirmAccount:
    def test_says_whom_one_spoke_to_and_how(self, house):
        kept = confirm(house, add(house))
        assert (kept.spoke_to, kept.confirmed_by_name) == ("Sal Seller", "Pat Payments")
        assert kept.supplier_id == house.supplier.pk
        event = Event.objects.get(verb="supplier-account.confirmed")
        assert event.after == {
            "account": "••••3445", "spoke_to": "Sal Seller",
            "spoke_by": "01632 960001, from the contract",
        }  # fmt: skip
        assert event.counterparty_id is None

    def test_a_finance_officer_may_too(self, house):
        assert confirm(house, add(house), person=house.finance).confirmed_by_name == "Fay Finance"

    @pytest.mark.parametrize("field", ["spoke_to", "spoke_by"])
    def test_refuses_when_it_is_not_said(self, house, field):
        with pytest.raises(HowNotSaid) as refused:
            confirm(house, add(house), **{field: "  "})
        assert refused.value.field == field

    def test_refuses_one_that_counts_no_more(self, house):
        account = add(house)
        add(house, account_number="11111111")
        with pytest.raises(AccountNotLatest):
            confirm(house, account)

    def test_once_for_each_council(self, house):
        account = add(house)
        confirm(house, account)
        with pytest.raises(ConfirmedBefore, match="Pat Payments"):
            confirm(house, account, person=house.finance)
        assert AccountConfirmation.objects.filter(account=account).count() == 1

    def test_whoever_works_for_the_supplier_too_may_not(self, house):
        """One person, two memberships: the council's connection does not see the other one."""
        account = add(house)
        user = membership_of(organisations.actor(house.supplier, name="Bo Both")).user
        both = actor_of(organisations.person(house.council, "payments", as_user=user))
        with house.acting(), pytest.raises(AccountOfTheirs, match="You work for Chairs Ltd"):
            confirm(house, account, person=both)
        with stewardship():
            user.memberships.filter(organisation=house.supplier).update(is_active=False)
        with house.acting():
            assert confirm(house, account, person=both).account == account

    def test_others_may_not(self, house):
        account = add(house)
        for role in ("buyer", "administrator", "auditor"):
            with pytest.raises(PaymentsNotAllowed):
                confirm(house, account, person=organisations.actor(house.council, role))
        stranger = organisations.actor(organisations.council(), "payments")
        with tenant(stranger.organisation_id), pytest.raises(Missing):
            confirm(house, account, person=stranger)
