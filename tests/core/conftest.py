"""The web's own database role, pooled as in earnest, on a database of the module's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connections

from marketplace.config.databases import database_from_url


@pytest.fixture
def as_web(module_db) -> Callable[..., AbstractContextManager[None]]:
    """A block in which this thread's connection is the web's; all blocks share one pool."""
    worker = connections["default"]
    settings = {
        **worker.settings_dict,
        **database_from_url(os.environ["DATABASE_WEB_URL"], pooled=True),
    }
    # One connection for everybody is the hardest case: whatever one leaves on it, the next finds.
    settings["OPTIONS"]["pool"] |= {"min_size": 1, "max_size": 1}
    made = []

    @contextmanager
    def block(*, tidy: bool = True) -> Iterator[None]:
        if not tidy:
            settings["OPTIONS"]["pool"].pop("reset", None)
        before = connections["default"]
        wrapper = type(worker)(settings, alias="default")
        made.append(wrapper)
        connections["default"] = wrapper
        try:
            yield
        finally:
            wrapper.close()
            connections["default"] = before

    yield block
    for wrapper in made[:1]:
        wrapper.close_pool()
