"""Desk: answers whatever is asked over a connection that stays open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from graphql import ExecutionResult, OperationType
from starlette.datastructures import Headers
from starlette.responses import Response

from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.documents import Documents, Operation
from gateway.engine import Engine
from gateway.live.standing import Standing
from gateway.request import GraphQLRequest, idempotency_key_of
from gateway.response import Responder
from tabard.errors import DeadlineExceeded


class Desk:
    """One answer to a query or mutation, any number to a subscription, by the same checks as over HTTP."""

    def __init__(self, engine: Engine, documents: Documents, configuration: Configuration) -> None:
        self._engine = engine
        self._documents = documents
        self._limits = configuration.limits
        self._seconds = configuration.deadline_seconds

    async def answers(
        self, request: GraphQLRequest, standing: Standing, responder: Responder
    ) -> AsyncGenerator[Response, None]:
        """The answers, in order; one with a status above 299 is a refusal, and the last.

        Raises Unauthenticated or Forbidden when the caller has lost the right to be answered.
        """
        checked = self._documents.get(request.query or "")
        if checked.errors:
            yield responder.problems(checked.errors)
            return
        operation = checked.operation(request.operation_name)
        quote = operation.price.quote(request.variables)
        quote.require(self._limits)
        async with aclosing(self._results(operation, request, standing)) as results:
            async for result in results:
                yield responder.result(result, quote, self._limits.cost)

    async def _results(
        self, operation: Operation, request: GraphQLRequest, standing: Standing
    ) -> AsyncGenerator[ExecutionResult, None]:
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self._once(operation, request, standing)
            return
        stream = await self._engine.subscribe(operation, request.variables, standing.admit)
        if isinstance(stream, ExecutionResult):
            yield stream
            return
        with standing.following(stream):
            async with aclosing(stream.results()) as results:
                async for result in results:
                    yield result

    async def _once(
        self, operation: Operation, request: GraphQLRequest, standing: Standing
    ) -> ExecutionResult:
        key = idempotency_key_of(request, Headers())
        try:
            async with asyncio.timeout(self._seconds), standing.admit() as caller:
                return await self._engine.execute(operation, request.variables, caller, idempotency_key=key)
        except TimeoutError:
            what = f"The request was ended after {self._seconds:g} seconds."
            raise DeadlineExceeded(f"{what} {Code.DEADLINE_EXCEEDED.remedy}") from None
