"""Who opens an order's papers and a price list: whoever may read what they belong to."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from catalogue.models import ImportRun
from marketplace.core.errors import Missing
from marketplace.core.tenancy import tenant
from marketplace.documents.models import Document, ScanVerdict
from marketplace.documents.selectors import document
from marketplace.documents.services import record_scan
from marketplace.organisations.selectors.people import actor_of
from tests.factories import catalogue, ordering
from tests.factories import organisations as make

pytestmark = pytest.mark.django_db


def opens(organisation, reader, document_id) -> bool:
    with tenant(organisation.pk):
        try:
            document(reader, document_id)
        except Missing:
            return False
    return True


@pytest.fixture
def market():
    return ordering.market()


class TestOrders:
    @pytest.fixture
    def papers(self, market):
        order = ordering.sent(market)
        return order.pdf_id, order.ubl_id

    def test_whoever_may_read_the_order_opens_its_papers(self, market, papers):
        council = market.council
        readers = [market.requester, market.buyer, market.approver]
        readers += [make.actor(council, r) for r in ("receiver", "finance", "payments", "auditor")]
        for paper in papers:
            assert all(opens(council, reader, paper) for reader in readers)
            assert opens(market.supplier, market.seller, paper)

    def test_a_colleague_who_may_not_read_it_does_not(self, market, papers):
        colleague = make.person(market.council, "requester")
        for paper in papers:
            assert not opens(market.council, actor_of(colleague), paper)
        client = make.sign_in(Client(), colleague)
        assert client.get(reverse("document", args=[papers[0]])).status_code == 404

    def test_nor_does_another_council_or_supplier(self, market, papers):
        for stranger in (make.council(), make.supplier()):
            reader = make.actor(stranger, *(["auditor"] if stranger.kind == "COUNCIL" else []))
            assert not any(opens(stranger, reader, paper) for paper in papers)

    def test_the_page_hands_them_to_both_sides(self, market, papers):
        for someone in (market.approver_membership, make.person(market.supplier)):
            client = make.sign_in(Client(), someone)
            answer = client.get(reverse("document", args=[papers[0]]))
            assert answer.content.startswith(b"%PDF")


class TestPriceLists:
    def test_are_their_suppliers_people_alone(self, market, at):
        with tenant(market.supplier.pk):
            catalogue.load(market.seller, [catalogue.row(part_number="NEW")], at=at)
            kept = ImportRun.objects.latest("id").document
            assert Document.objects.get(pk=kept.pk).from_outside
        record_scan(document_id=kept.pk, verdict=ScanVerdict.CLEAN, engine="Clam 1", at=at)
        assert opens(market.supplier, make.actor(market.supplier), kept.pk)
        assert not opens(market.council, make.actor(market.council, "auditor"), kept.pk)
        rival = make.supplier()
        assert not opens(rival, make.actor(rival), kept.pk)
