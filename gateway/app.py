"""App: the addresses of the server, and what stands behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.assets import Assets
from gateway.codes import Code
from gateway.compression import Compression
from gateway.configuration import Configuration
from gateway.documents.documents import Documents
from gateway.documents.library import Library
from gateway.documents.manifest import Manifest
from gateway.endpoint import GraphQLEndpoint
from gateway.engine import Authenticator, Engine
from gateway.envelope import Envelope, given_or_new, request_id_of
from gateway.examples import examples
from gateway.health import Health
from gateway.identity.guests import Guests
from gateway.live.desk import Desk
from gateway.live.event_streams import EventStreams
from gateway.live.sockets import Sockets
from gateway.live.streams import Streams
from gateway.load import Load
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.query_page import QueryPage
from gateway.refusal import Refusal
from gateway.response import Responder
from gateway.sdl import SchemaText
from gateway.stocks import stock_of

GRAPH: Final = "/graphql"


@dataclass(frozen=True)
class Gateway:
    """What a server is made of."""

    configuration: Configuration
    engine: Engine
    authenticator: Authenticator
    manifest: Manifest = field(default_factory=Manifest)
    lifespan: Lifespan[Starlette] | None = None
    guests: Guests | None = None

    @cached_property
    def library(self) -> Library:
        """The documents that clients may ask for."""
        configuration = self.configuration
        documents = Documents(
            self.engine.graphql_schema,
            configuration.limits,
            allows_introspection=configuration.introspection,
            is_development=configuration.development,
            trusted=self.manifest.texts,
        )
        return Library(documents, self.manifest, configuration.documents)

    @cached_property
    def load(self) -> Load:
        """The requests that run."""
        return Load(self.configuration.load)

    @cached_property
    def metrics(self) -> Metrics:
        """What is counted."""
        return Metrics(self.engine.vitals, self.streams, self.load)

    @cached_property
    def streams(self) -> Streams:
        """What stays open; drain it when the server stops."""
        return Streams(self.configuration.streams)


class App(Starlette):
    """Starlette's application, past which requests to the graph go straight through the middleware.

    It would look for their route among all, and for exceptions that the envelope answers.
    """

    def __init__(self, graph: ASGIApp, *, middleware: Sequence[Middleware], **options: Any) -> None:
        super().__init__(middleware=middleware, **options)
        for item in reversed(middleware):
            graph = item.cls(graph, *item.args, **item.kwargs)
        self._graph = graph

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPH:
            await self._graph(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(gateway: Gateway) -> Starlette:
    """The ASGI application that serves the graph."""
    health = Health(gateway.engine, gateway.load)
    library, stock = gateway.library, stock_of(gateway.configuration.rate)
    desk = Desk(gateway.engine, gateway.configuration, library, stock, gateway.load)
    events = EventStreams(desk, gateway.authenticator, gateway.streams, gateway.configuration)
    endpoint = GraphQLEndpoint(
        gateway.engine,
        gateway.authenticator,
        gateway.configuration,
        library,
        stock,
        events,
        gateway.load,
        gateway.metrics,
    )
    sockets = Sockets(desk, gateway.authenticator, gateway.streams, gateway.configuration)
    app = App(
        endpoint,
        routes=[
            WebSocketRoute(GRAPH, sockets),
            Route(GRAPH, endpoint),
            Route("/schema.graphql", SchemaText(gateway.engine.schema_sdl).serve),
            Route("/livez", health.live),
            Route("/readyz", health.ready),
            Route("/metrics", gateway.metrics.serve),
            *query_page(gateway),
        ],
        middleware=[
            Middleware(Envelope),
            Middleware(Origins, gateway.configuration.allowed_origins),
            Middleware(Compression),
        ],
        exception_handlers={HTTPException: refuse_address},
        lifespan=gateway.lifespan,
    )
    # An address with a slash too many is wrong; a redirect would turn a POST into a riddle.
    app.router.redirect_slashes = False
    app.router.default = find_nothing
    return app


def query_page(gateway: Gateway) -> list[BaseRoute]:
    """The addresses of the page to try queries in, if the operator wants one."""
    if not gateway.configuration.has_query_page:
        return []
    assets = Assets(gateway.configuration.assets)
    return QueryPage(assets, examples(gateway.engine.graphql_schema), gateway.guests).routes


async def find_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whoever asks at an address where nothing is; sockets too are told so in words."""
    if scope["type"] != "websocket":
        raise HTTPException(404)
    request_id = given_or_new(Headers(scope=scope).get("x-request-id"))
    refusal = Refusal(Code.NOT_FOUND, f"{Code.NOT_FOUND.meaning} {Code.NOT_FOUND.remedy}")
    await WebSocket(scope, receive, send).send_denial_response(Responder(request_id).failure(refusal))


async def refuse_address(request: Request, error: Exception) -> Response:
    """Answers a wrong address or method in the form of every other error."""
    is_method = isinstance(error, HTTPException) and error.status_code == 405
    code = Code.METHOD_NOT_ALLOWED if is_method else Code.NOT_FOUND
    headers = dict(getattr(error, "headers", None) or {})
    refusal = Refusal(code, f"{code.meaning} {code.remedy}", headers=headers)
    return Responder(request_id_of(request.scope)).failure(refusal)
