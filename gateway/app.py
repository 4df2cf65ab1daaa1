"""App: the addresses of the server, and what stands behind them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
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
from gateway.head import Head
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
from gateway.rate import Stock
from gateway.refusal import Refusal
from gateway.response import Responder
from gateway.sdl import SchemaText
from gateway.stocks import stock_of
from gateway.till import Till

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
    def stock(self) -> Stock:
        """Where callers' points are kept; close it when the server stops."""
        return stock_of(self.configuration.rate)

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


class Shortcut:
    """Middleware: takes requests to the graph straight there.

    Routing would look for their route among all, and for exceptions that the envelope answers; and the graph
    itself says which of its answers are worth compressing.
    """

    def __init__(self, app: ASGIApp, graph: ASGIApp) -> None:
        self._app = app
        self._graph = graph

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_graph = scope["type"] == "http" and scope["path"] == GRAPH
        await (self._graph if is_graph else self._app)(scope, receive, send)


class Site(Starlette):
    """Starlette without what it puts round all else: the envelope answers failures, or leaves them to the server."""

    def build_middleware_stack(self) -> ASGIApp:
        """The middleware, from the envelope on."""
        stack = super().build_middleware_stack()
        return stack.app if isinstance(stack, ServerErrorMiddleware) else stack


def create_app(gateway: Gateway) -> Starlette:
    """The ASGI application that serves the graph."""
    configuration, library, load = gateway.configuration, gateway.library, gateway.load
    health, stock = Health(gateway.engine, load), gateway.stock
    till = Till(gateway.engine, configuration, stock, load)
    desk = Desk(gateway.engine, configuration, library, stock, till)
    events = EventStreams(desk, gateway.authenticator, gateway.streams, configuration)
    endpoint = GraphQLEndpoint(
        gateway.authenticator, configuration, library, till, events, load, gateway.metrics
    )
    sockets = Sockets(
        desk, gateway.authenticator, gateway.streams, configuration, load, gateway.metrics.codes
    )
    app = Site(
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
            Middleware(Origins, configuration.allowed_origins),
            Middleware(Shortcut, endpoint),
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
    return QueryPage(assets, examples(gateway.engine.graphql_schema), gateway.load, gateway.guests).routes


async def find_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whoever asks at an address where nothing is; sockets too are told so in words."""
    if scope["type"] != "websocket":
        raise HTTPException(404)
    request_id = given_or_new(Head.of(scope))
    refusal = Refusal(Code.NOT_FOUND, f"{Code.NOT_FOUND.meaning} {Code.NOT_FOUND.remedy}")
    await WebSocket(scope, receive, send).send_denial_response(Responder(request_id).failure(refusal))


async def refuse_address(request: Request, error: Exception) -> Response:
    """Answers a wrong address or method in the form of every other error."""
    is_method = isinstance(error, HTTPException) and error.status_code == 405
    code = Code.METHOD_NOT_ALLOWED if is_method else Code.NOT_FOUND
    headers = dict(getattr(error, "headers", None) or {})
    refusal = Refusal(code, f"{code.meaning} {code.remedy}", headers=headers)
    return Responder(request_id_of(request.scope)).failure(refusal)
