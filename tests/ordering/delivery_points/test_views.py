"""Delivery points, kept by page."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import DeliveryPoint
from tests.factories import organisations
from tests.factories.organisations import sign_in

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


class TestPages:
    def test_add_change_retire_and_bring_back(self, client, council):
        sign_in(client, organisations.person(council, "buyer"))
        assert "no delivery points yet" in client.get(reverse("delivery-points")).content.decode()
        client.post(reverse("delivery-point-add"), {"code": "1", **HALL})
        (door,) = doors()
        one = reverse("delivery-point", args=[door.pk])
        client.post(one, {"version": 1, **HALL, "instructions": "Ring\r\ntwice."})
        assert doors()[0].instructions == "Ring\ntwice."
        client.post(reverse("delivery-point-retire", args=[door.pk]), {"version": 2})
        assert not doors()[0].is_active
        client.post(reverse("delivery-point-bring-back", args=[door.pk]))
        assert doors()[0].is_active

    def test_say_at_the_address_that_it_needs_a_postcode(self, client, council):
        sign_in(client, organisations.person(council, "buyer"))
        page = client.get(reverse("delivery-point-add")).content.decode()
        assert "finance system" not in page
        facts = {"code": "1", "name": "Hall", "address": "1 Corn Square\r\nCastermere"}
        answer = client.post(reverse("delivery-point-add"), facts)
        assert answer.status_code == 422
        assert '<a href="#id_address">End it with the postcode' in answer.content.decode()
        facts["address"] += " zt11aa"
        client.post(reverse("delivery-point-add"), facts)
        assert [door.address for door in doors()] == ["1 Corn Square\nCastermere ZT1 1AA"]

    def test_take_a_file_and_hand_one_out(self, client, council):
        sign_in(client, organisations.person(council, "administrator"))
        file = SimpleUploadedFile("doors.csv", b"Code,Name,Address\n1,Hall,1 Corn Sq ZT1 1AA\n")
        address = client.post(reverse("delivery-points-file"), {"file": file}).url
        page = client.get(address).content.decode()
        mark = re.search(r'name="mark" value="(\w+)"', page)[1]
        client.post(address, {"mark": mark})
        assert [door.name for door in doors()] == ["Hall"]
        written = client.get(reverse("delivery-points-template")).content.decode()
        assert "1,Hall,1 Corn Sq ZT1 1AA,,yes" in written

    def test_are_for_those_who_buy(self, client, council):
        sign_in(client, organisations.person(council, "requester"))
        assert client.get(reverse("delivery-points")).status_code == 200
        assert client.get(reverse("delivery-point-add")).status_code == 403
