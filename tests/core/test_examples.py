"""The examples in docstrings are run: they are the only code in our documentation."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    "marketplace.audit.canonical",
    "marketplace.core.dates",
    "marketplace.core.money",
    "marketplace.core.states",
    "marketplace.core.texts",
    "marketplace.core.vat",
    "marketplace.core.tables.workbooks",
    "marketplace.core.tables.written",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_tell_the_truth(name):
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
