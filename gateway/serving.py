"""Serving: an installation as a running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Final

import structlog
from starlette.applications import Starlette

from gateway.app import Gateway, create_app
from gateway.configuration import EngineKind
from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.guests import Guests
from gateway.identity.identity import NoTokens, Verifier
from gateway.identity.issued_tokens import TrustedIssuers, issued
from gateway.installation import Installation
from gateway.spans import Provider, begin
from tabard.errors import TabardError
from tabard.graph import Graph
from tabard.live.upkeep import Upkeep
from tabard.storage.database import Database
from tabard.storage.nodes import LEASE, NodeLease

log = structlog.get_logger(__name__)

CURSORS: Final = "cursors"
DEMO_TOKENS: Final = "demo tokens"
# How long the end waits for a database that does not answer any more.
FAREWELL_SECONDS: Final = 1.5


class Service:
    """The graph of an installation over its database, with a node number of its own while it is open.

    The lease of the number is renewed every so many seconds.
    """

    def __init__(self, installation: Installation, renew_every: float = LEASE.total_seconds() / 5) -> None:
        self.installation = installation
        self._renew_every = renew_every
        self.database: Database = installation.open_database()
        self.lease = NodeLease(self.database)
        self.graph = Graph(
            installation.schema,
            self.database,
            secret=installation.secret(CURSORS),
            new_id=self.lease,
            executor=CompiledExecutor,
        )
        self.verifier = verifier(installation)
        self.upkeep = Upkeep(self.database, self.graph.places.kept)
        self.database.wakeups.heed = self.upkeep.note
        plans = Plans.of(self.graph.graphql_schema)
        plans.is_on = installation.configuration.engine is EngineKind.COMPILED
        self._renewal: asyncio.Task[None] | None = None
        self._spans: Provider | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Leases the node number; raises DatabaseNotReady or SchemaNewer unless the database is up to date."""
        self._spans = begin(is_wanted=self.installation.configuration.tracing)
        await self.installation.migrations.check()
        await self.lease.take()
        if isinstance(self.verifier, TrustedIssuers):
            await self.verifier.prepare()
        self.database.watch()
        self._renewal = asyncio.create_task(self._renew())

    async def close(self) -> None:
        """Gives everything back; safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._renewal is not None:
            self._renewal.cancel()
            with suppress(TabardError, TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self.lease.release()
        await self.upkeep.close()
        await self.graph.close()
        if self._spans is not None:
            await asyncio.wait({asyncio.ensure_future(asyncio.to_thread(self._spans.shutdown))}, timeout=1)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._renew_every)
            try:
                await self.lease.renew()
            except TabardError as error:
                log.warning("node lease not renewed", problem=str(error))
            except Exception:
                # Without a lease nobody could change anything; the next attempt may do better.
                log.exception("node lease not renewed")

    def app(self) -> Starlette:
        """The service behind HTTP; closed when the server shuts down."""
        return create_app(self.gateway)

    @cached_property
    def gateway(self) -> Gateway:
        """What the service's server is made of."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            yield
            # Here and not after the server: uvicorn lets a signal that ended it end the process too.
            await self.close()
            await self.gateway.stock.close()

        engine = GraphEngine(self.graph, self.installation.migrations)
        authenticator = DatabaseAuthenticator(self.verifier, self.database)
        configuration = self.installation.configuration
        return Gateway(
            configuration,
            engine,
            authenticator,
            manifest=self.installation.manifest,
            lifespan=lifespan,
            guests=self.guests() if configuration.development else None,
        )

    def guests(self) -> Guests:
        """Who one can be in development."""
        return Guests(self.database, DemoTokens(self.installation.secret(DEMO_TOKENS)))


def verifier(installation: Installation) -> Verifier:
    """Whose tokens an installation accepts: those of its issuers, and in development the demo's."""
    verifiers: dict[str, Verifier] = {**issued(installation.configuration.issuers)}
    if installation.configuration.development:
        verifiers[DemoTokens.ISSUER] = DemoTokens(installation.secret(DEMO_TOKENS))
    return TrustedIssuers(verifiers) if verifiers else NoTokens()
