"""Faults: what a driver raises, as the errors clients know."""

from types import TracebackType
from typing import Final

import asyncpg
import sqlalchemy as sa
import structlog

from tabard.ends import failure_of, is_end
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


class Translation:
    """Inside, a database that is gone, busy or too slow becomes Unavailable or DeadlineExceeded.

    So do changes that crossed each other on PostgreSQL: one of them is undone whole, and can be repeated. What a
    driver raises that would end the server costs the request and no more.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            retold(error)


_TRANSLATION: Final = Translation()


def translated() -> Translation:
    """What translates the errors of drivers inside `with`."""
    return _TRANSLATION


def retold(error: BaseException) -> None:
    """Raises what clients know the error as, and of what would end the server a failure; nothing for any other."""
    if isinstance(error, Exception):
        if (known := _known(error)) is not None:
            raise known from error
    elif not is_end(error):
        raise failure_of(error) from error


def _known(error: Exception) -> Exception | None:
    """The error as clients know it; None for one that is not the database's."""
    match error:
        case sa.exc.TimeoutError():
            return Unavailable("All database connections are busy; try again soon.", retryAfter=1)
        case sa.exc.OperationalError() | sa.exc.InterfaceError() | OSError():
            return _fault(error)
        case sa.exc.DBAPIError() if _state(error) in _CROSSED:
            log.warning("changes crossed each other", error=type(error).__name__)
            return Unavailable("Others change the same things now; repeat the change.", retryAfter=1)
        case sa.exc.DBAPIError():
            is_known = error.connection_invalidated or _is_gone(error) or _marks(error, _CANCELLED)
            return _fault(error) if is_known else None
    # What a driver raises while it connects comes as it is; its own errors are of a line that has ended.
    return _fault(error) if _is_gone(error) or isinstance(error, LINE_ENDED) else None


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


def _fault(error: Exception) -> Exception | None:
    if _marks(error, _CANCELLED):
        return too_slow()
    if _marks(error, _UNCHANGEABLE):
        log.error("database takes no changes", error=type(error).__name__)
        return Unavailable("The database takes no changes now; try again later.", retryAfter=5)
    is_sqlite = isinstance(error, sa.exc.DBAPIError) and "sqlite" in str(error)
    if is_sqlite and not _marks(error, _BUSY):
        return None
    log.warning("database unavailable", error=type(error).__name__)
    return Unavailable("The database does not answer; try again soon.", retryAfter=1)
