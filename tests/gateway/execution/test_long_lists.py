"""Long lists are completed in chunks: others get their turns, and the answer and its reads stay the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import strawberry
from graphql import ExecutionResult, parse
from hypothesis import given, seed
from hypothesis_graphql import from_schema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution import chunks
from gateway.execution.chunks import CHUNK
from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard.executing import each
from tests.gateway.execution.comparing import BATCHES, assert_alike, leniently, strictly
from tests.gateway.execution.hostile_schema import HostileContext, HostileSchema, Plant, Rock, rock
from tests.gateway.execution.test_differential import SCALARS, SCHEMA, examples

CHUNKS = 6
ROWS = CHUNKS * CHUNK


class Counting(HostileContext):
    """Counts the rows that were resolved, or told of."""

    rows: int = 0


class Told(Exception):
    """Counts itself where its text is asked for."""

    def __init__(self, context: Counting) -> None:
        self._context = context

    def __str__(self) -> str:
        self._context.rows += 1
        return "told"


@strawberry.type
class Counted:
    number: int

    @strawberry.field
    def again(self, info: strawberry.Info[Counting]) -> int:
        info.context.rows += 1
        return self.number

    @strawberry.field
    def broken(self, info: strawberry.Info[Counting]) -> int | None:
        raise Told(info.context)

    @strawberry.field
    async def later(self, info: strawberry.Info[Counting]) -> int:
        info.context.rows += 1
        return self.number


@strawberry.type
class Query:
    @strawberry.field
    def counted(self, rows: int) -> list[Counted]:
        return [Counted(number=number) for number in range(rows)]

    @strawberry.field
    def rocks(self) -> list[Rock]:
        return [rock(number) for number in range(ROWS)]


LONG = HostileSchema(Query, types=[Rock, Plant], execution_context_class=CompiledExecutor)
Plans.of(LONG._schema).sightings = 1


async def answered(
    schema: Any, query: str, context: HostileContext, executor: Any = CompiledExecutor
) -> ExecutionResult:
    """The answer, which nobody needs at once."""
    built = executor.build(
        schema, parse(query), context_value=context, is_awaitable=cast(Any, optimized_is_awaitable)
    )
    (result,) = await each(built, [None])
    return result


@asynccontextmanager
async def beside(context: Counting) -> AsyncIterator[list[int]]:
    """How many rows were resolved at each turn of somebody else."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append(context.rows)
            await asyncio.sleep(0)

    other = asyncio.ensure_future(look())
    yield seen
    other.cancel()


@pytest.mark.parametrize("field", ["again", "later"])
async def test_no_more_than_a_chunk_is_resolved_between_two_turns_of_others(field: str) -> None:
    context = Counting()

    async with beside(context) as seen:
        answer = await answered(LONG._schema, f"{{ counted(rows: {ROWS}) {{ {field} }} }}", context)

    assert answer.data == {"counted": [{field: number} for number in range(ROWS)]}
    assert context.rows == ROWS
    steps = [after - before for before, after in zip([0, *seen], [*seen, ROWS], strict=True)]
    assert max(steps) <= CHUNK


async def test_no_more_than_a_chunk_of_errors_is_located_between_two_turns_of_others() -> None:
    context = Counting()

    async with beside(context) as seen:
        answer = await answered(LONG._schema, f"{{ counted(rows: {ROWS}) {{ broken }} }}", context)

    assert [error.path for error in answer.errors or []] == [
        ["counted", row, "broken"] for row in range(ROWS)
    ]
    steps = [after - before for before, after in zip([0, *seen], [*seen, ROWS], strict=True)]
    assert max(steps) <= CHUNK


async def test_rows_are_put_together_in_turns_too() -> None:
    turns = []
    for rows in (CHUNK, ROWS):
        async with beside(Counting()) as seen:
            await answered(LONG._schema, f"{{ counted(rows: {rows}) {{ number }} }}", Counting())
        turns.append(len(seen))

    # One to complete a chunk and one to put it together.
    assert turns[1] - turns[0] >= 2 * CHUNKS - 1


async def test_declared_field_of_a_long_list_is_read_once() -> None:
    context = Counting()

    answer = await answered(LONG._schema, "{ rocks { number neighbours { score } } }", context)

    assert answer.errors is not None
    assert {path for path, _ in context.calls} == {"rocks.neighbours", "rocks.neighbours.score"}
    assert len(context.calls) == 2


async def test_whoever_cannot_wait_gets_a_long_list_at_once() -> None:
    answer = LONG.execute_sync(f"{{ counted(rows: {ROWS}) {{ again }} }}", context_value=Counting())

    assert answer.errors is None
    assert answer.data == {"counted": [{"again": number} for number in range(ROWS)]}


def test_generated_queries_answer_alike_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)

    async def compared(query: str) -> None:
        compiled = await strictly(answered(SCHEMA, query, HostileContext()))
        stock = StrawberryGraphQLCoreExecutionContext
        assert_alike(compiled, await leniently(answered(SCHEMA, query, HostileContext(), stock)))

    with asyncio.Runner() as runner:

        @examples(BATCHES)
        @seed(20_261_128)
        @given(from_schema(SCHEMA, custom_scalars=SCALARS))
        def alike(query: Any) -> None:
            runner.run(compared(str(query)))

        alike()
