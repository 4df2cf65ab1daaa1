"""Endpoint: answers `/graphql`."""

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import partial
from time import perf_counter
from typing import Final

from graphql import OperationType
from opentelemetry.propagate import extract
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.body import Body
from gateway.codes import Code
from gateway.compression import compressible
from gateway.configuration import Configuration
from gateway.documents.documents import Operation, unresolved
from gateway.documents.library import Library
from gateway.engine import Authenticator, Caller
from gateway.envelope import request_id_of
from gateway.head import Head
from gateway.identity.credentials import authorization
from gateway.live.event_streams import EventStreams
from gateway.load import Load, stopping
from gateway.media import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, accepts_events, negotiate
from gateway.metrics import Metrics
from gateway.query_string import parse_query_string, require_preflight
from gateway.refusal import Refusal, wrong_method
from gateway.request import GraphQLRequest, idempotency_key_of, parse_request, require_json
from gateway.response import Responder
from gateway.server_timing import headers_of
from gateway.till import Order, Till
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
        authenticator: Authenticator,
        configuration: Configuration,
        library: Library,
        till: Till,
        events: EventStreams,
        load: Load,
        metrics: Metrics,
    ) -> None:
        self._authenticator = authenticator
        self._is_development = configuration.development
        self._limits = configuration.limits
        self._library = library
        self._till = till
        self._events = events
        self._load = load
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        self._load.inside += 1
        try:
            if self._is_development:
                response = await self._timed(scope, receive)
            else:
                response = await (self._traced if is_tracing() else self._respond)(scope, receive)
        except ClientDisconnect:
            return
        finally:
            self._load.inside -= 1
        self._metrics.answered(scope.get(OPERATION), response.status_code, perf_counter() - started)
        await compressible(response)(scope, receive, send)

    async def _timed(self, scope: Scope, receive: Receive) -> Response:
        with timed() as timing:
            response = await self._traced(scope, receive)
        response.headers.update(headers_of(timing))
        return response

    async def _traced(self, scope: Scope, receive: Receive) -> Response:
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
                "graphql.operation.name": operation.label,
            }
        )
        return {
            "http.response.status_code": response.status_code,
            "tabard.request_id": request_id_of(scope),
            **told,
        }

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        head = Head.of(scope)
        accept = ", ".join(head.every(b"accept"))
        accepted = negotiate(accept)
        responder = self._responder(scope, accepted)
        body = Body(receive, head, self._limits)
        try:
            if head.method == "OPTIONS":
                return Response(status_code=204, headers={"allow": ALLOWED})
            self._load.require_open()
            require_method(head.method)
            require_acceptable(accepted)
            request = await self._read(scope["query_string"], head, body)
            if accepted == EVENT_STREAM or (accepts_events(accept) and self._is_subscription(request, head)):
                return await self._stream(head, request, responder)
            return await self._answer(scope, head, request, receive, responder)
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
            self._is_development,
            self._metrics.codes,
        )

    async def _read(self, query_string: bytes, head: Head, body: Body) -> GraphQLRequest:
        if head.method == "POST":
            require_json(head)
            return parse_request(await body.read(), self._limits.json_depth)
        require_preflight(head)
        await body.read()
        return parse_query_string(query_string, self._limits.json_depth)

    def _is_subscription(self, request: GraphQLRequest, head: Head) -> bool:
        return self._library.find(request, head).is_subscription(request.operation_name)

    async def _stream(self, head: Head, request: GraphQLRequest, responder: Responder) -> Response:
        if head.method == "GET":
            for operation in self._library.find(request, head).operations.values():
                require_reading("GET", operation)
        return await self._events.open(request, head, responder)

    async def _answer(
        self, scope: Scope, head: Head, request: GraphQLRequest, receive: Receive, responder: Responder
    ) -> Response:
        checked = self._library.find(request, head)
        if checked.errors:
            return responder.problems(checked.errors)
        operation = scope[OPERATION] = checked.operation(request.operation_name)
        require_answerable(operation)
        require_reading(head.method, operation)
        quote = self._till.quote(operation, request.variables)
        order = Order(operation, request.variables, idempotency_key_of(request, head), quote)
        return await self._till.answer(order, partial(self._admit, head), head, receive, responder)

    def _admit(self, head: Head) -> AbstractAsyncContextManager[Caller]:
        return self._authenticator.authenticate(authorization(head))


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
