"""Delivery points as a list of codes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.services.code_lists import (
    CodeRow,
    CodesNotRight,
    CodesNotYours,
    add_code,
    change_code,
    set_codes,
)
from marketplace.ledger.services.files import take_codes_file
from marketplace.ordering.delivery_points.services import DELIVERY_POINTS, FILE
from marketplace.ordering.models import DeliveryPoint
from tests.factories import organisations

pytestmark = pytest.mark.django_db

HALL = {"name": "Hall", "address": "1 Corn Square\nZT1 1AA"}


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def buyer(council):
    return organisations.actor(council, "buyer")


def doors():
    with stewardship():
        return list(DeliveryPoint.objects.order_by("code"))


class TestTheList:
    def take(self, buyer, text, at):
        with tenant(buyer.organisation_id):
            return take_codes_file(file=FILE, keeper=buyer, content=text.encode(), at=at)

    def test_is_added_to_with_a_trace(self, buyer, at):
        with tenant(buyer.organisation_id):
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=HALL, at=at)
            assert Event.objects.get(verb="delivery-point.added").after["name"] == "Hall"

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"name": "x", "address": ""}, "address"),
            ({"name": "x", "address": "1 Corn Square\nCastermere"}, "address"),
            ({"name": "x", "address": "1 Corn Square\nZZ1 11Z"}, "address"),
            ({"name": "x", "address": "\n".join("abcdefghijk")}, "address"),
            ({"name": "x", "address": "y" * 101}, "address"),
            ({**HALL, "instructions": "z" * 1001}, "instructions"),
        ],
    )
    def test_refuses_what_no_label_could_bear(self, buyer, at, facts, field):
        with tenant(buyer.organisation_id), pytest.raises(CodesNotRight) as caught:
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=facts, at=at)
        assert caught.value.errors[0].pointer == field

    def test_is_not_kept_by_finance(self, council, at):
        finance = organisations.actor(council, "finance")
        with tenant(council.pk), pytest.raises(CodesNotYours):
            set_codes(codes=DELIVERY_POINTS, keeper=finance, rows=[CodeRow("1", HALL)], at=at)

    def test_takes_addresses_in_one_column_or_in_several(self, buyer, at):
        text = (
            "Site code,Site name,Street,Address 2,Town,Postcode\n1,Hall,1 Corn Sq,,Cast,ZT1 1AA\n"
        )
        assert not self.take(buyer, text, at).is_refused
        text = 'Code,Name,Address\n2,Hut,"2 Ash Grove\r\n\r\nZT1 4QA"\n'
        assert not self.take(buyer, text, at).is_refused
        assert [door.address for door in doors()] == [
            "1 Corn Sq\nCast\nZT1 1AA", "2 Ash Grove\nZT1 4QA",
        ]  # fmt: skip

    def test_names_the_postcode_of_each_row_that_has_none(self, buyer, at):
        text = (
            "Code,Name,Street,Town,Post code\n1,Hall,1 Corn Sq,Cast,zt11aa\n2,Hut,2 Ash,Cast,\n"
            "3,Pool,3 Elm,Cast,Cast\n4,Park,4 Oak,Cast,\n"
        )
        report = self.take(buyer, text, at)
        assert [(each.row, each.column, each.value) for each in report.bad] == [
            (3, "Postcode", ""), (4, "Postcode", "Cast"), (5, "Postcode", ""),
        ]  # fmt: skip
        text = 'Code,Name,Address\n1,Hall,"1 Corn Sq\nzt1  1aa"\n2,Hut,2 Ash Grove\n3,Pool,Cast\n'
        report = self.take(buyer, text, at)
        assert [(each.column, each.value) for each in report.bad] == [
            ("Address", "2 Ash Grove"), ("Address", "Cast"),
        ]  # fmt: skip
        assert self.take(buyer, text.partition("2,")[0], at).outcome.differences
        assert doors()[0].address == "1 Corn Sq\nZT1 1AA"

    def test_an_old_one_without_a_postcode_can_be_retired(self, council, buyer, at):
        with tenant(council.pk):
            old = DeliveryPoint.objects.create(council=council, code="1", name="x", address="y")
            change_code(
                codes=DELIVERY_POINTS, keeper=buyer, code_id=old.pk, version=1,
                facts={"is_active": False}, at=at,
            )  # fmt: skip
        assert not doors()[0].is_active

    def test_leaves_the_address_alone_where_the_file_has_no_column_for_it(self, buyer, at):
        with tenant(buyer.organisation_id):
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=HALL, at=at)
        assert not self.take(buyer, "Code,Name\n1,Town hall\n", at).is_refused
        assert [(door.name, door.address) for door in doors()] == [("Town hall", HALL["address"])]

    def test_names_a_column_once_that_new_doors_need(self, buyer, at):
        with tenant(buyer.organisation_id):
            add_code(codes=DELIVERY_POINTS, keeper=buyer, code="1", facts=HALL, at=at)
        report = self.take(buyer, "Code,Name\n1,Hall\n2,Pool\n3,Park\n", at)
        assert [(each.row, each.column) for each in report.bad] == [(3, "Address")]
        assert len(doors()) == 1

    def test_needs_an_address(self, buyer, at):
        report = self.take(buyer, "Code,Name\n1,Hall\n", at)
        assert [(each.row, each.column) for each in report.bad] == [(2, "Address")]
        assert doors() == []

    @pytest.mark.parametrize(
        ("constraint", "facts"),
        [
            ("deliverypoint_code_is_plain", {"code": "a b"}),
            ("deliverypoint_has_a_name", {"name": ""}),
            ("deliverypoint_has_an_address", {"address": ""}),
        ],
    )
    def test_is_kept_plain_by_the_database(self, council, constraint, facts):
        broken = pytest.raises(IntegrityError, match=constraint)
        with tenant(council.pk), broken, transaction.atomic():
            DeliveryPoint.objects.create(council=council, **{"code": "1", **HALL, **facts})
