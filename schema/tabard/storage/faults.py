"""Faults: what a driver raises, as the errors clients know."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog

from tabard.errors import DeadlineExceeded, GraphError, Unavailable

log = structlog.get_logger("tabard.storage")

_CANCELLED = ("QueryCanceledError", "interrupted")
_BUSY = ("database is locked", "database table is locked", "unable to open database file", "disk is full")


@contextmanager
def translated() -> Iterator[None]:
    """Inside, a database that is gone, busy or too slow becomes Unavailable or DeadlineExceeded."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise Unavailable("All database connections are busy; try again soon.", retryAfter=1) from error
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise _fault(error) from error
    except sa.exc.DBAPIError as error:
        fault = _fault(error) if error.connection_invalidated or _is_cancelled(error) else error
        raise fault from error
    except (ConnectionError, OSError) as error:
        raise _fault(error) from error


def _is_cancelled(error: BaseException) -> bool:
    text = repr(getattr(error, "orig", error))
    return any(mark in text for mark in _CANCELLED)


def _fault(error: Exception) -> Exception:
    if _is_cancelled(error):
        return DeadlineExceeded("A read took longer than a statement may; ask for less at once.")
    text = str(error)
    if (
        isinstance(error, sa.exc.OperationalError)
        and "sqlite" in text
        and not any(mark in text for mark in _BUSY)
    ):
        return error
    log.warning("database unavailable", error=type(error).__name__)
    unavailable: GraphError = Unavailable("The database does not answer; try again soon.", retryAfter=1)
    return unavailable
