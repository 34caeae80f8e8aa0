"""Letting a difference through: by whom, with which reason, and what follows."""

from __future__ import annotations

from uuid import uuid4

import pytest

from invoicing.models import Finding
from invoicing.settling.services.approval import InvoiceChanged
from invoicing.settling.services.releasing import (
    CannotBeReleased,
    ReleaseNotAllowed,
    ReleaseReasonNeeded,
    release_finding,
)
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from tests.factories import invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def order(market):
    return ordering.answered(market)


@pytest.fixture
def held(market, order):
    """An invoice for goods that have not come."""
    return invoicing.taken(market, invoicing.said_of(market, order))


def finding_of(invoice) -> Finding:
    with stewardship():
        return Finding.objects.get(invoice=invoice, closed="", severity="HOLD")


def let_through(market, invoice, who, *, reason="They come tomorrow.", finding=None, **more):
    with market.acting():
        return release_finding(
            invoice_id=invoice.pk,
            finding_id=(finding or finding_of(invoice)).pk,
            releaser=who,
            reason=reason,
            at=NOON,
            **more,
        )


class TestReleaseFinding:
    def test_with_the_last_of_them_the_invoice_agrees(self, market, held):
        assert invoicing.found_in(held) == ["BEYOND_RECEIVED"]
        done = let_through(market, held, receipts.receiver(market))
        assert done.status == "MATCHED"
        with stewardship():
            event = Event.objects.get(verb="invoice.hold-released")
        assert (event.note, event.counterparty_id) == ("They come tomorrow.", None)

    def test_is_not_raised_again_for_the_same_facts(self, market, order, held):
        let_through(market, held, invoicing.finance(market))
        receipts.received(market, order, 1)
        ordering.do_jobs()
        assert invoicing.found_in(held, closed="RELEASED") == ["BEYOND_RECEIVED"]

    def test_refuses_somebody_whose_task_it_is_not(self, market, held):
        buyer = organisations.actor(market.council, "buyer", name="Ben Other")
        with pytest.raises(ReleaseNotAllowed, match="somebody else to decide"):
            let_through(market, held, buyer)

    def test_refuses_whoever_ordered_it(self, market):
        both = organisations.actor(market.council, "requester", "finance", name="Bea Both")
        order = ordering.answered(market, requester=both)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with pytest.raises(ReleaseNotAllowed, match="You ordered this"):
            let_through(market, invoice, both)

    def test_needs_a_reason(self, market, held):
        with pytest.raises(ReleaseReasonNeeded) as refused:
            let_through(market, held, invoicing.finance(market), reason="  ")
        assert refused.value.field == "reason"

    def test_refuses_what_has_ended(self, market, held):
        finding, finance = finding_of(held), invoicing.finance(market)
        let_through(market, held, finance)
        with pytest.raises(CannotBeReleased, match="any more"):
            let_through(market, held, finance, finding=finding)

    def test_refuses_what_breaks_the_standard(self, market, held):
        with stewardship():
            block = Finding.objects.create(
                council=market.council, invoice=held, source="JUDGE", code="GROSS_TOTAL",
                severity="BLOCK", facts_key="k", owner="finance", raised_at=NOON,
            )  # fmt: skip
        with pytest.raises(CannotBeReleased, match="breaks the standard"):
            let_through(market, held, invoicing.finance(market), finding=block)

    def test_refuses_what_somebody_else_has_changed_since(self, market, held):
        with pytest.raises(InvoiceChanged):
            let_through(market, held, invoicing.finance(market), version=held.version - 1)

    def test_somebody_elses_is_missing(self, market, held):
        stranger = organisations.actor(organisations.council(), "finance", name="Stan Stranger")
        finding = finding_of(held)
        with stewardship(), pytest.raises(Missing):
            release_finding(
                invoice_id=held.pk, finding_id=finding.pk, releaser=stranger, reason="x", at=NOON
            )
        with market.acting(), pytest.raises(Missing):
            release_finding(
                invoice_id=held.pk,
                finding_id=uuid4(),
                releaser=invoicing.finance(market),
                reason="x",
                at=NOON,
            )
