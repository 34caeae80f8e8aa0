"""What the tests of pages share."""

from __future__ import annotations

import pytest

from tests.factories import ordering


@pytest.fixture
def market():
    return ordering.market()
