"""Every probe has an honest invoice beside it, which must come through whatever is tried."""

from __future__ import annotations

import pytest

from tests.probes import twins


@pytest.fixture
def stage(db):
    """A council in which something is tried; afterwards the honest invoice is as it was."""
    made = twins.stage()
    yield made
    twins.check_untouched(made)
