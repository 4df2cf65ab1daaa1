"""Endpoint: answers `/graphql`."""

import asyncio
from time import monotonic, perf_counter
from typing import Final

from graphql import OperationType
from opentelemetry.propagate import extract
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.body import Body
from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.deadline import finish
from gateway.documents.documents import Operation, unresolved
from gateway.documents.library import Library
from gateway.engine import Authenticator, Engine, Outcome
from gateway.envelope import request_id_of
from gateway.identity.credentials import authorization
from gateway.live.event_streams import EventStreams
from gateway.load import Load, stopping
from gateway.media import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, accepts_events, negotiate
from gateway.metrics import Metrics
from gateway.query_string import parse_query_string, require_preflight
from gateway.rate import Stock, name_of
from gateway.refusal import Refusal, wrong_method
from gateway.request import GraphQLRequest, idempotency_key_of, parse_request, require_json
from gateway.response import Responder
from gateway.server_timing import headers_of
from tabard.timing import timed
from tabard.tracing import is_tracing, span

OPERATION: Final = "tabard.operation"
ALLOWED = "GET, POST, OPTIONS"


class GraphQLEndpoint:
    """An ASGI application that executes one GraphQL operation a request.

    The order is fixed, the cheapest refusal first: method, media types, bytes, JSON, tokens, limits,
    validation, cost, and only then the token and the graph.
    """

    def __init__(
        self,
        engine: Engine,
        authenticator: Authenticator,
        configuration: Configuration,
        library: Library,
        stock: Stock,
        events: EventStreams,
        load: Load,
        metrics: Metrics,
    ) -> None:
        self._engine = engine
        self._authenticator = authenticator
        self._configuration = configuration
        self._limits = configuration.limits
        self._library = library
        self._stock = stock
        self._events = events
        self._load = load
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        self._load.inside += 1
        try:
            response = await self._timed(scope, receive)
        except ClientDisconnect:
            return
        finally:
            self._load.inside -= 1
        self._metrics.answered(scope.get(OPERATION), response.status_code, perf_counter() - started)
        await response(scope, receive, send)

    async def _timed(self, scope: Scope, receive: Receive) -> Response:
        if not self._configuration.development:
            return await self._traced(scope, receive)
        with timed() as timing:
            response = await self._traced(scope, receive)
        response.headers.update(headers_of(timing))
        return response

    async def _traced(self, scope: Scope, receive: Receive) -> Response:
        if not is_tracing():
            return await self._respond(scope, receive)
        with span("request", parent=extract(Headers(scope=scope))) as traced:
            response = await self._respond(scope, receive)
            if traced is not None:
                traced.set_attributes(self._facts(scope, response))
        return response

    def _facts(self, scope: Scope, response: Response) -> dict[str, str | int]:
        operation: Operation | None = scope.get(OPERATION)
        told = (
            {}
            if operation is None
            else {
                "graphql.operation.type": operation.kind.value,
                "graphql.operation.name": self._metrics.label(operation),
            }
        )
        return {
            "http.response.status_code": response.status_code,
            "tabard.request_id": request_id_of(scope),
            **told,
        }

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        accept = ", ".join(headers.getlist("accept"))
        accepted = negotiate(accept)
        responder = self._responder(scope, accepted)
        body = Body(receive, headers, self._limits)
        try:
            if scope["method"] == "OPTIONS":
                return Response(status_code=204, headers={"allow": ALLOWED})
            self._load.require_open()
            require_method(scope["method"])
            require_acceptable(accepted)
            request = await self._read(scope, headers, body)
            if self._is_streamed(accept, headers, request):
                return await self._stream(scope, headers, request, responder)
            return await self._answer(scope, headers, request, receive, responder)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            if not self._load.is_closed:
                raise
            # The server ends and can wait no longer; the client is owed an answer.
            response = responder.failure(stopping())
        except Exception as error:  # noqa: BLE001 - the border: whatever fails is coded, logged and masked
            response = responder.failure(error)
        if not await body.discard():
            response.headers["connection"] = "close"
        return response

    def _responder(self, scope: Scope, accepted: str | None) -> Responder:
        return Responder(
            request_id_of(scope),
            GRAPHQL_RESPONSE if accepted == EVENT_STREAM else accepted or JSON,
            self._limits.errors,
            self._limits.answer_bytes,
            self._configuration.development,
            self._metrics.codes,
        )

    async def _read(self, scope: Scope, headers: Headers, body: Body) -> GraphQLRequest:
        if scope["method"] == "POST":
            require_json(headers)
            return parse_request(await body.read(), self._limits.json_depth)
        require_preflight(headers)
        await body.read()
        return parse_query_string(scope["query_string"], self._limits.json_depth)

    def _is_streamed(self, accept: str, headers: Headers, request: GraphQLRequest) -> bool:
        """Whether to answer with events: to who prefers them, and to whoever reads them and subscribes."""
        if negotiate(accept) == EVENT_STREAM:
            return True
        checked = self._library.find(request, headers) if accepts_events(accept) else None
        return checked is not None and checked.is_subscription(request.operation_name)

    async def _stream(
        self, scope: Scope, headers: Headers, request: GraphQLRequest, responder: Responder
    ) -> Response:
        if scope["method"] == "GET":
            for operation in self._library.find(request, headers).operations.values():
                require_reading("GET", operation)
        return await self._events.open(request, scope, responder)

    async def _answer(
        self, scope: Scope, headers: Headers, request: GraphQLRequest, receive: Receive, responder: Responder
    ) -> Response:
        checked = self._library.find(request, headers)
        if checked.errors:
            return responder.problems(checked.errors)
        operation = scope[OPERATION] = checked.operation(request.operation_name)
        require_answerable(operation)
        require_reading(scope["method"], operation)
        quote = operation.price.quote(request.variables)
        quote.require(self._limits)
        async with self._load.place():
            work = self._execute(scope, headers, request, operation, quote.cost)
            outcome = await finish(work, receive, self._configuration.deadline_seconds)
        response, spent = responder.result(outcome.result, quote, self._limits.cost)
        await self._stock.give_back(outcome.caller, quote.cost - spent)
        return response

    async def _execute(
        self, scope: Scope, headers: Headers, request: GraphQLRequest, operation: Operation, cost: int
    ) -> Outcome:
        key = idempotency_key_of(request, headers)
        until = monotonic() + self._configuration.deadline_seconds
        async with self._authenticator.authenticate(authorization(headers)) as caller:
            name = name_of(caller.viewer, scope)
            rate = await self._stock.take(name, cost)
            result = await self._engine.execute(
                operation, request.variables, caller, idempotency_key=key, rate=rate, until=until
            )
        return Outcome(result, name)


def require_method(method: str) -> None:
    """Refuses every other method."""
    if method not in {"GET", "POST"}:
        raise wrong_method(ALLOWED)


def require_reading(method: str, operation: Operation) -> None:
    """Refuses a change by a method that must not change anything."""
    if method == "GET" and operation.kind is OperationType.MUTATION:
        raise wrong_method("POST")


def require_answerable(operation: Operation) -> None:
    """Refuses a subscription, whose answers have no end."""
    if operation.kind is OperationType.SUBSCRIPTION:
        raise unresolved("A subscription cannot be answered here.")


def require_acceptable(media_type: str | None) -> None:
    """Refuses a client that accepts nothing we can write."""
    if media_type is None:
        raise Refusal(Code.NOT_ACCEPTABLE, f"{Code.NOT_ACCEPTABLE.meaning} {Code.NOT_ACCEPTABLE.remedy}")
