"""Logs: structured lines on stderr, for a person at a terminal and as JSON for a machine.

What is not on the list of fields is not written, whoever logs it: a list of what is secret would never be
complete. Messages of exceptions can hold what a client sent, so a server shows them only if told to.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import structlog

from tabard.errors import StartError

FIELDS: Final = frozenset(
    {
        *("address", "count", "event", "exception", "field", "function", "issuer_keys", "level", "node"),
        *("path", "plugin", "plugins", "probe", "problem", "reason", "remedy", "request_id", "seconds"),
        *("error", "timestamp"),
    }
)
QUIET: Final = "message not shown"


def configure_logs(level: int, *, shows_messages: bool = False) -> None:
    """Writes what is at least this grave, of our own and of the libraries.

    Tracebacks are plain text. structlog's other forms show the variables of each frame, and with them the
    tokens and data of whoever asked; drawing them also holds the event loop for seconds.
    """
    is_terminal = sys.stderr.isatty()
    rendered: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_terminal
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_Tracebacks(shows_messages)),
            only_listed,
            *rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[Libraries()], force=True)


def only_listed(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The entry without the fields that are not on the list."""
    return {name: value for name, value in entry.items() if name in FIELDS}


class Libraries(logging.Handler):
    """Writes what libraries log in our form: whose it is and how it begins, never what it was about."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one entry."""
        begins = str(record.msg).partition("\n")[0].partition("(")[0].partition("<")[0].strip()
        structlog.get_logger("library").log(
            record.levelno, f"{record.name}: {begins}", exc_info=record.exc_info or None
        )


class _Tracebacks:
    """Writes exceptions: where they were raised, and of which kind they are."""

    def __init__(self, shows_messages: bool) -> None:
        self._shows_messages = shows_messages

    def __call__(self, exc_info: Any) -> str:
        _, error, _ = exc_info
        return "".join(self._lines(error)).rstrip() if error is not None else ""

    def _lines(self, error: BaseException) -> Iterator[str]:
        if self._shows_messages:
            yield from traceback.format_exception(error)
            return
        earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if earlier is not None:
            yield from self._lines(earlier)
            yield "\nwhich led to:\n\n"
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
        # Those who start a server are told what of theirs cannot be used; everybody else's words stay theirs.
        shown = str(error) if isinstance(error, StartError) else QUIET
        yield f"{type(error).__module__}.{type(error).__qualname__}: {shown}\n"
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from self._lines(part)
