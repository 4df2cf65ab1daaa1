"""An operation that is cancelled at any moment leaves no task and no coroutine behind, and no connection."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import pytest
import strawberry
from graphql import execute, parse
from strawberry.execution import optimized_is_awaitable

from gateway.execution import chunks
from gateway.execution.chunks import CHUNK
from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin
from tests.gateway.execution.hostile_schema import HostileContext, hostile_schema
from tests.support.gateways import opened

TRIES = int(os.environ.get("TABARD_CANCELLATIONS", "2000"))
HOSTILE = parse(
    "{ things(count: 8) { name score others { score ... on Plant { slow maybeLater ownPace { name } } }"
    " ... on Rock { neighbours { name score down { name } } laterSecret } }"
    " lateItems streamed anything { ... on Plant { slow } } forbidden { name } broken }"
)
REAL = """{ companies(first: 5) { totalCount nodes { name owner { name } contacts(first: 2) { nodes { name } }
  deals(first: 2) { nodes { name stage { label } } } } }
  workspaces { name teams { name } } viewer { user { name } } }"""


class Ending:
    """Waits for nothing; when it is cancelled it takes its time to end, and says so at its end."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []

    async def last(self, turns: int) -> int:
        self.begun.append(turns)
        try:
            await asyncio.Event().wait()
        finally:
            await turned(turns)
            self.ended.append(turns)
        return turns


@strawberry.type
class Slow:
    turns: int

    @strawberry.field
    async def one(self, info: strawberry.Info[Ending]) -> int:
        return await info.context.last(self.turns)

    @strawberry.field
    async def other(self, info: strawberry.Info[Ending]) -> int:
        return await info.context.last(self.turns)


@strawberry.type
class Query:
    @strawberry.field
    def slow(self) -> list[Slow]:
        return [Slow(turns=turns) for turns in (0, 9, 3, 6)]

    @strawberry.field
    async def beside(self, info: strawberry.Info[Ending]) -> int:
        return await info.context.last(7)


async def is_cancelled(work: Any, moment: Awaitable[Any]) -> bool:
    """Runs until the moment comes, then is cancelled; whether it had not ended before."""
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    await moment
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() or task.exception() is None
    return task.cancelled()


async def turned(turns: int) -> None:
    """Lets so many turns of the loop pass."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def seconds_of(answer: Callable[[], Awaitable[Any]]) -> float:
    """How long an answer takes at its fastest."""
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        await answer()
        taken.append(time.perf_counter() - started)
    return min(taken)


@pytest.mark.parametrize(
    "query", ["{ beside }", "{ slow { one } }", "{ slow { one } beside }", "{ slow { one other } beside }"]
)
async def test_whatever_is_cancelled_can_end_in_peace(query: str) -> None:
    schema = strawberry.Schema(Query)._schema
    Plans.of(schema).sightings = 1
    ending = Ending()
    work: Any = execute(
        schema,
        parse(query),
        context_value=ending,
        executor_class=CompiledExecutor,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
    )

    assert await is_cancelled(work, turned(5))

    assert ending.begun
    assert sorted(ending.ended) == sorted(ending.begun)


@pytest.mark.parametrize("chunk", [CHUNK, 2])
async def test_hostile_operations_leave_nothing_behind(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", chunk)
    schema = hostile_schema()._schema
    Plans.of(schema).sightings = 1
    moments = random.Random(5)
    others = asyncio.all_tasks()
    cancelled = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(TRIES // 4):
            work: Any = execute(
                schema,
                HOSTILE,
                context_value=HostileContext(),
                executor_class=CompiledExecutor,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
            )
            cancelled += await is_cancelled(work, turned(moments.randrange(1, 10 if chunk == CHUNK else 30)))
            assert asyncio.all_tasks() <= others
        gc.collect()
    assert cancelled >= TRIES // 8


async def test_operations_on_a_database_leave_nothing_behind(
    demo_url: str, plugins: Sequence[Plugin]
) -> None:
    moments = random.Random(6)
    async with opened(demo_url, plugins) as gateway:
        answer = partial(gateway.execute, REAL, persona="super-admin")
        assert (await answer()).errors == []
        seconds = await seconds_of(answer)
        others = asyncio.all_tasks()
        cancelled = 0
        for _ in range(TRIES // 4):
            cancelled += await is_cancelled(answer(), asyncio.sleep(moments.random() * seconds))
            assert asyncio.all_tasks() <= others
            assert gateway.graph.database.checked_out == 0
        gc.collect()
    assert cancelled >= TRIES // 16
