"""Portal: an installation with one portal that is large enough to be measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr

from gateway.configuration import Configuration
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from gateway.identity.issued_tokens import TrustedIssuers
from gateway.installation import Installation
from gateway.limits import Limits
from gateway.rate import RateSettings
from gateway.serving import CURSORS, DEMO_TOKENS, Service
from tabard.demo.loading import PLANS, Demo
from tabard.migrating import Migrations
from tabard.records import tables

ROWS: Final = 1_000
SECRET: Final = "benchmark" * 4
PLAN: Final = replace(PLANS[0], companies=1_000, contacts=3_000, deals=3_000, tickets=100)


@dataclass(frozen=True)
class Place:
    """Where a benchmark's portal is, and how its server is asked."""

    folder: Path
    url: str

    @property
    def installation(self) -> Installation:
        """The installation, with limits that let whole benchmarks through."""
        limits = Limits(cost=100_000, nodes=100_000, page=ROWS, answer_bytes=1 << 28)
        return Installation(
            Configuration(
                data=self.folder,
                database_url=SecretStr(self.url),
                secret_key=SecretStr(SECRET),
                limits=limits,
                rate=RateSettings(points=0),
            )
        )

    def service(self) -> Service:
        """The graph as it is in production, but for whose tokens it believes: the benchmark's own."""
        service = Service(self.installation)
        tokens = DemoTokens(self.installation.secret(DEMO_TOKENS))
        service.verifier = TrustedIssuers({DemoTokens.ISSUER: tokens})
        return service

    async def prepare(self) -> None:
        """Makes the tables and the portal's rows."""
        installation = self.installation
        await Migrations(self.url, installation.host.plugins).upgrade()
        service = Service(installation)
        try:
            await service.open()
            await Demo(service.database, installation.host, service.graph.new_id).load(
                PLAN, lambda written, total: None
            )
        finally:
            await service.close()

    async def identity(self, service: Service) -> Identity:
        """Who asks: a super admin of the portal."""
        async with service.database.system("benchmark") as connection:
            statement = sa.select(tables.user.c.portal_id, tables.user.c.id)
            found = await connection.execute(statement.where(tables.user.c.is_super_admin.is_(True)).limit(1))
            portal_id, user_id = found.one()
        return Identity(portal_id, user_id)

    def token(self, identity: Identity) -> str:
        """The bearer token that both servers check."""
        return DemoTokens(self.installation.secret(DEMO_TOKENS)).issue(identity)

    @property
    def cursor_secret(self) -> bytes:
        """What cursors are signed with."""
        return self.installation.secret(CURSORS)
