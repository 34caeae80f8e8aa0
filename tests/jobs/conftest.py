"""A table that shows what the tests' jobs did."""

from __future__ import annotations

import pytest
from django.db import connection

from tests import servers
from tests.jobs import deeds


@pytest.fixture(scope="session")
def scratch_in_own(django_db_setup) -> None:
    """The table, in the database that most tests roll back."""
    deeds.make_scratch(servers.admin_url(str(connection.settings_dict["NAME"])))


@pytest.fixture
def scratch(scratch_in_own, db) -> None:
    """The table, empty again when the test ends."""


@pytest.fixture
def kept_scratch(fresh_db) -> str:
    """The table in a database of the test's own, for threads and processes; yields its name."""
    deeds.make_scratch(servers.admin_url(fresh_db))
    return fresh_db
