"""Desk: answers whatever is asked over a connection that stays open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Any

from graphql import ExecutionResult, OperationType
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.documents.documents import Operation
from gateway.documents.library import Library
from gateway.documents.price import Quote
from gateway.engine import Engine, Outcome
from gateway.live.standing import Standing
from gateway.load import Load
from gateway.rate import Stock, name_of
from gateway.request import GraphQLRequest
from gateway.response import Responder
from tabard.errors import DeadlineExceeded


@dataclass(frozen=True)
class Asked:
    """A query or mutation with its price."""

    operation: Operation
    variables: dict[str, Any]
    key: str | None
    quote: Quote


class Desk:
    """One answer to a query or mutation, any number to a subscription, by the same checks as over HTTP."""

    def __init__(
        self, engine: Engine, configuration: Configuration, library: Library, stock: Stock, load: Load
    ) -> None:
        self._engine = engine
        self._library = library
        self._stock = stock
        self._load = load
        self._limits = configuration.limits
        self._seconds = configuration.deadline_seconds

    async def open(
        self, request: GraphQLRequest, key: str | None, scope: Scope, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        """The answers, to be closed; one with a status above 299 is a refusal, and the last.

        A subscription has begun when this returns: what happens from then on is told. With an idempotency
        key a mutation is done once. Both this and the answers raise Unauthenticated or Forbidden when the
        caller has lost the right to be answered.
        """
        checked = self._library.find(request, Headers(scope=scope))
        if checked.errors:
            return single(responder.problems(checked.errors))
        operation = checked.operation(request.operation_name)
        quote = operation.price.quote(request.variables)
        quote.require(self._limits)
        if operation.kind is not OperationType.SUBSCRIPTION:
            return self._once(Asked(operation, request.variables, key, quote), scope, standing, responder)
        async with standing.admit() as caller:
            await self._stock.take(name_of(caller.viewer, scope), quote.cost)
        stream = await self._engine.subscribe(operation, request.variables, standing.admit)
        if isinstance(stream, ExecutionResult):
            return single(responder.unopened(stream.errors or []))
        return self._written(standing.results(stream), quote, responder)

    async def _once(
        self, asked: Asked, scope: Scope, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        try:
            async with self._load.place(), asyncio.timeout(self._seconds):
                outcome = await self._execute(asked, scope, standing)
        except TimeoutError:
            what = f"The request was ended after {self._seconds:g} seconds."
            raise DeadlineExceeded(f"{what} {Code.DEADLINE_EXCEEDED.remedy}") from None
        response, spent = responder.result(outcome.result, asked.quote, self._limits.cost)
        await self._stock.give_back(outcome.caller, asked.quote.cost - spent)
        yield response

    async def _execute(self, asked: Asked, scope: Scope, standing: Standing) -> Outcome:
        until = monotonic() + self._seconds
        async with standing.admit() as caller:
            name = name_of(caller.viewer, scope)
            rate = await self._stock.take(name, asked.quote.cost)
            result = await self._engine.execute(
                asked.operation, asked.variables, caller, idempotency_key=asked.key, rate=rate, until=until
            )
        return Outcome(result, name)

    async def _written(
        self, results: AsyncGenerator[ExecutionResult, None], quote: Quote, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        async with aclosing(results):
            async for result in results:
                yield responder.result(result, quote, self._limits.cost)[0]


async def single(response: Response) -> AsyncGenerator[Response, None]:
    """The answers where there is one."""
    yield response
