"""Context: what one request has: its viewer, its reads and its loaders."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from aiodataloader import DataLoader

from tabard.policies import Policy
from tabard.reader import Reader
from tabard.storage.scope import Scope
from tabard.viewer import Viewer, denied

if TYPE_CHECKING:
    from tabard.graph import Graph
    from tabard.nouns.rate import RateLimit
    from tabard.storage.session import ReadSession


class Context:
    """Made once per request; policies are evaluated here, once each, and remembered."""

    def __init__(self, graph: Graph, viewer: Viewer, session: ReadSession, key: str | None = None) -> None:
        self.graph = graph
        self.viewer = viewer
        self.idempotency_key = key
        self.rate: RateLimit | None = None
        self.session = session
        self.reader = Reader(viewer, session, graph.properties)
        self.loaders: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}
        self._denials: dict[int, tuple[Policy, str | None]] = {}

    @property
    def scope(self) -> Scope:
        """The portal and user that statements of this request run for."""
        return scope_of(self.viewer)

    def require(self, policy: Policy) -> None:
        """Raises Forbidden or Unauthenticated unless the policy allows the viewer."""
        # By identity, which is quicker than to compare; it is kept, so that no other gets its number.
        number = id(policy)
        known = self._denials.get(number)
        if known is None:
            known = self._denials[number] = policy, policy.denial(self.viewer)
        if reason := known[1]:
            raise denied(reason)

    def contained(
        self, plugin: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Runs an author's function so that its failure is a PluginFailure of its plugin."""
        return self.graph.containment.call(plugin, function, *args, **kwargs)

    def renew(self) -> None:
        """Forgets what was read, after a change; payloads then show the rows as they are."""
        self.loaders.clear()

    async def close(self) -> None:
        """Gives the connection back."""
        await self.session.close()


def scope_of(viewer: Viewer) -> Scope:
    """The scope of a viewer; portal 0 holds no rows and is nobody's."""
    return Scope(viewer.portal_id or 0, viewer.user_id)
