"""Logs: one JSON object a line, with the request's id and plain tracebacks."""

import sys
from typing import Any

import orjson
import structlog


def configure_logs() -> None:
    """Makes structlog write for machines; called once, when the process starts.

    structlog's own default draws tracebacks with the variables of each frame: that shows tokens to
    whoever reads the log, and holds the event loop for seconds.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=serialize),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def serialize(entry: Any, **_: Any) -> str:
    """An entry as JSON; what JSON cannot express is written as text."""
    return orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
