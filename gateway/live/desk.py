"""Desk: answers whatever is asked over a connection that stays open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from graphql import ExecutionResult, OperationType
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.documents import Operation
from gateway.engine import Engine, Outcome
from gateway.library import Library
from gateway.live.standing import Standing
from gateway.rate import Stock, name_of
from gateway.request import GraphQLRequest, idempotency_key_of
from gateway.response import Responder
from tabard.errors import DeadlineExceeded


class Desk:
    """One answer to a query or mutation, any number to a subscription, by the same checks as over HTTP."""

    def __init__(self, engine: Engine, configuration: Configuration, library: Library, stock: Stock) -> None:
        self._engine = engine
        self._library = library
        self._stock = stock
        self._limits = configuration.limits
        self._seconds = configuration.deadline_seconds

    async def answers(
        self, request: GraphQLRequest, scope: Scope, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        """The answers, in order; one with a status above 299 is a refusal, and the last.

        Raises Unauthenticated or Forbidden when the caller has lost the right to be answered.
        """
        checked = self._library.find(request, Headers(scope=scope))
        if checked.errors:
            yield responder.problems(checked.errors)
            return
        operation = checked.operation(request.operation_name)
        quote = operation.price.quote(request.variables)
        quote.require(self._limits)
        if operation.kind is not OperationType.SUBSCRIPTION:
            outcome = await self._once(operation, request, scope, standing, quote.cost)
            response, spent = responder.result(outcome.result, quote, self._limits.cost)
            await self._stock.give_back(outcome.caller, quote.cost - spent)
            yield response
            return
        async with aclosing(self._events(operation, request, standing)) as results:
            async for result in results:
                yield responder.result(result, quote, self._limits.cost)[0]

    async def _events(
        self, operation: Operation, request: GraphQLRequest, standing: Standing
    ) -> AsyncGenerator[ExecutionResult, None]:
        stream = await self._engine.subscribe(operation, request.variables, standing.admit)
        if isinstance(stream, ExecutionResult):
            yield stream
            return
        with standing.following(stream):
            async with aclosing(stream.results()) as results:
                async for result in results:
                    yield result

    async def _once(
        self, operation: Operation, request: GraphQLRequest, scope: Scope, standing: Standing, cost: int
    ) -> Outcome:
        key = idempotency_key_of(request, Headers())
        try:
            async with asyncio.timeout(self._seconds), standing.admit() as caller:
                name = name_of(caller.viewer, scope)
                rate = await self._stock.take(name, cost)
                result = await self._engine.execute(
                    operation, request.variables, caller, idempotency_key=key, rate=rate
                )
                return Outcome(result, name)
        except TimeoutError:
            what = f"The request was ended after {self._seconds:g} seconds."
            raise DeadlineExceeded(f"{what} {Code.DEADLINE_EXCEEDED.remedy}") from None
