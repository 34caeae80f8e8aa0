"""Other people’s invoices, taken in whole: each ends as an invoice or with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.models import Arrival, Finding, Invoice
from marketplace.core.tenancy import stewardship
from tests.conformance.data import CORPUS, EN16931, files, needs_data
from tests.factories import invoicing, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

FOLDERS = {
    "ubl": files(EN16931 / "ubl/examples"),
    "cii": files(EN16931 / "cii/examples"),
    "whole": files(EN16931 / "test/testfiles"),
    "units": [
        *files(EN16931 / "test/Invoice-unit-UBL"),
        *files(EN16931 / "test/CreditNote-unit-UBL"),
        *files(EN16931 / "test/cii"),
    ],
    "corpus": files(CORPUS / "CII"),
}


def shown(client: Client, arrival: Arrival) -> int:
    """Open the page of what became of a file, as a finance officer does."""
    answer = client.get(reverse("arrival", args=[arrival.pk]), follow=True)
    return answer.status_code


@needs_data
@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_each_ends_as_an_invoice_or_with_a_reason(folder):
    market = invoicing.market()
    officer = invoicing.finance(market)
    client = sign_in(Client(), organisations.person(market.council, "finance", "auditor"))
    fates: Counter[str] = Counter()
    paths: list[Path] = FOLDERS[folder]
    for path in paths:
        sent = invoicing.arrived(market, path.read_bytes(), sender=officer, name=path.name)
        read = invoicing.read(market, sent)
        fates[read.status] += 1
        assert read.status == "TAKEN" or read.refusal_detail, path.name
        assert shown(client, read) == 200, path.name
    assert sum(fates.values()) == len(paths)
    if folder == "units":  # lists of cases, which are no invoices themselves
        assert fates.keys() == {"REFUSED"}
        return
    assert fates["TAKEN"] >= len(paths) * 0.9
    with stewardship():
        # Nobody here has a supplier or an order of theirs, so that none may be paid by itself.
        assert set(Invoice.objects.values_list("status", flat=True)) <= {"HELD", "REPEAT"}
        assert not Finding.objects.filter(closed="RELEASED").exists()
