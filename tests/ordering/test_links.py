"""The paths that letters name are the paths that pages have."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.urls import reverse

from marketplace.ordering import links

KEY = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (links.requisition_link, "requisition"),
        (links.order_link, "order"),
        (links.receipt_link, "receipt"),
        (links.supplier_order_link, "supplier-order"),
    ],
)
def test_a_letter_points_to_the_page(link, name):
    assert link(KEY) == reverse(name, args=[KEY])
