"""Authenticator: reads from the database whom a token names."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from gateway.engine import Caller
from gateway.identity.identity import Verifier, gone
from tabard.portals import portal_id
from tabard.records.viewers import read_viewer
from tabard.storage.database import Database
from tabard.storage.session import ReadSession
from tabard.viewer import ANONYMOUS


class DatabaseAuthenticator:
    """Reads the user whom a verified token names; one statement, with all that policies ask about."""

    def __init__(self, verifier: Verifier, database: Database) -> None:
        self._verifier = verifier
        self._database = database
        self._portals = PortalIds(database)

    def authenticate(self, authorization: str | None) -> Admission:
        """The caller, while they are served."""
        return Admission(self, authorization)

    async def find(self, authorization: str | None) -> Caller:
        """The caller, whose session must be closed; raises Unauthenticated."""
        if authorization is None:
            return Caller(ANONYMOUS)
        identity = await self._verifier.verify(authorization.partition(" ")[2])
        portal_id = await self._portals.find(identity.portal)
        viewer, reads = await read_viewer(self._database, portal_id, identity.user)
        if viewer is None:
            await reads.close()
            raise gone()
        return Caller(viewer, reads)


class Admission:
    """One caller while they are served; the session that read them is closed in the end."""

    def __init__(self, authenticator: DatabaseAuthenticator, authorization: str | None) -> None:
        self._authenticator = authenticator
        self._authorization = authorization
        self._reads: ReadSession | None = None

    async def __aenter__(self) -> Caller:
        caller = await self._authenticator.find(self._authorization)
        self._reads = caller.reads
        return caller

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reads is not None:
            await self._reads.close()


class PortalIds:
    """The ids of portals by their keys, which never change; each is read once."""

    MOST: Final = 100_000

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, int] = {}

    async def find(self, portal: int | str) -> int:
        """The portal's id; raises Unauthenticated when there is none."""
        if isinstance(portal, int):
            return portal
        if (known := self._known.get(portal)) is not None:
            return known
        if (found := await portal_id(self._database, portal)) is None:
            raise gone()
        if len(self._known) < self.MOST:
            self._known[portal] = found
        return found
