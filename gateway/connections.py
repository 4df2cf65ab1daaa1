"""Connections: how a process uses its database."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from tabard.storage.options import StorageOptions


class DatabaseSettings(BaseModel):
    """What a process takes of its database, and how long it waits."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    connections: PositiveInt = 5
    """Connections to PostgreSQL that answer requests; a process keeps three more, for its own work, for news of
    other processes and for signs of life.
    """
    wait_seconds: PositiveFloat = 1.0
    """Seconds that a request waits for a connection."""
    statement_seconds: PositiveFloat = 5.0
    """Seconds that a statement may take; never more than the request still has."""

    def options(self, *, row_level_security: bool) -> StorageOptions:
        """The same, as the storage takes it."""
        return StorageOptions(
            statement_timeout=self.statement_seconds,
            pool_size=self.connections,
            pool_wait=self.wait_seconds,
            row_level_security=row_level_security,
        )
