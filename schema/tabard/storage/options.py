"""Options of a database's connections."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StorageOptions:
    """Seconds and counts: how long a statement, a wait for a connection and a connect may take.

    `row_level_security` sets the session variable that PostgreSQL's policies read; connect as a role
    that owns nothing.
    """

    statement_timeout: float = 5.0
    pool_size: int = 5
    pool_wait: float = 1.0
    connect_timeout: float = 1.5
    row_level_security: bool = False
