"""What every test stands on: a real database of its own, walled as in earnest."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.db import connections

from tests import servers, templates

_fresh = itertools.count(1)

# The same examples each time, and no deadline: a busy machine is no defect. A hunt draws its own:
# HYPOTHESIS_PROFILE=hunt
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("hunt", max_examples=5_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes one process longest, so that nobody waits for it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/performance/"))


@pytest.fixture(scope="session")
def template_database() -> str:
    """The name of the database that every test's own is cloned from."""
    return templates.template(servers.admin_url())


@pytest.fixture(scope="session")
def django_db_setup(template_database, django_db_blocker) -> Iterator[None]:
    """A database for this process, cloned; the application's own role works on it."""
    name = connections["default"].settings_dict["NAME"]
    templates.drop(servers.admin_url(), name)
    templates.clone(servers.admin_url(), name, source=template_database)
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
    templates.drop(servers.admin_url(), name)


@pytest.fixture
def fresh_db(template_database, django_db_blocker) -> Iterator[str]:
    """An empty database of this test's own, with real commits; yields its name.

    For threads, processes and whatever needs to see another's commit.
    """
    with django_db_blocker.unblock(), _own_database(template_database) as name:
        yield name


@pytest.fixture(scope="module")
def module_db(template_database, django_db_blocker) -> Iterator[str]:
    """As fresh_db, for the tests of a module that do not mind one another's rows."""
    with django_db_blocker.unblock(), _own_database(template_database) as name:
        yield name


@pytest.fixture(scope="module")
def demo_db(django_db_blocker) -> Iterator[str]:
    """A database of this module's own that holds the small demonstration; yields its name."""
    demo = templates.demo_template(servers.admin_url())
    with django_db_blocker.unblock(), _own_database(demo) as name:
        yield name


@contextmanager
def _own_database(source: str) -> Iterator[str]:
    """Clone a database, and have this process and those that it starts use the clone."""
    settings = connections["default"].settings_dict
    before = settings["NAME"]
    urls = {key: value for key, value in os.environ.items() if key.startswith("DATABASE_")}
    name = f"{before}_{next(_fresh)}"
    templates.clone(servers.admin_url(), name, source=source)
    connections["default"].close()
    settings["NAME"] = name
    for key in ("DATABASE_OWNER_URL", "DATABASE_WEB_URL", "DATABASE_WORKER_URL"):
        os.environ[key] = templates.on_database(urls[key], name)
    try:
        yield name
    finally:
        connections["default"].close()
        settings["NAME"] = before
        os.environ.update(urls)
        templates.drop(servers.admin_url(), name)


@pytest.fixture
def at() -> datetime:
    """A Monday at noon in London: the clock is an argument."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/London"))
