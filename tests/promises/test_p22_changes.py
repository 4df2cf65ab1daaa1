"""P22: changes that their clients give up at any moment hold nothing back from those that come after."""

import asyncio
import random

import pytest
import sqlalchemy as sa

from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway

GIVEN_UP = 400


@pytest.mark.promise("P19", "P22")
async def test_changes_that_are_given_up_leave_neither_a_lock_nor_a_connection(gateway: Gateway) -> None:
    database, scope = gateway.graph.database, Scope(await gateway.portal_id())
    chance = random.Random(1)

    async def change() -> None:
        async with database.writing(scope) as session:
            await session.fetch(sa.select(tables.team.c.id))
            id = gateway.graph.new_id()
            await session.execute(
                sa.insert(tables.team), [{"id": id, "name": "Team", "name_folded": str(id)}]
            )
            await session.fetch(sa.select(tables.team.c.id))

    for _ in range(GIVEN_UP):
        asked = [asyncio.create_task(change()) for _ in range(2)]
        await asyncio.wait(asked, timeout=chance.random() / 60)
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
        assert [task for task in asked if not task.cancelled() and task.exception()] == []

    await change()
    assert database.checked_out == 0
