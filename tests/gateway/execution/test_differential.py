"""Generated queries answer alike on graphql-core and compiled: on a hostile schema and on the real one."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

import pytest
from graphql import DocumentNode, ExecutionResult, execute, parse
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tests.gateway.execution.comparing import HOSTILE, assert_alike, leniently, strictly
from tests.gateway.execution.hostile_schema import HostileContext, hostile_schema

# Each part is generated on its own, so that the suite's workers share them.
PARTS = 6


def examples(number: int) -> settings:
    """So many generated queries."""
    return settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


SCHEMA = hostile_schema()._schema
Plans.of(SCHEMA).sightings = 1
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Date": st.just(nodes.String("2026-01-02")),
    "DateTime": st.just(nodes.String("2026-01-02T03:04:05Z")),
    "Decimal": st.just(nodes.String("1.5")),
    "UUID": st.just(nodes.String("00000000-0000-0000-0000-000000000001")),
}


async def answered(executor: Any, document: DocumentNode, variables: dict[str, Any]) -> ExecutionResult:
    """The hostile schema's answer by one executor, and what declared fields were called for."""
    context = HostileContext()
    result: Any = execute(
        SCHEMA,
        document,
        context_value=context,
        variable_values=variables,
        executor_class=executor,
        is_awaitable=cast(Any, optimized_is_awaitable),
    )
    outcome: ExecutionResult = await result if optimized_is_awaitable(result) else result
    return ExecutionResult(outcome.data, outcome.errors, {"calls": Counter(context.calls)})


async def compared(query: str, **variables: Any) -> ExecutionResult:
    """The answer, which is the same by both executors."""
    document = parse(query)
    compiled = await strictly(answered(CompiledExecutor, document, variables))
    stock = await leniently(answered(StrawberryGraphQLCoreExecutionContext, document, variables))
    assert_alike(compiled, stock)
    return compiled


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_queries_on_the_hostile_schema_answer_alike(part: int) -> None:
    counts = Plans.of(SCHEMA).fallbacks.counts
    before = counts[None]
    with asyncio.Runner() as runner:

        @examples(HOSTILE // PARTS)
        @seed(20_261_127 + part)
        @given(from_schema(SCHEMA, custom_scalars=SCALARS))
        def alike(query: Any) -> None:
            runner.run(compared(str(query)))

        alike()
    assert counts[None] - before >= HOSTILE // PARTS * 0.9


@pytest.mark.parametrize(
    "query",
    [
        "query ($skip: Boolean!) { things { name @skip(if: $skip) ... @include(if: $skip) { number } } }",
        (
            "query ($skip: Boolean!, $first: Int = 3) { rocks(first: $first) { ...R @skip(if: $skip) } }"
            " fragment R on Rock { strict cracked { name } }"
        ),
    ],
)
@pytest.mark.parametrize("skip", [True, False])
async def test_conditions_in_variables_answer_alike(query: str, skip: bool) -> None:
    await compared(query, skip=skip)


@pytest.mark.parametrize(
    "query",
    [
        "query ($skip: Boolean = false) { rocks { name @skip(if: $skip) } plant { name } }",
        "query ($skip: Boolean = false) { things { number ... on Rock { name @skip(if: $skip) } } plant { name } }",
        "query ($skip: Boolean = true) { anything { ... on Plant { name @include(if: $skip) } } plant { name } }",
        "query ($skip: Boolean = true) { plant { name ...P @include(if: $skip) } } fragment P on Plant { number }",
    ],
)
async def test_condition_that_is_null_costs_what_asks_for_it(query: str) -> None:
    answer = await compared(query, skip=None)

    assert answer.errors is not None
    assert (await compared(query)).errors is None


async def test_variables_reach_resolvers_alike() -> None:
    await compared(
        "query ($point: Point, $colour: Colour, $given: [Int], $factor: Int!) {"
        " echo(point: $point, colour: $colour) again: echo(point: { x: 1, more: [{ x: 2 }, { x: 3 }] })"
        " numbers(given: $given) rootValue things { score(factor: $factor) }"
        " twice: things { others(count: 3) { score(factor: $factor) } } }",
        point={"x": 4, "more": [{"x": 5, "colour": "BLUE"}]},
        colour="GREEN",
        given=[1, None],
        factor=3,
    )


async def test_declared_field_is_read_once_for_all_parents_of_a_position() -> None:
    stock, compiled = [
        await answered(executor, parse(DECLARED_EVERYWHERE), {})
        for executor in (StrawberryGraphQLCoreExecutionContext, CompiledExecutor)
    ]

    assert_alike(compiled, stock)
    assert compiled.extensions == stock.extensions
    assert compiled.extensions is not None
    assert compiled.extensions["calls"] == {
        ("things.others.score", 12): 1,
        ("things.others.neighbours", 6): 1,
        ("things.others.neighbours.score", 10): 1,
    }


DECLARED_EVERYWHERE = """
{ things(count: 6) { others { score ... on Rock { neighbours { name score } } } } }
"""


async def test_mutations_run_one_after_the_other() -> None:
    answer = await compared(
        "mutation { a: add(number: 1) { name } b: add(number: 2) { strict } log fail c: add(number: 3) { name } }"
    )

    assert answer.data is None


async def test_subtree_at_its_own_pace_that_fails_leaves_nothing_running() -> None:
    answer = await compared(
        "{ plant(number: 2) { ownPace { ... on Plant { score } ... on Rock { cracked { name } } } } }"
    )

    assert answer.data == {"plant": {"ownPace": None}}


@pytest.mark.parametrize("field", ["abrupt", "endless", "streamed(until: 9)"])
async def test_list_that_breaks_off_leaves_nothing_to_wait_for(field: str) -> None:
    answer = await compared(f"{{ plant {{ name }} {field} }}")

    assert answer.errors is not None
