"""What stands in the logs, and what must not."""

from __future__ import annotations

import logging
import sys

import pytest

from marketplace.config.logs import logging_config


@pytest.mark.parametrize("json", [True, False])
def test_a_traceback_shows_no_values_and_no_colours(json):
    settings = logging_config("INFO", json=json)
    formatter = settings["formatters"]["lines"]
    made = formatter["()"](
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    try:
        password = "correct horse".replace(" ", "-")
        raise ValueError(len(password))
    except ValueError:
        entry = logging.LogRecord("x", logging.ERROR, "x", 1, "wrong", None, sys.exc_info())
    said = made.format(entry)
    assert "ValueError" in said
    assert "correct-horse" not in said
    assert "\x1b[" not in said
