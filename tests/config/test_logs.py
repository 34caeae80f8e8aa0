"""What stands in the logs, and what must not."""

from __future__ import annotations

import logging
import sys

import pytest

from marketplace.config.logs import logging_config, without_keys


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


@pytest.mark.parametrize(
    "said",
    [
        "GET /account/password/reset/key/AbC-d1e2f3-0a1b/",
        "Not Found: /account/password/reset/key/AbC-d1e2f3-0a1b/x?y=1",
        "GET /account/confirm-email/AbC-d1e2f3-0a1b/",
    ],
)
def test_no_key_of_a_link_is_shown(said):
    settings = logging_config("INFO", json=True)
    formatter = settings["formatters"]["lines"]
    made = formatter["()"](
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    line = made.format(logging.LogRecord("x", logging.INFO, "x", 1, said, None, None))
    assert "d1e2f3" not in line
    entry = without_keys(None, "info", {"request": said, "code": 200})
    assert "d1e2f3" not in entry["request"]
