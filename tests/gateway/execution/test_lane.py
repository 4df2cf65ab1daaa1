"""The lane: graphql-core's answer without its executor where there is a plan; elsewhere nothing of it runs on."""

import asyncio

import pytest
from graphql import ExecutionResult, OperationDefinitionNode, parse

from gateway.execution import lane
from gateway.execution.plans import Plans
from tests.gateway.execution.comparing import assert_alike, leniently, strictly
from tests.gateway.execution.hostile_schema import HostileContext, hostile_schema

QUERIES = [
    "{ abrupt plant { name } }",
    "{ lateItems streamed(until: 9) things { name ... on Plant { slow } others { score } } }",
    "{ rootValue rocks(first: 3) { selfPath rootNumber laterSecret neighbours { score } } }",
    "{ plant(number: 2) { ownPace { ... on Plant { score } ... on Rock { cracked { name } } } } }",
]


async def answered(plans: Plans, query: str) -> ExecutionResult:
    """The lane's answer, from these plans."""
    schema, document = hostile_schema()._schema, parse(query)
    schema.extensions[Plans.KEY] = plans
    (node,) = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    return await lane.run(schema, lane.prepared(schema, document, node), HostileContext(), {})


@pytest.mark.parametrize("query", QUERIES)
async def test_both_ways_answer_alike_and_the_quick_one_leaves_nothing_behind(query: str) -> None:
    planned, unplanned = Plans(sightings=1), Plans()

    quick = await strictly(answered(planned, query))
    stock = await leniently(answered(unplanned, query))

    assert_alike(quick, stock)
    assert (planned.fallbacks.counts[None], unplanned.fallbacks.counts[None]) == (1, 0)


@pytest.mark.promise("P16")
@pytest.mark.parametrize("query", QUERIES)
async def test_nothing_runs_on_behind_an_answer_of_graphql_cores(query: str) -> None:
    async def watched() -> ExecutionResult:
        others = asyncio.all_tasks()
        answer = await answered(Plans(), query)
        assert asyncio.all_tasks() <= others
        return answer

    await leniently(watched())
