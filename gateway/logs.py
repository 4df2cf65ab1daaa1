"""Logs: structured lines on stderr, for a person at a terminal and as JSON for a machine."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure_logs(level: int) -> None:
    """Writes what is at least this grave, of our own and of the libraries.

    Tracebacks are plain text. structlog's other forms show the variables of each frame, and with them the
    tokens and data of whoever asked; drawing them also holds the event loop for seconds.
    """
    is_terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
