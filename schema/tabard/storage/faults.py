"""Faults: what a driver raises, as the errors clients know."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
import sqlalchemy as sa
import structlog

from tabard.errors import DeadlineExceeded, Unavailable

log = structlog.get_logger("tabard.storage")

LINE_ENDED: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)

_CANCELLED = ("QueryCanceledError", "interrupted")
_BUSY = ("database is locked", "database table is locked", "unable to open database file", "disk i/o error")
# A full disk and a read-only file, and the same of a server: 53100 is its full disk, 25006 a read-only one.
_UNCHANGEABLE = ("disk is full", "readonly database", "DiskFullError", "ReadOnlySQLTransactionError")
# Classes of SQLSTATE: no connection, no such account or database, out of resources, shut down, system error.
_GONE = ("08", "28", "3D", "53", "57P", "58")
# SQLSTATEs of transactions that others kept from going on: out of order, in a circle, too long behind a lock.
_CROSSED = ("40001", "40P01", "55P03")


@contextmanager
def translated() -> Iterator[None]:
    """Inside, a database that is gone, busy or too slow becomes Unavailable or DeadlineExceeded.

    So do changes that crossed each other on PostgreSQL: one of them is undone whole, and can be repeated.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise Unavailable("All database connections are busy; try again soon.", retryAfter=1) from error
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise _fault(error) from error
    except sa.exc.DBAPIError as error:
        if _state(error) in _CROSSED:
            log.warning("changes crossed each other", error=type(error).__name__)
            raise Unavailable(
                "Others change the same things now; repeat the change.", retryAfter=1
            ) from error
        is_known = error.connection_invalidated or _is_gone(error) or _marks(error, _CANCELLED)
        raise (_fault(error) if is_known else error) from error
    except OSError as error:
        raise _fault(error) from error
    except Exception as error:
        # What a driver raises while it connects comes as it is; its own errors are of a line that has ended.
        if not _is_gone(error) and not isinstance(error, LINE_ENDED):
            raise
        raise _fault(error) from error


def too_slow() -> DeadlineExceeded:
    """What a statement is told that has had its time."""
    return DeadlineExceeded("A read took longer than a statement may; ask for less at once.")


def _is_gone(error: BaseException) -> bool:
    return _state(error).startswith(_GONE) or _state(error) == "25006"


def _state(error: BaseException) -> str:
    """The SQLSTATE of what PostgreSQL says; empty for what others say."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def _marks(error: BaseException, marks: tuple[str, ...]) -> bool:
    cause = getattr(error, "orig", error)
    # SQLAlchemy wraps the driver's error in one whose name it quotes; both say what happened.
    text = f"{type(getattr(cause, '__cause__', None)).__name__} {cause!r}"
    return any(mark in text or mark in text.lower() for mark in marks)


def _fault(error: Exception) -> Exception:
    if _marks(error, _CANCELLED):
        return too_slow()
    if _marks(error, _UNCHANGEABLE):
        log.error("database takes no changes", error=type(error).__name__)
        return Unavailable("The database takes no changes now; try again later.", retryAfter=5)
    is_sqlite = isinstance(error, sa.exc.DBAPIError) and "sqlite" in str(error)
    if is_sqlite and not _marks(error, _BUSY):
        return error
    log.warning("database unavailable", error=type(error).__name__)
    return Unavailable("The database does not answer; try again soon.", retryAfter=1)
