"""What waits for a decision, and deciding, over HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.ordering.models import Requisition
from tests.factories import approvals, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in
from tests.ordering.reading import as_, seen, text

pytestmark = pytest.mark.django_db


class TestApprovals:
    def test_queue_shows_three_facts(self, client, market):
        factory.submitted(market)
        page = text(as_(client, market.approver).get(reverse("approvals")))
        assert "Chairs for the library" in page
        assert "The old ones are worn." in page
        assert "£10,000.00 now, £9,841.00 after this" in page

    def test_queue_says_when_it_is_empty(self, client, market):
        page = text(as_(client, market.approver).get(reverse("approvals")))
        assert "Nothing waits for your decision" in page

    def decide(self, client, asked, verdict="approve", **facts):
        said = {"content_hash": asked.content_hash, "verdict": verdict, **facts}
        return client.post(reverse("requisition-approve", args=[asked.pk]), said)

    def test_approves(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = text(client.get(reverse("requisition-approve", args=[asked.pk])))
        assert asked.content_hash in page
        answer = self.decide(client, asked)
        assert answer.headers["Location"] == reverse("approvals")
        assert "The orders are on their way" in text(client.get(reverse("approvals")))
        assert seen(market, Requisition).status == "APPROVED"

    @pytest.mark.parametrize("verdict", ["", "banana", "Approve", " approve"])
    def test_approves_by_no_other_word(self, client, market, verdict):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = self.decide(client, asked, verdict)
        assert page.status_code == 422
        assert "Choose whether you approve it or turn it down" in text(page)
        assert seen(market, Requisition).status == "SUBMITTED"

    @pytest.mark.parametrize("seal", ["", "0" * 65])
    def test_says_what_to_do_when_it_is_not_known_what_was_seen(self, client, market, seal):
        asked = factory.submitted(market)
        as_(client, market.approver)
        said = {"verdict": "approve", "content_hash": seal}
        page = client.post(reverse("requisition-approve", args=[asked.pk]), said)
        assert page.status_code == 422
        assert "Open the requisition again, and decide on what it says now" in text(page)

    def test_does_not_approve_by_saying_nothing(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        said = {"content_hash": asked.content_hash}
        page = client.post(reverse("requisition-approve", args=[asked.pk]), said)
        assert page.status_code == 422
        assert seen(market, Requisition).status == "SUBMITTED"

    def test_refuses_the_second_time(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        self.decide(client, asked)
        assert self.decide(client, asked).status_code == 409

    def test_refuses_what_was_changed_after_it_was_seen(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = client.post(
            reverse("requisition-approve", args=[asked.pk]),
            {"content_hash": "0" * 64, "verdict": "approve"},
        )
        assert page.status_code == 409
        assert "Look at it again before you decide" in text(page)
        assert asked.content_hash in text(page)

    def test_turns_down_only_with_a_reason(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = self.decide(client, asked, "reject")
        assert page.status_code == 422
        assert "Say why you turn it down" in text(page)
        self.decide(client, asked, "reject", comment="Use the old ones.")
        assert seen(market, Requisition).rejection_reason == "Use the old ones."

    def test_refuses_the_one_who_asked(self, client, market):
        both = organisations.actor(market.council, "requester", "approver", limit=50_000)
        asked = factory.submitted(market, requester=both)
        as_(client, both)
        page = text(client.get(reverse("requisition-approve", args=[asked.pk])))
        assert "This does not wait for your decision" in page
        answer = self.decide(client, asked)
        assert answer.status_code == 403
        assert seen(market, Requisition).status == "SUBMITTED"

    def test_refuses_beyond_the_limit(self, client, market):
        small = organisations.actor(market.council, "approver", limit=100)
        asked = factory.submitted(market)
        as_(client, small)
        assert self.decide(client, asked).status_code == 403

    def test_shows_who_stands_in_for_whom(self, client, market):
        deputy = organisations.person(market.council, "approver", limit=50, name="Dee Deputy")
        approvals.delegation(market.approver_membership, deputy, limit=5000)
        factory.submitted(market)
        page = text(sign_in(client, deputy).get(reverse("approvals")))
        assert "Ada Approver, until 30 November 2026" in page
        assert "Chairs for the library" in page
