"""What each side may add, change and take away, asked of the database past every service."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model

from marketplace.approvals.models import Case, Step
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.models import Budget, CostCentre
from marketplace.ordering.models import Order, OrderLine, RequisitionLine
from marketplace.ordering.orders.services.orders import raise_orders
from marketplace.organisations.models import Kind, Organisation
from tests.factories import ordering
from tests.factories import organisations as make

pytestmark = pytest.mark.django_db

# Of these alone a tenant may take rows away; all others are kept as they are or as they became.
REMOVABLE = {"catalogue_categorycount", "ledger_controlaccount", "ordering_requisitionline"}
ANSWER = {"answer": "LATER", "promised_on": "2026-12-01"}
SAID = {"status": "ACKNOWLEDGED", "answered_at": ordering.NOON, "answered_by_name": "Sal"}


@pytest.fixture
def market():
    return ordering.market()


@pytest.fixture
def order(market) -> Order:
    return ordering.sent(market)


@contextmanager
def refused(words: str):
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        yield


def kept(model: type[Model], **facts: object) -> int:
    with stewardship():
        return model.objects.filter(**facts).count()


def test_what_a_tenant_may_take_away_is_listed():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " WHERE p.polcmd = 'd' AND pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%AND false)'"
        )
        assert {name for (name,) in cursor.fetchall()} == REMOVABLE


class TestTheSupplierOfAnOrder:
    def test_answers_it_and_its_lines(self, market, order):
        with market.selling():
            assert Order.objects.update(answer_note="Soon", version=9, **SAID) == 1
            assert OrderLine.objects.update(**ANSWER) == 1

    @pytest.mark.parametrize(
        "facts",
        [
            {"settled_at": ordering.NOON}, {"cancelled_by_name": "Sal"},
            {"cancelled_at": ordering.NOON}, {"cancellation_reason": "x"},
        ],
        ids=lambda facts: next(iter(facts)),
    )  # fmt: skip
    def test_changes_nothing_that_is_the_councils_to_say(self, market, order, facts):
        with market.selling(), refused("answers an order and changes nothing else"):
            Order.objects.update(**SAID, **facts)

    @pytest.mark.parametrize("status", ["SENT", "CANCELLED"])
    def test_gives_it_no_status_but_an_answers(self, market, order, status):
        facts = {"cancelled_at": ordering.NOON, "cancellation_reason": "x"}
        with market.selling(), refused("waits for it, once|changes nothing else"):
            Order.objects.update(status=status, **(facts if status == "CANCELLED" else {}))

    def test_answers_once(self, market):
        ordering.answered(market)
        with market.selling():
            with refused("waits for it, once"):
                Order.objects.update(status="REFUSED")
            with refused("waits for it, once"):
                OrderLine.objects.update(answer="REFUSED", refusal_reason="x")

    @pytest.mark.parametrize("name", ["received_quantity", "billed_quantity"])
    def test_does_not_say_how_much_came_or_was_billed(self, market, order, name):
        with (
            market.selling(),
            refused("answers an order and changes nothing else|counted, not said"),
        ):
            OrderLine.objects.update(**{name: 1})

    def test_takes_nothing_away_and_adds_nothing(self, market, order):
        with market.selling():
            line = OrderLine.objects.get()
            for rows in (Order.objects.all(), OrderLine.objects.all()):
                with refused("cannot be changed after it was raised"):
                    rows._raw_delete("default")
            line.pk, line.line_number = None, 2
            with refused("row-level security"):
                line.save(force_insert=True)

    def test_does_nothing_to_one_that_was_not_sent(self, market):
        requisition = ordering.approved(market)
        with market.acting():
            raise_orders(
                council_id=market.council.pk, requisition_id=requisition.pk, at=ordering.NOON
            )
        with market.selling():
            assert Order.objects.update(**SAID) == 0
            assert OrderLine.objects.update(**ANSWER) == 0
        assert kept(Order, status="RAISED") == 1


class TestWhatWasAgreed:
    @pytest.mark.parametrize(
        "facts",
        [
            {"deliver_to": "Elsewhere"}, {"contact_email": "x@example.com"}, {"contact_name": "X"},
            {"needed_by_on": "2027-01-01"}, {"financial_year": 2030},
            {"contact_id": "018f0000-0000-7000-8000-000000000000"},
            {"raised_at": ordering.NOON.replace(year=2020)},
        ],
        ids=lambda facts: next(iter(facts)),
    )  # fmt: skip
    def test_neither_side_changes_an_order(self, market, order, facts):
        for side in (market.acting, market.selling):
            with side(), refused("cannot be changed after it was raised"):
                Order.objects.update(**facts)

    @pytest.mark.parametrize(
        "facts",
        [{"pack_size": 9}, {"category": "30000000"}, {"listing_version": 99}, {"line_number": 9}],
        ids=lambda facts: next(iter(facts)),
    )
    def test_neither_side_changes_a_line(self, market, order, facts):
        for side in (market.acting, market.selling):
            with side(), refused("cannot be changed after it was raised"):
                OrderLine.objects.update(**facts)

    def test_nobody_takes_a_line_away(self, market, order):
        with market.acting(), refused("cannot be changed after it was raised"):
            OrderLine.objects.all()._raw_delete("default")
        with stewardship(), refused("cannot be changed after it was raised"):
            OrderLine.objects.all()._raw_delete("default")


class TestRequisitionLines:
    def test_leave_a_basket(self, market):
        ordering.basket(market)
        with market.acting():
            assert RequisitionLine.objects.all()._raw_delete("default") == 1

    def test_stay_on_what_was_handed_in(self, market):
        ordering.submitted(market)
        with market.acting():
            assert RequisitionLine.objects.all()._raw_delete("default") == 0


class TestOrganisations:
    def test_each_changes_itself_and_no_other(self):
        council, company = make.council(), make.supplier()
        with tenant(company.pk):
            assert Organisation.objects.update(name="Ours") == 1
            assert Organisation.objects.filter(pk=council.pk).exists()
        assert kept(Organisation, pk=council.pk, name=council.name) == 1

    def test_nobody_changes_any(self):
        make.council()
        assert Organisation.objects.update(name="Ours") == 0

    def test_none_is_taken_away(self):
        council = make.council()
        with tenant(council.pk):
            assert Organisation.objects.filter(pk=council.pk)._raw_delete("default") == 0

    def test_a_council_brings_in_a_supplier_and_no_council(self):
        council = make.council()
        with tenant(council.pk):
            Organisation.objects.create(kind=Kind.SUPPLIER, name="New", slug="new")
            with refused("row-level security"):
                Organisation.objects.create(kind=Kind.COUNCIL, name="Newer", slug="newer")

    def test_a_supplier_brings_in_nobody(self):
        with tenant(make.supplier().pk), refused("row-level security"):
            Organisation.objects.create(kind=Kind.SUPPLIER, name="New", slug="new")

    def test_a_command_founds_a_council(self):
        Organisation.objects.create(kind=Kind.COUNCIL, name="By a command", slug="by-command")


class TestTheSameTenant:
    """A row hangs on nothing of another tenant's, whoever writes it."""

    @pytest.fixture
    def other(self):
        return ordering.market()

    @pytest.fixture
    def pair(self, market, other):
        ordering.submitted(market), ordering.submitted(other)
        return market, other

    def rehung(self, model: type[Model], column: str, council: Organisation) -> None:
        """Point what another council owns at this one's row."""
        parent = model._meta.get_field(column).related_model
        sides = ("organisation", "council")
        whose = next(side for side in sides if hasattr(parent, f"{side}_id"))
        with stewardship():
            mine = parent.objects.filter(**{whose: council})[0]
            rows = model.objects.exclude(council=council)
            with refused(f"{model._meta.db_table}_{column}_id_same_tenant"):
                rows.update(**{column: mine})

    @pytest.mark.parametrize(
        ("model", "column"),
        [
            (RequisitionLine, "cost_centre"), (RequisitionLine, "account"), (Budget, "account"),
            (CostCentre, "holder"), (Case, "policy"),
        ],
    )  # fmt: skip
    def test_is_named_by_both_rows(self, pair, model, column):
        self.rehung(model, column, pair[0].council)

    def test_a_step_stays_in_its_own_case(self, pair):
        with stewardship(), refused("approvals_step_case_id_same_tenant"):
            Step.objects.filter(council=pair[0].council).update(council=pair[1].council)

    def test_a_line_stays_on_its_own_requisition(self, pair):
        with stewardship(), refused("requisitionline_requisition_id_same_tenant"):
            RequisitionLine.objects.filter(council=pair[0].council).update(council=pair[1].council)

    def test_papers_are_the_orders_own_councils(self, market, other):
        strange = ordering.sent(other)
        requisition = ordering.approved(market)
        with market.acting():
            raise_orders(
                council_id=market.council.pk, requisition_id=requisition.pk, at=ordering.NOON
            )
        with stewardship(), refused("ordering_order_(pdf|ubl)_id_same_tenant"):
            Order.objects.filter(council=market.council).update(
                status="SENT", sent_at=ordering.NOON, pdf_id=strange.pdf_id, ubl_id=strange.ubl_id
            )


def test_evidence_refuses_aloud_even_where_no_row_is_reached(market, order):
    """A wall that lets no row through would otherwise make a deed look done."""
    with connection.cursor() as cursor:
        for table in ("documents_document", "ordering_transmission", "approvals_decision"):
            for deed in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
                with pytest.raises(IntegrityError), transaction.atomic():
                    cursor.execute(deed)
