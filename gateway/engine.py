"""Engine: what the edge needs of the graph behind it."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

from graphql import ExecutionResult, GraphQLSchema

from gateway.documents.documents import Operation
from tabard.nouns.rate import RateLimit
from tabard.storage.session import ReadSession
from tabard.viewer import Viewer


class Caller(NamedTuple):
    """Who asks; `reads` is the session that read them from the database and goes on serving the request."""

    viewer: Viewer
    reads: ReadSession | None = None


class Probe(Protocol):
    """One thing that answers depend on, e.g. the database."""

    @property
    def name(self) -> str:
        """Short and public: `/readyz` shows it."""

    @property
    def problem(self) -> str | None:
        """What is wrong, for the log; None when all is well."""

    @property
    def is_vital(self) -> bool:
        """Whether nothing can be answered without it; a plugin's failure only costs its own fields."""


class EventStream(Protocol):
    """A subscription that runs."""

    def require(self, viewer: Viewer) -> None:
        """Raises Forbidden or Unauthenticated when the viewer may not go on."""

    def results(self) -> AsyncGenerator[ExecutionResult, None]:
        """What each event gives, as long as there may be more; raises as `require` does."""


class Vitals(Protocol):
    """What a server counts and watches behind the edge; all of it is at hand, nothing is asked for."""

    @property
    def plugin_failures(self) -> Mapping[str, int]:
        """Failures by plugin."""

    @property
    def plugin_blockings(self) -> Mapping[str, int]:
        """By plugin: how often it held the event loop."""

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """By reason: operations that the slower executor answered."""

    @property
    def connections(self) -> int:
        """Database connections that are in use."""

    @property
    def is_database_lost(self) -> bool:
        """Whether the database does not answer now."""


class Engine(Protocol):
    """Executes operations against one assembled, frozen schema."""

    @property
    def schema_sdl(self) -> str:
        """The schema as clients read it."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema that documents are validated against."""

    async def execute(
        self,
        operation: Operation,
        variables: dict[str, Any],
        caller: Caller,
        *,
        idempotency_key: str | None = None,
        rate: RateLimit | None = None,
        until: float | None = None,
    ) -> ExecutionResult:
        """Executes one query or mutation of a checked document; with a key a mutation is done once.

        `rate` is what `rateLimit` answers. `until` is when the answer has to be there, by
        `time.monotonic()`: no statement runs on in the database.

        It is cancelled when the client goes away or the deadline passes; a mutation that has reached its
        commit shields itself. Errors with a code of their own are `GraphError`; any other is masked.
        """

    async def subscribe(
        self,
        operation: Operation,
        variables: dict[str, Any],
        admit: Callable[[], AbstractAsyncContextManager[Caller]],
    ) -> EventStream | ExecutionResult:
        """The stream of a checked subscription, or the errors why there is none.

        `admit` tells who asks, anew for each batch of events.
        """

    @property
    def vitals(self) -> Vitals:
        """What metrics tell of it."""

    async def ready(self) -> Sequence[Probe]:
        """Looks at everything that answering a request depends on."""


class Authenticator(Protocol):
    """Tells who asks."""

    def authenticate(self, authorization: str | None) -> AbstractAsyncContextManager[Caller]:
        """Whom an `Authorization: Bearer` header stands for, anonymous without a header, while they are served.

        Raises Unauthenticated when the token is not valid.
        """
