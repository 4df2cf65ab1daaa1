"""Installation: what a configuration stands for: the plugins, the graph, its database and its secrets."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

from gateway.configuration import Configuration
from gateway.data import DataFolder
from gateway.documents.manifest import Manifest, read_manifest
from gateway.misconfiguration import PREFIX
from tabard.assembly import AssembledSchema, assemble
from tabard.errors import ConfigurationInvalid
from tabard.host import PluginHost
from tabard.migrating import Migrations
from tabard.storage.database import Database


@dataclass(frozen=True)
class Installation:
    """One configuration's parts, each made when it is first asked for."""

    configuration: Configuration

    @cached_property
    def folder(self) -> DataFolder:
        """Where the embedded database and the secret key are."""
        return DataFolder(self.configuration.data)

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the one in the data folder."""
        return self.configuration.database_url is None

    @property
    def database_url(self) -> str:
        """The configured database, or the one in the data folder."""
        url = self.configuration.database_url
        return self.folder.url if url is None else url.get_secret_value()

    @cached_property
    def host(self) -> PluginHost:
        """The installed plugins; raises AssemblyRefused."""
        host = PluginHost(self.configuration.blocked_plugins)
        host.discover()
        return host

    @cached_property
    def schema(self) -> AssembledSchema:
        """The graph's schema; raises AssemblyRefused."""
        return assemble(self.host.plugins)

    @cached_property
    def migrations(self) -> Migrations:
        """The migrations of the core and the plugins."""
        return Migrations(self.database_url, self.host.plugins)

    @cached_property
    def manifest(self) -> Manifest:
        """The trusted documents; raises ConfigurationInvalid."""
        trust = self.configuration.documents
        if not trust.needs_manifest:
            return Manifest()
        if trust.manifest is None:
            raise ConfigurationInvalid(
                f"{PREFIX}DOCUMENTS__MANIFEST is missing: name the file that `tabard documents build` has made, "
                f"or set every mode to `off`"
            )
        return read_manifest(trust.manifest)

    def open_database(self) -> Database:
        """The database through the door of this graph; close it."""
        configuration = self.configuration
        options = configuration.database.options(row_level_security=configuration.row_level_security)
        return Database(self.database_url, self.schema.registry.tables, options)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database for one command; raises DatabaseNotReady or SchemaNewer unless it is up to date."""
        await self.migrations.check()
        database = self.open_database()
        try:
            yield database
        finally:
            await database.close()

    def secret(self, purpose: str) -> bytes:
        """A secret for one purpose, so that what is signed for one is no signature for another."""
        return hmac.digest(self._secret(), purpose.encode(), hashlib.sha256)

    def _secret(self) -> bytes:
        configured = self.configuration.secret_key
        if configured is not None:
            return configured.get_secret_value().encode()
        if not self.is_embedded:
            raise ConfigurationInvalid(
                f"{PREFIX}SECRET_KEY is missing: all processes on one database sign with the same secret; "
                f"set it to at least 32 random characters"
            )
        return self.folder.secret()
