"""Structured logs: one JSON object a line, or plain text, in colour at a terminal only."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What follows these in an address lets whoever reads it set somebody's password.
KEYS = re.compile(r"(/(?:reset/key|confirm-email)/)[^/\s?\"']+")


def without_keys(
    _logger: Any,  # noqa: ANN401  # structlog's signature
    _method: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Take the keys out of the addresses in an entry: a log is read by more than their owner."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = KEYS.sub(r"\1…", value)
    return entry


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    without_keys,
]


def logging_config(level: str, *, json: bool) -> dict[str, Any]:
    """Return the settings of Python's logging, and set structlog up to end in it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Never with the values of local variables, as is usual: a traceback ends up in a file, and what
    # was in somebody's hands when it went wrong may have been a password.
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    renderer: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json
        else [plain]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderer,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["terminal"], "level": level},
        "loggers": {"celery": {"level": "WARNING"}, "django.server": {"level": "WARNING"}},
    }
