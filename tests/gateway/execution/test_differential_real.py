"""Generated queries on the real schema, over the demo's rows: the same answers for as many statements."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from graphql import (
    ArgumentNode,
    ExecutionResult,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    StringValueNode,
    Visitor,
    build_schema,
    parse,
    print_ast,
    visit,
)
from hypothesis import given, seed
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin
from tabard.testing import Answer, Gateway
from tests.gateway.execution.comparing import REAL, assert_alike, leniently, strictly
from tests.gateway.execution.test_differential import examples

PERSONAS = ("csm", "super-admin", "outsider")
NOUNS = ("company", "deal", "contact", "ticket", "workspace")
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Date": st.just(nodes.String("2026-01-02")),
    "DateTime": st.just(nodes.String("2026-01-02T03:04:05Z")),
    "Decimal": st.just(nodes.String("1.5")),
    "CurrencyCode": st.just(nodes.String("EUR")),
    "Locale": st.just(nodes.String("de")),
    "TimeZone": st.just(nodes.String("Europe/Rome")),
    "JSON": st.just(nodes.String("x")),
}


class Answerable(Visitor):
    """Gives generated arguments values that find something: ids of the demo and pages that exist."""

    def __init__(self, ids: Sequence[str], number: int) -> None:
        super().__init__()
        self._ids = ids
        self._number = number

    def enter_argument(self, node: ArgumentNode, *_: object) -> Any:
        values: dict[str, Any] = {
            "id": self._id(0),
            "ids": ListValueNode(values=tuple(self._id(step) for step in range(4))),
            "first": IntValueNode(value=str(self._number % 4)),
            "last": NullValueNode(),
            "after": NullValueNode(),
            "before": NullValueNode(),
        }
        value = values.get(node.name.value)
        return None if value is None else ArgumentNode(name=node.name, value=value)

    def _id(self, step: int) -> StringValueNode:
        return StringValueNode(value=self._ids[(self._number + step) % len(self._ids)])


class Pair:
    """One demo database behind two graphs: one executes stock, the other compiled."""

    def __init__(self, stock: Gateway, compiled: Gateway, ids: Sequence[str]) -> None:
        self._stock = stock
        self._compiled = compiled
        self._ids = ids
        self.sdl = stock.sdl
        # These tell the moment, and what the rate limit has left.
        root = build_schema(self.sdl).query_type
        self.fields = sorted((root.fields if root else {}).keys() - {"eventCursor", "rateLimit"})
        Plans.of(compiled.graph.graphql_schema).sightings = 1

    async def alike(self, query: str, number: int) -> Answer:
        """Both give the same answer with the same number of statements; every fourth query is as it came."""
        if number % 4:
            query = print_ast(visit(parse(query), Answerable(self._ids, number)))
        persona = PERSONAS[number % 5 % 3]
        compiled = await strictly(self._compiled.execute(query, persona=persona))
        stock = await leniently(self._stock.execute(query, persona=persona))
        assert_alike(_result(compiled), _result(stock))
        assert compiled.statements == stock.statements
        return compiled


def _result(answer: Answer) -> ExecutionResult:
    return ExecutionResult(answer.data, answer.errors)


async def _paired(stack: AsyncExitStack, url: str, plugins: Sequence[Plugin]) -> Pair:
    stock = await stack.enter_async_context(Gateway.on(url, *plugins))
    compiled = await stack.enter_async_context(Gateway.on(url, *plugins, executor=CompiledExecutor))
    return Pair(stock, compiled, [await stock.some_id(noun) for noun in NOUNS])


def test_generated_queries_on_the_real_schema_answer_alike(demo_url: str, plugins: Sequence[Plugin]) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        pair = runner.run(_paired(stack, demo_url, plugins))
        answered = 0

        @examples(REAL // 2)
        @seed(20_261_127)
        @given(
            queries(pair.sdl, fields=pair.fields, custom_scalars=SCALARS),
            st.integers(0, 1_000),
        )
        def alike(query: str, number: int) -> None:
            nonlocal answered
            answered += bool(runner.run(pair.alike(query, number)).data)

        alike()
        runner.run(stack.aclose())
    assert answered >= REAL // 8
