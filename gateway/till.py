"""Till: executes operations at the cost of whoever asks: takes what they may cost, gives back what they did not."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Any, NamedTuple

from graphql import ExecutionResult
from starlette.responses import Response
from starlette.types import Receive

from gateway.configuration import Configuration
from gateway.deadline import finish
from gateway.documents.documents import Operation
from gateway.documents.price import Quote
from gateway.engine import Caller, Engine
from gateway.head import Head
from gateway.load import Load
from gateway.rate import Stock, name_of
from gateway.response import Responder

Admit = Callable[[], AbstractAsyncContextManager[Caller]]


class Order(NamedTuple):
    """A query or mutation with its price; with an idempotency key a mutation is done once."""

    operation: Operation
    variables: dict[str, Any]
    key: str | None
    quote: Quote


class Outcome(NamedTuple):
    """What the graph answered, and to whom: the name under which the caller's points are counted."""

    result: ExecutionResult
    caller: str


class Till:
    """Where every operation passes that is answered once."""

    def __init__(self, engine: Engine, configuration: Configuration, stock: Stock, load: Load) -> None:
        self._engine = engine
        self._stock = stock
        self._load = load
        self._limits = configuration.limits
        self._seconds = configuration.deadline_seconds

    def quote(self, operation: Operation, variables: dict[str, Any]) -> Quote:
        """What the operation may cost; raises LimitExceeded when that is more than anybody may ask for."""
        quote = operation.price.quote(variables)
        quote.require(self._limits)
        return quote

    async def answer(
        self, order: Order, admit: Admit, head: Head, receive: Receive, responder: Responder
    ) -> Response:
        """The answer to whoever `admit` says asks; raises what a refused request does.

        It is ended when its time is spent, or when `receive` says that the client is gone.
        """
        await self._load.enter()
        try:
            outcome = await finish(self._execute(order, admit, head), receive, self._seconds)
        finally:
            self._load.leave()
        quote = order.quote
        response, spent = responder.result(outcome.result, quote, self._limits.cost)
        await self._stock.give_back(outcome.caller, quote.cost - spent)
        return response

    async def _execute(self, order: Order, admit: Admit, head: Head) -> Outcome:
        until = monotonic() + self._seconds
        async with admit() as caller:
            name = name_of(caller.viewer, head)
            rate = await self._stock.take(name, order.quote.cost)
            result = await self._engine.execute(
                order.operation, order.variables, caller, idempotency_key=order.key, rate=rate, until=until
            )
        return Outcome(result, name)
