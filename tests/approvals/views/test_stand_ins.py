"""Standing in, over HTTP."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.factories import approvals, ordering, organisations
from tests.factories.organisations import sign_in
from tests.ordering.reading import as_, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestStandIns:
    def said(self, market, delegate, **facts):
        return {
            "delegate": str(delegate.membership_id),
            "from_on-day": "1", "from_on-month": "12", "from_on-year": "2098",
            "until_on-day": "9", "until_on-month": "12", "until_on-year": "2098",
            "limit_amount": "£5,000", "reason": "Annual leave", **facts,
        }  # fmt: skip

    def test_is_set_up_and_taken_back(self, client, market):
        deputy = organisations.actor(market.council, "approver", limit=50, name="Dee Deputy")
        as_(client, market.approver)
        address = reverse("stand-ins")
        assert "Nobody stands in for you" in text(client.get(address))
        page = client.post(address, self.said(market, deputy), follow=True)
        assert "Dee Deputy stands in for you" in text(page)
        ending = re.search(r'action="([^"]+/end/)"', text(page))[1]
        assert "no longer stand in" in text(client.post(ending, follow=True))
        assert client.post(ending).status_code == 422

    def test_says_beside_the_field_what_is_wrong(self, client, market):
        deputy = organisations.actor(market.council, "approver", limit=50)
        as_(client, market.approver)
        page = client.post(reverse("stand-ins"), self.said(market, deputy, limit_amount="60000"))
        assert page.status_code == 422
        assert 'href="#id_limit_amount"' in text(page)

    def test_a_colleague_cannot_take_it_back(self, client, market):
        deputy = organisations.person(market.council, "approver", limit=50)
        lent = approvals.delegation(market.approver_membership, deputy, limit=100)
        sign_in(client, deputy)
        assert client.post(reverse("stand-in-end", args=[lent.pk])).status_code == 403
