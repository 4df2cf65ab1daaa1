"""Desk: answers whatever is asked over a connection that stays open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from graphql import ExecutionResult, OperationType
from starlette.responses import Response
from starlette.types import Message

from gateway.configuration import Configuration
from gateway.documents.library import Library
from gateway.documents.price import Quote
from gateway.engine import Engine
from gateway.head import Head
from gateway.live.standing import Standing
from gateway.rate import Stock, name_of
from gateway.request import GraphQLRequest
from gateway.response import Responder
from gateway.till import Order, Till


class Desk:
    """One answer to a query or mutation, any number to a subscription, by the same checks as over HTTP."""

    def __init__(
        self, engine: Engine, configuration: Configuration, library: Library, stock: Stock, till: Till
    ) -> None:
        self._engine = engine
        self._library = library
        self._stock = stock
        self._till = till
        self._most = configuration.limits.cost

    async def open(
        self, request: GraphQLRequest, key: str | None, head: Head, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        """The answers, to be closed; one with a status above 299 is a refusal, and the last.

        A subscription has begun when this returns: what happens from then on is told. With an idempotency
        key a mutation is done once. Both this and the answers raise Unauthenticated or Forbidden when the
        caller has lost the right to be answered.
        """
        checked = self._library.find(request, head)
        if checked.errors:
            return single(responder.problems(checked.errors))
        operation = checked.operation(request.operation_name)
        quote = self._till.quote(operation, request.variables)
        if operation.kind is not OperationType.SUBSCRIPTION:
            return self._once(Order(operation, request.variables, key, quote), head, standing, responder)
        async with standing.admit() as caller:
            await self._stock.take(name_of(caller.viewer, head), quote.cost)
        stream = await self._engine.subscribe(operation, request.variables, standing.admit)
        if isinstance(stream, ExecutionResult):
            return single(responder.unopened(stream.errors or []))
        return self._written(standing.results(stream), quote, responder)

    async def _once(
        self, order: Order, head: Head, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        # Whoever keeps the connection cancels this when the client goes away.
        yield await self._till.answer(order, standing.admit, head, silence, responder)

    async def _written(
        self, results: AsyncGenerator[ExecutionResult, None], quote: Quote, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        async with aclosing(results):
            async for result in results:
                yield responder.result(result, quote, self._most)[0]


async def silence() -> Message:
    """Hears nothing."""
    heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await heard


async def single(response: Response) -> AsyncGenerator[Response, None]:
    """The answers where there is one."""
    yield response
