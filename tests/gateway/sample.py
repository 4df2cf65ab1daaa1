"""A small real graph behind the edge: enough kinds of fields to ask badly for, and to fail in."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute

from gateway.documents.documents import Operation
from gateway.engine import Caller
from tabard.errors import Forbidden, PluginFailure, Unauthenticated, Unavailable
from tabard.nouns.rate import RateLimit
from tabard.viewer import ANONYMOUS, Viewer

SECRET = "SELECT password FROM users"


@strawberry.enum
class Failure(Enum):
    """A way in which a field fails."""

    BUG = "bug"
    STRAY_GRAPHQL_ERROR = "stray"
    FORBIDDEN = "forbidden"
    PLUGIN = "plugin"
    UNAVAILABLE = "unavailable"
    CODE_OF_NO_TABLE = "code"


class CodeOfNoTable(Forbidden):
    """An error whose code nobody has documented."""

    code = "SOMETHING_NEW"


def failure(how: Failure) -> Exception:
    """A new exception, as each real failure is."""
    failures: dict[Failure, Exception] = {
        Failure.BUG: RuntimeError(SECRET),
        Failure.STRAY_GRAPHQL_ERROR: GraphQLError(SECRET),
        Failure.FORBIDDEN: Forbidden("A seat is needed to see this.", reason="SEAT_REQUIRED"),
        Failure.PLUGIN: PluginFailure("renewals"),
        Failure.UNAVAILABLE: Unavailable("The database does not answer now.", retryAfter=2),
        Failure.CODE_OF_NO_TABLE: CodeOfNoTable(SECRET, reason="NONE"),
    }
    return failures[how]


@strawberry.input
class Filter:
    """A filter that nests."""

    name: str | None = None
    rank: int | None = None
    all: "list[Filter] | None" = None


@strawberry.type
class Company:
    """A record with relations to its own kind."""

    id: strawberry.ID
    name: str

    @strawberry.field
    def parent(self) -> "Company | None":
        return self

    @strawberry.field
    def children(self, first: int = 2) -> "list[Company]":
        return [self] * first

    @strawberry.field
    def owner(self) -> "Company | None":
        return None


@strawberry.type
class Query:
    """Root fields of several kinds."""

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"

    @strawberry.field
    def company(self, id: strawberry.ID) -> Company | None:
        return Company(id=id, name="Acme")

    @strawberry.field
    def companies(self, where: Filter | None = None, first: int = 25) -> list[Company]:
        return [Company(id=strawberry.ID("1"), name="Acme")]

    @strawberry.field
    def weekday(self, on: date) -> str:
        return on.strftime("%A")

    @strawberry.field
    def failing(self, how: Failure) -> str | None:
        raise failure(how)

    @strawberry.field
    def vital(self) -> str:
        raise failure(Failure.BUG)

    @strawberry.field
    def all_failing(self, count: int) -> "list[Broken]":
        return [Broken() for _ in range(count)]

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str:
        traffic: Traffic = info.context
        return await traffic.wait()

    @strawberry.field
    def huge(self) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON(2**80)

    @strawberry.field
    def viewer_name(self, info: strawberry.Info) -> str:
        return str(info.context.viewer.name)

    @strawberry.field
    def idempotency_key(self, info: strawberry.Info) -> str | None:
        traffic: Traffic = info.context
        return traffic.idempotency_key


@strawberry.type
class Broken:
    """A record whose field always fails."""

    @strawberry.field
    def value(self) -> str | None:
        raise failure(Failure.BUG)


@strawberry.type
class Mutation:
    """One change."""

    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name


@strawberry.type
class Subscription:
    """One stream, which `POST` does not serve."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


@dataclass
class Traffic:
    """What a test sees of a request that is being executed."""

    viewer: Viewer
    started: threading.Event
    cancelled: threading.Event
    idempotency_key: str | None = None

    async def wait(self) -> str:
        """Waits until it is cancelled, and says so."""
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return "never"


@dataclass
class SampleProbe:
    """One dependency's state."""

    name: str
    problem: str | None = None
    is_vital: bool = True


@dataclass
class SampleVitals:
    """What metrics tell of the sample."""

    plugin_failures: dict[str, int] = field(default_factory=dict)
    plugin_blockings: dict[str, int] = field(default_factory=dict)
    fallbacks: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    is_database_lost: bool = False


class SampleEngine:
    """Executes with graphql-core."""

    def __init__(self) -> None:
        self.schema = strawberry.Schema(Query, Mutation, Subscription)
        self.probes: list[SampleProbe] = [SampleProbe("database")]
        self.vitals = SampleVitals()
        self.started = threading.Event()
        self.cancelled = threading.Event()

    @property
    def schema_sdl(self) -> str:
        return self.schema.as_str()

    @property
    def graphql_schema(self) -> GraphQLSchema:
        return self.schema._schema

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
        result = execute(
            self.graphql_schema,
            operation.document,
            operation_name=operation.name,
            variable_values=variables,
            context_value=Traffic(caller.viewer, self.started, self.cancelled, idempotency_key),
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def subscribe(
        self,
        operation: Operation,
        variables: dict[str, Any],
        admit: Callable[[], AbstractAsyncContextManager[Caller]],
    ) -> ExecutionResult:
        raise NotImplementedError("streams are tried with the graph itself")

    async def ready(self) -> Sequence[SampleProbe]:
        return self.probes


class SampleAuthenticator:
    """Knows one token."""

    @asynccontextmanager
    async def authenticate(self, authorization: str | None) -> AsyncIterator[Caller]:
        yield Caller(viewer_of(authorization))


def viewer_of(authorization: str | None) -> Viewer:
    """Whom a header stands for."""
    if authorization is None:
        return ANONYMOUS
    if authorization == "Bearer broken":
        raise RuntimeError(SECRET)
    if authorization == "Bearer later":
        raise Unavailable("The database does not answer now.", retryAfter=2)
    if authorization != "Bearer good":
        raise Unauthenticated("The token is not one of ours.")
    return Viewer(portal_id=1, user_id=1, name="Ada")
