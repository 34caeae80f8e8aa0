"""The administrator's pages, through HTTP."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import LinkStatus, Membership, SupplierLink, User
from tests.factories.organisations import council, link, person, sign_in, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return council(name="Castermere", colour="#1d70b8")


@pytest.fixture
def administrator(client, home):
    return sign_in(client, person(home, Role.ADMINISTRATOR, name="Ada Min"))


def fresh(model, pk):
    with stewardship():
        return model.objects.get(pk=pk)


class TestPeople:
    def test_lists_and_finds(self, administrator, home):
        person(home, Role.APPROVER, limit=5000, name="Grace Approver", email="grace@example.com")
        person(council(), Role.BUYER, name="Somebody Else's")
        text = administrator.get("/people/").content.decode()
        assert "£5,000.00" in text
        assert "Somebody Else" not in text
        found = administrator.get("/people/?words=grace@").content.decode()
        assert "Grace Approver" in found
        assert "Ada Min</a>" not in found

    def test_costs_the_same_for_many(self, administrator, home):
        administrator.get("/people/")
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                administrator.get("/people/")
            counts.append(len(queries))
            for _index in range(10):
                person(home, Role.BUYER)
        assert counts[0] == counts[1] <= 7

    def test_invites(self, administrator, home):
        facts = {
            "name": "Ada Byron",
            "email": "ada@example.com",
            "roles": ["approver"],
            "approval_limit_amount": "£1,000",
        }
        answer = administrator.post("/people/invite/", facts, follow=True)
        assert "We are sending an invitation to ada@example.com." in answer.content.decode()
        with tenant(home.pk):
            invited = Membership.objects.get(user__email="ada@example.com")
        assert invited.approval_limit_amount == Decimal(1000)

    @pytest.mark.parametrize(
        ("facts", "status", "says"),
        [
            ({"name": ""}, 422, "Enter the full name"),
            ({"name": "x", "email": "nonsense", "roles": ["buyer"]}, 422, "name@example.com"),
            ({"name": "x", "email": "x@example.com", "roles": ["supplier"]}, 422, "from the list"),
            (
                {
                    "name": "x",
                    "email": "x@example.com",
                    "roles": ["buyer"],
                    "approval_limit_amount": "5",
                },
                422,
                "Only an approver",
            ),
        ],
    )
    def test_says_what_is_wrong(self, administrator, home, facts, status, says):
        answer = administrator.post("/people/invite/", facts)
        assert answer.status_code == status
        assert says in answer.content.decode()
        assert "There is a problem" in answer.content.decode()
        with tenant(home.pk):
            assert Membership.objects.count() == 1
        assert not User.objects.filter(email="x@example.com").exists()

    def test_changes_and_shows_what_was_done(self, administrator, home):
        someone = person(home, Role.BUYER, name="Bea Buyer")
        facts = {"roles": ["buyer", "receiver"], "version": "1", "approval_limit_amount": ""}
        administrator.post(f"/people/{someone.pk}/", facts)
        assert fresh(Membership, someone.pk).roles == ["buyer", "receiver"]
        text = administrator.get(f"/people/{someone.pk}/").content.decode()
        assert "Person changed" in text
        stale = administrator.post(f"/people/{someone.pk}/", facts)
        assert stale.status_code == 409

    def test_puts_out_after_asking_and_lets_in_again(self, administrator, home):
        someone = person(home, Role.BUYER)
        page = f"/people/{someone.pk}/deactivate/"
        assert administrator.get(page).status_code == 200
        assert fresh(Membership, someone.pk).is_active
        administrator.post(page, {"version": "1"})
        assert not fresh(Membership, someone.pk).is_active
        administrator.post(f"/people/{someone.pk}/reactivate/")
        assert fresh(Membership, someone.pk).is_active

    def test_does_not_let_one_change_oneself(self, administrator, home):
        with tenant(home.pk):
            mine = Membership.objects.get()
        text = administrator.get(f"/people/{mine.pk}/").content.decode()
        assert "This is you." in text
        answer = administrator.post(
            f"/people/{mine.pk}/", {"roles": ["administrator", "approver"], "version": "1"}
        )
        assert answer.status_code == 403
        assert fresh(Membership, mine.pk).roles == ["administrator"]

    @pytest.mark.parametrize("tail", ["", "deactivate/", "reactivate/", "invite-again/"])
    def test_another_councils_people_are_not_there(self, administrator, tail):
        stranger = person(council(), Role.BUYER)
        page = f"/people/{stranger.pk}/{tail}"
        assert administrator.post(page, {"version": "1", "roles": ["buyer"]}).status_code == 404

    @pytest.mark.parametrize(
        "role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.SUPPLIER}]
    )
    def test_is_for_administrators(self, client, home, role):
        someone = person(home, role)
        sign_in(client, someone)
        pages = ("/people/", "/people/invite/", f"/people/{someone.pk}/", "/council/")
        for page in pages:
            assert client.get(page).status_code == 403


class TestSuppliers:
    def test_lists_finds_and_badges(self, administrator, home):
        link(home, supplier(name="Alder Paper", is_sme=True), is_local=True)
        link(home, supplier(name="Birch Tools", is_vcse=True), status=LinkStatus.SUSPENDED)
        link(council(), supplier(name="Cedar Somebody Else's"))
        text = administrator.get("/suppliers/").content.decode()
        for words in ("Local", "Smaller business", "Voluntary sector"):
            assert words in text
        assert "Cedar" not in text
        found = administrator.get("/suppliers/?status=SUSPENDED").content.decode()
        assert "Birch Tools" in found
        assert "Alder Paper" not in found

    def test_accepts_one_of_the_marketplace(self, administrator, home):
        company = supplier(name="Alder Paper")
        assert "Alder Paper" in administrator.get("/suppliers/find/?words=alder").content.decode()
        administrator.post(f"/suppliers/{company.pk}/accept/")
        with tenant(home.pk):
            assert SupplierLink.objects.get().supplier_id == company.pk

    def test_brings_in_a_new_one(self, administrator):
        facts = {
            "name": "Hedge & Ditch",
            "company_number": "123",
            "contact_name": "Ada",
            "contact_email": "ada@hedge.example",
        }
        assert (
            "eight characters" in administrator.post("/suppliers/register/", facts).content.decode()
        )
        facts["company_number"] = "01234567"
        answer = administrator.post("/suppliers/register/", facts, follow=True)
        assert "We are sending an invitation to ada@hedge.example." in answer.content.decode()

    def test_suspends_with_a_reason_and_lifts(self, administrator, home):
        made = link(home, supplier(name="Alder Paper"))
        page = f"/suppliers/{made.pk}/suspend/"
        assert administrator.post(page, {"reason": ""}).status_code == 422
        administrator.post(page, {"reason": "Late twice."})
        text = administrator.get(f"/suppliers/{made.pk}/").content.decode()
        assert "Late twice." in text
        assert "Supplier suspended" in text
        administrator.post(f"/suppliers/{made.pk}/lift/")
        administrator.post(f"/suppliers/{made.pk}/local/", {"is_local": "on"})
        now = fresh(SupplierLink, made.pk)
        assert (now.status, now.is_local) == (LinkStatus.ACTIVE, True)

    def test_another_councils_link_is_not_there(self, administrator):
        made = link(council(), supplier())
        for page in (f"/suppliers/{made.pk}/", f"/suppliers/{made.pk}/suspend/"):
            assert administrator.get(page).status_code == 404
        assert administrator.post(f"/suppliers/{made.pk}/lift/").status_code == 404

    def test_a_buyer_reads_and_changes_nothing(self, client, home):
        made = link(home, supplier())
        sign_in(client, person(home, Role.BUYER))
        text = client.get(f"/suppliers/{made.pk}/").content.decode()
        assert "/suspend/" not in text
        assert client.post(f"/suppliers/{made.pk}/suspend/", {"reason": "x"}).status_code == 403
        assert client.get("/suppliers/find/").status_code == 403

    def test_a_supplier_has_no_such_page(self):
        company = supplier()
        made = link(council(), company)
        client = sign_in(Client(), person(company))
        assert client.get(f"/suppliers/{made.pk}/").status_code == 403
