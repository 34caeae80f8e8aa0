"""One person who would do it all alone: at some step somebody else is needed, whatever they try."""

from __future__ import annotations

import pytest

from invoicing.payments.services.accounts import (
    AccountOfTheirs,
    add_supplier_account,
    confirm_account,
)
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import RunApprovalNotAllowed, approve_run
from invoicing.settling.services.approval import approve_invoices
from invoicing.settling.services.checking import InvoiceApprovalNotAllowed
from invoicing.settling.services.releasing import ReleaseNotAllowed
from marketplace.approvals.services.cases import ApprovalNotAllowed
from marketplace.core.states import IllegalMove
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.organisations.selectors.people import actor_of
from marketplace.organisations.services.people import SameMailbox, invite_person
from tests.factories import approvals, invoicing, ordering, organisations, payments, receipts
from tests.factories.ordering import NOON
from tests.invoicing.settling.deciding import membership_of
from tests.probes import twins

EVERYTHING = ("requester", "buyer", "receiver", "finance", "payments", "approver")


@pytest.fixture
def alone(stage):
    """Somebody who holds every role that has to do with money."""
    return organisations.actor(stage.market.council, *EVERYTHING, limit=50_000, name="Al Alone")


@pytest.fixture
def house(stage):
    return twins.house(stage)


def second(house, run, who):
    with house.acting():
        return approve_run(run_id=run.pk, approver=who, frozen_sha256=run.frozen_sha256, at=NOON)


class TestTheInvoice:
    def test_of_ones_own_order(self, stage, alone):
        invoice = stage.taken(stage.said_of(stage.delivered(requester=alone)))
        with pytest.raises(InvoiceApprovalNotAllowed, match="You ordered this"):
            stage.approved(invoice, alone)
        assert stage.approved(invoice).status == "APPROVED"

    def test_of_ones_own_order_by_its_difference(self, stage, alone):
        dear = twins.dearer(stage.said_of(stage.delivered(requester=alone)), "1.5")
        invoice = stage.taken(dear)
        with pytest.raises(ReleaseNotAllowed, match="You ordered this"):
            stage.let_through(invoice, alone)
        twins.check_held(stage, invoicing.now(invoice), "PRICE")

    def test_whose_difference_one_let_through(self, stage, alone):
        invoice = stage.taken(twins.dearer(stage.said_of(stage.delivered()), "1.5"))
        passed = stage.let_through(invoice, alone)
        with pytest.raises(InvoiceApprovalNotAllowed, match="let a difference"):
            stage.approved(passed, alone)
        other = organisations.actor(stage.market.council, "finance", "approver", limit=50_000)
        assert stage.approved(passed, other).status == "APPROVED"

    def test_that_one_sent_in_oneself(self, stage, alone):
        invoice = stage.taken(stage.said_of(stage.delivered()), sender=alone)
        with pytest.raises(InvoiceApprovalNotAllowed, match="sent this invoice in"):
            stage.approved(invoice, alone)

    def test_that_one_sent_in_as_a_person_of_the_supplier(self, stage):
        """One person, two memberships: the supplier's hand is known by the council's."""
        market = stage.market
        user = membership_of(market.seller).user
        both = actor_of(organisations.person(market.council, "finance", as_user=user))
        invoice = stage.taken(stage.said_of(stage.delivered()))
        with pytest.raises(InvoiceApprovalNotAllowed, match="You work for the supplier"):
            stage.approved(invoice, both)

    def test_for_goods_that_one_booked_in(self, stage, alone):
        """Who says that goods came, and who says that they are paid, are two people."""
        order = ordering.answered(stage.market, quantity=4)
        receipts.received(stage.market, order, receiver=alone)
        invoice = stage.taken(stage.said_of(order))
        with pytest.raises(InvoiceApprovalNotAllowed, match="wrote down that these goods came"):
            stage.approved(invoice, alone)
        assert stage.approved(invoice).status == "APPROVED"

    def test_of_a_supplier_for_which_one_works(self, stage):
        """Whoever sent it in; the council's connection does not see the other membership."""
        user = organisations.user(name="Bo Both")
        organisations.person(stage.market.supplier, as_user=user)
        both = actor_of(organisations.person(stage.market.council, "finance", as_user=user))
        invoice = stage.taken(stage.said_of(stage.delivered(), number="THEIRS-1"))
        dear = stage.taken(twins.dearer(stage.said_of(stage.delivered()), "1.5"))
        with pytest.raises(ReleaseNotAllowed, match="You work for the supplier"):
            stage.let_through(dear, both)
        with pytest.raises(InvoiceApprovalNotAllowed, match="You work for the supplier"):
            stage.approved(invoice, both)
        assert stage.approved(invoice).status == "APPROVED"

    def test_among_many(self, stage, alone):
        """Approving many leaves out one's own, and says why."""
        own = stage.taken(stage.said_of(stage.delivered(requester=alone), number="OWN-1"))

        with stage.market.acting():
            done = approve_invoices(invoice_ids=[own.pk], approver=alone, at=NOON)
        assert (done.invoices, len(done.left_out)) == ([], 1)

    def test_without_an_order_above_ones_limit(self, stage):
        said = stage.said_of(stage.delivered(), order="PO-26-999999", number="NO-ORDER")
        invoice = stage.let_through(stage.taken(said))
        coding = (stage.market.budget.cost_centre_id, stage.market.budget.account_id)
        with pytest.raises(InvoiceApprovalNotAllowed, match="above what you may approve"):
            stage.approved(invoice, coding=coding)


class TestTheRun:
    @pytest.fixture
    def owed(self, stage):
        return stage.approved(stage.taken(stage.said_of(stage.delivered())))

    def prepared(self, house, who=None):
        with house.acting():
            return prepare_run(
                preparer=who or house.preparer, payer=payments.PAYER, pay_on=payments.PAY_ON,
                due_by_on=twins.FAR, at=NOON,
            ).run  # fmt: skip

    def test_prepared_by_oneself(self, house, owed, alone):
        run = self.prepared(house, alone)
        with pytest.raises(RunApprovalNotAllowed, match="You prepared it"):
            second(house, run, alone)
        assert second(house, run, house.checker).status == "APPROVED"

    def test_whose_invoice_one_approved(self, stage, house, alone):
        stage.approved(stage.taken(stage.said_of(stage.delivered())), alone)
        with pytest.raises(RunApprovalNotAllowed, match="You approved an invoice"):
            second(house, self.prepared(house), alone)

    def test_whose_account_one_made_sure_of(self, stage, house, owed, alone):
        payments.confirmed(house.council, payments.account(house.supplier), by=alone)
        with pytest.raises(RunApprovalNotAllowed, match="You made sure"):
            second(house, self.prepared(house), alone)

    def test_whose_account_one_gave(self, stage, house, owed, alone):
        account = payments.account(house.supplier, added_by_id=alone.user_id)
        payments.confirmed(house.council, account)
        with pytest.raises(RunApprovalNotAllowed, match="You gave the bank details"):
            second(house, self.prepared(house), alone)

    def test_that_nobody_else_has_seen_is_not_made_for_the_bank(self, house, owed, alone):
        run = self.prepared(house, alone)
        with house.acting(), pytest.raises(IllegalMove):
            export_run(run_id=run.pk, payments=alone, at=NOON)


class TestTheAccount:
    def test_made_sure_of_by_whoever_gave_it(self, stage, house):
        """Somebody of the council who works for the supplier too."""
        user = membership_of(stage.market.seller).user
        both = actor_of(organisations.person(house.council, "payments", as_user=user))
        with house.selling():
            account = add_supplier_account(
                supplier=stage.market.seller, name="Sal", sort_code="309430",
                account_number="00733445", at=NOON,
            )  # fmt: skip
        said = {"account_id": account.pk, "spoke_to": "Myself", "spoke_by": "Mirror", "at": NOON}
        with house.acting(), pytest.raises(AccountOfTheirs, match="You gave"):
            confirm_account(person=both, **said)
        with house.acting():
            assert confirm_account(person=house.checker, **said).account == account


class TestTwoAccountsOfOnePerson:
    @pytest.mark.parametrize("email", ["pat+2@example.com", "PAT+finance@Example.com"])
    def test_one_mailbox_is_invited_once(self, stage, email):
        council = stage.market.council
        organisations.person(council, "payments", email="pat@example.com", name="Pat Payments")
        keeper = organisations.actor(council, "administrator")
        facts = {"roles": ["payments"], "approval_limit_amount": None, "at": NOON}
        with stage.market.acting(), pytest.raises(SameMailbox):
            invite_person(keeper=keeper, name="Pat Again", email=email, **facts)
        with stage.market.acting():
            other = invite_person(keeper=keeper, name="Una Other", email="una@example.com", **facts)
        assert other.invitation_open


def test_standing_in_for_an_approver_one_does_not_approve_ones_own(stage):
    """Lent approvals do not make a second person of whoever asked."""

    market = stage.market
    asking = organisations.person(market.council, "approver", "requester", limit=10)
    approvals.delegation(market.approver_membership, asking)
    waiting = ordering.submitted(market, requester=actor_of(asking))
    with market.acting(), pytest.raises(ApprovalNotAllowed):
        approve_requisition(
            requisition_id=waiting.pk, approver=actor_of(asking),
            content_hash=waiting.content_hash, at=NOON,
        )  # fmt: skip
