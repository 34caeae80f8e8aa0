"""Which commands get a state folder of their own."""

from __future__ import annotations

import pytest

from marketplace.embedded.apart import state_for
from marketplace.embedded.environment import state_folder


@pytest.fixture(autouse=True)
def nobody_named_one(monkeypatch):
    for name in ("STATE_DIR", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("arguments", [["story"], ["story", "--json"], ["bench", "life"]])
def test_lends_a_folder_that_goes_again(arguments):
    with state_for(arguments) as folder:
        assert folder.is_dir()
        assert folder != state_folder()
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["demo"], ["bench", "search"], []])
def test_leaves_other_commands_where_they_are(arguments):
    with state_for(arguments) as folder:
        assert folder == state_folder()


def test_takes_the_one_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    with state_for(["story"]) as folder:
        assert folder == tmp_path
