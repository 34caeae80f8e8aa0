"""From whom a council buys."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations.models import LinkStatus, Membership, SupplierLink
from marketplace.organisations.selectors.people import actor_of, memberships_of
from marketplace.organisations.selectors.suppliers import (
    supplier_links,
    suppliers_not_linked,
    suppliers_of,
)
from marketplace.organisations.services.people import accept_invitation
from marketplace.organisations.services.suppliers import (
    AlreadyAccepted,
    AlreadyRegistered,
    ReasonMissing,
    SuppliersNotYours,
    accept_supplier,
    lift_suspension,
    mark_supplier_local,
    register_supplier,
    suspend_supplier,
)
from marketplace.organisations.states import LINK
from tests.factories.organisations import council, link, person, supplier, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    """A council that the connection acts for."""
    made = council(name="Castermere")
    with tenant(made.pk):
        yield made


@pytest.fixture
def administrator(home):
    """Its administrator."""
    return actor_of(person(home, Role.ADMINISTRATOR))


@pytest.mark.parametrize("status", list(LinkStatus))
@pytest.mark.parametrize("verb", sorted(LINK.moves))
def test_move_is_legal_or_refused(status, verb):
    if verb in LINK.verbs(status):
        assert LINK.target(verb, status) in LinkStatus
    else:
        with pytest.raises(IllegalMove):
            LINK.target(verb, status)


class TestAcceptSupplier:
    def accept(self, administrator, supplier_id, at):
        return accept_supplier(
            administrator=administrator, supplier_id=supplier_id, is_local=True, at=at
        )

    def test_lets_the_council_buy(self, home, administrator, at):
        company = supplier(name="Alder")
        made = self.accept(administrator, company.pk, at)
        assert list(suppliers_of(home.pk)) == [made]
        assert not suppliers_not_linked(home.pk).filter(pk=company.pk).exists()
        (event,) = timeline(made)
        assert (event.verb, event.counterparty_id) == ("supplier.accepted", company.pk)

    def test_refuses_a_second_time(self, home, administrator, at):
        company = supplier()
        link(home, company)
        with pytest.raises(AlreadyAccepted):
            self.accept(administrator, company.pk, at)

    def test_refuses_a_council_as_supplier(self, administrator, at):
        with pytest.raises(Missing):
            self.accept(administrator, council().pk, at)

    def test_refuses_a_buyer_and_a_supplier(self, home, at):
        company = supplier()
        for someone in (person(home, Role.BUYER), person(company)):
            with pytest.raises(SuppliersNotYours):
                self.accept(actor_of(someone), company.pk, at)


class TestRegisterSupplier:
    def register(self, administrator, at, **facts):
        chosen = {
            "name": "Hedge & Ditch Ltd",
            "company_number": "sc123456",
            "contact_name": "Ada Byron",
            "contact_email": "Ada@Hedge.example",
            "is_local": False,
            **facts,
        }
        return register_supplier(administrator=administrator, at=at, **chosen)

    def test_makes_links_and_invites(self, administrator, at):
        made = self.register(administrator, at)
        assert (made.supplier.slug, made.supplier.company_number) == ("hedge-ditch-ltd", "SC123456")
        with tenant(made.supplier_id):
            (first,) = Membership.objects.of(made.supplier_id)
            assert first.roles == ["supplier"]
        run_due_jobs(at=at.replace(year=2100))
        (sent,) = mail.outbox
        assert sent.to == ["ada@hedge.example"]
        assert sent.subject == "Castermere would like to buy from Hedge & Ditch Ltd"
        assert "Castermere would like to buy from Hedge & Ditch Ltd" in sent.body

    @pytest.mark.parametrize("is_known", [True, False])
    def test_draws_nobody_in_unasked(self, administrator, at, is_known):
        """Whoever is named acts for the supplier once they accept, and not before."""
        if is_known:
            user(email="ada@hedge.example", name="Augusta", password="a long enough password")
        made = self.register(administrator, at)
        with tenant(made.supplier_id):
            (first,) = Membership.objects.of(made.supplier_id).select_related("user")
            assert (first.is_active, first.invitation_open) == (False, True)
            assert first.known_as == "Ada Byron"
            assert not memberships_of(first.user_id).exists()
        run_due_jobs(at=at.replace(year=2100))
        wanted = "/switch/" if is_known else "/account/password/reset/key/"
        assert wanted in mail.outbox[0].body
        with tenant(None, first.user_id):
            accepted = accept_invitation(user_id=first.user_id, membership_id=first.pk, at=at)
            assert list(memberships_of(first.user_id)) == [accepted]

    def test_refuses_a_company_that_is_here(self, administrator, at):
        self.register(administrator, at)
        with pytest.raises(AlreadyRegistered):
            self.register(administrator, at, name="Another name")

    def test_two_of_one_name_without_number(self, administrator, at):
        slugs = {
            self.register(administrator, at, company_number="").supplier.slug for _ in range(3)
        }
        assert slugs == {"hedge-ditch-ltd", "hedge-ditch-ltd-2", "hedge-ditch-ltd-3"}


class TestSuspension:
    def test_and_lifting(self, home, administrator, at):
        made = link(home, supplier())
        suspended = suspend_supplier(
            administrator=administrator, link_id=made.pk, reason=" Late twice. ", at=at
        )
        assert (suspended.status, suspended.reason) == (LinkStatus.SUSPENDED, "Late twice.")
        assert not suppliers_of(home.pk).exists()
        lifted = lift_suspension(administrator=administrator, link_id=made.pk, at=at)
        assert (lifted.status, lifted.reason) == (LinkStatus.ACTIVE, "")
        assert [each.verb for each in timeline(made)] == [
            "supplier.suspended",
            "supplier.suspension-lifted",
        ]

    def test_the_supplier_reads_why(self, home, administrator, at):
        company = supplier()
        made = link(home, company)
        suspend_supplier(administrator=administrator, link_id=made.pk, reason="Late.", at=at)
        with tenant(company.pk):
            assert timeline(made).get().note == "Late."
        with tenant(supplier().pk):
            assert not timeline(made).exists()

    def test_refuses_without_a_reason(self, home, administrator, at):
        made = link(home, supplier())
        with pytest.raises(ReasonMissing):
            suspend_supplier(administrator=administrator, link_id=made.pk, reason=" ", at=at)

    def test_refuses_a_second_time(self, home, administrator, at):
        made = link(home, supplier(), status=LinkStatus.SUSPENDED, reason="Late.")
        with pytest.raises(IllegalMove):
            suspend_supplier(administrator=administrator, link_id=made.pk, reason="x", at=at)

    def test_refuses_another_councils_link(self, administrator, at):
        made = link(council(), supplier())
        with pytest.raises(Missing):
            lift_suspension(administrator=administrator, link_id=made.pk, at=at)
        with pytest.raises(Missing):
            mark_supplier_local(administrator=administrator, link_id=made.pk, is_local=True, at=at)

    def test_a_supplier_cannot_lift_its_own(self, home, at):
        company = supplier()
        made = link(home, company, status=LinkStatus.SUSPENDED)
        seller = actor_of(person(company))
        with tenant(company.pk):
            with pytest.raises(SuppliersNotYours):
                lift_suspension(administrator=seller, link_id=made.pk, at=at)
            assert SupplierLink.objects.filter(pk=made.pk).update(status="ACTIVE") == 0


class TestSupplierLinks:
    def test_searches_and_keeps_councils_apart(self, home):
        link(home, supplier(name="Alder Paper", company_number="01234567"))
        link(home, supplier(name="Birch Tools"), status=LinkStatus.SUSPENDED)
        link(council(), supplier(name="Alder Other"))
        names = [each.supplier.name for each in supplier_links(home.pk)]
        assert names == ["Alder Paper", "Birch Tools"]
        assert supplier_links(home.pk, "alder").count() == 1
        assert supplier_links(home.pk, "01234567").count() == 1
        assert supplier_links(home.pk, status="SUSPENDED").get().supplier.name == "Birch Tools"


class TestConstraints:
    @pytest.mark.parametrize(
        ("facts", "name"),
        [({"status": "ASLEEP"}, "supplierlink_status_known"), ({}, "supplierlink_two_sides")],
    )
    def test_on_links(self, home, facts, name):
        made = link(home, supplier())
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            SupplierLink.objects.filter(pk=made.pk).update(**(facts or {"supplier": home}))

    def test_one_a_pair(self, home):
        company = supplier()
        link(home, company)
        with pytest.raises(IntegrityError, match="supplierlink_one_a_pair"), transaction.atomic():
            link(home, company)


def test_a_company_is_one_supplier_and_many_have_no_number():
    supplier(company_number="09999991")
    council(company_number="09999991")
    with pytest.raises(IntegrityError, match="one_supplier_a_company"), transaction.atomic():
        supplier(company_number="09999991")
    supplier(company_number="")
    supplier(company_number="")
