"""An operation that is cancelled at any moment leaves no task and no coroutine behind, and no connection."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import warnings
from collections.abc import Sequence
from typing import Any

from graphql import execute, parse
from strawberry.execution import optimized_is_awaitable

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


async def cancelled_after(work: Any, turns: int) -> None:
    """Runs for so many turns of the loop, then is cancelled."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        assert task.exception() is None


async def test_hostile_operations_leave_nothing_behind() -> None:
    schema = hostile_schema()._schema
    Plans.of(schema).sightings = 1
    turns = random.Random(5)
    others = asyncio.all_tasks()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(TRIES // 2):
            work: Any = execute(
                schema,
                HOSTILE,
                context_value=HostileContext(),
                executor_class=CompiledExecutor,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
            )
            await cancelled_after(work, turns.randrange(1, 25))
            assert asyncio.all_tasks() <= others
        gc.collect()


async def test_operations_on_a_database_leave_nothing_behind(
    demo_url: str, plugins: Sequence[Plugin]
) -> None:
    turns = random.Random(6)
    async with opened(demo_url, plugins) as gateway:
        assert (await gateway.execute(REAL, persona="super-admin")).errors == []
        others = asyncio.all_tasks()
        for _ in range(TRIES // 4):
            await cancelled_after(gateway.execute(REAL, persona="super-admin"), turns.randrange(1, 120))
            assert asyncio.all_tasks() <= others
            assert gateway.graph.database.checked_out == 0
        gc.collect()
