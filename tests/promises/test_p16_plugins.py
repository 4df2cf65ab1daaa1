"""P16: what a plugin leaves behind when it has answered harms nobody, and its connection goes back."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import Company, Plugin, Public, Reader
from tabard.errors import TabardError
from tabard.records import tables
from tabard.testing import Gateway
from tests.support.databases import bundled

pytestmark = pytest.mark.promise("P16", "P22")

LEFT = 20


class Leaky:
    """A plugin whose field starts tasks that nobody awaits; they read once its request has ended."""

    def __init__(self) -> None:
        self.plugin = Plugin("leaky", policy=Public)
        self.ended = asyncio.Event()
        self.tasks: list[asyncio.Task[Any]] = []

        @self.plugin.query(description="Starts tasks and forgets them.")
        async def leaks(reader: Reader) -> int | None:
            self.tasks.extend(asyncio.create_task(self._later(reader)) for _ in range(LEFT))
            return len(self.tasks)

    async def _later(self, reader: Reader) -> None:
        await self.ended.wait()
        await reader.fetch(sa.select(tables.company.c.id).limit(1))


async def test_tasks_that_outlive_their_request_take_no_connection(demo_url: str) -> None:
    leaky = Leaky()
    async with Gateway.on(demo_url, *bundled(), leaky.plugin) as gateway:
        answer = await gateway.execute("{ leaks companies(first: 1) { nodes { name } } }")
        leaky.ended.set()
        left = await asyncio.gather(*leaky.tasks, return_exceptions=True)
        others = await gateway.execute("{ companies(first: 1) { nodes { name } } }")

        assert answer.errors == []
        assert answer.data is not None
        assert others.data == {"companies": answer.data["companies"]}
        assert {(type(error), str(error)) for error in left} == {
            (TabardError, "a read came after its request had ended; await whatever a function starts")
        }
        assert gateway.graph.database.checked_out == 0


async def test_a_field_after_a_change_still_reads(demo_url: str) -> None:
    """A mutation gives its request's connection back for its own; what it shows afterwards is read anew."""
    leaky = Leaky()

    @leaky.plugin.field(Company, key="id", description="The company's name, read once more.")
    async def name_again(reader: Reader, ids: list[int]) -> dict[int, str]:
        return await reader.values(tables.company.c.name, by=tables.company.c.id, keys=ids)

    document = """mutation {
      recordCreate(input: { objectType: "company", properties: [{ key: "name", value: { text: "New" } }] }) {
        record { ... on Company { name nameAgain } }
      }
    }"""
    async with Gateway.on(demo_url, *bundled(), leaky.plugin) as gateway:
        data = await gateway.query(document)

        assert data["recordCreate"]["record"] == {"name": "New", "nameAgain": "New"}
        assert gateway.graph.database.checked_out == 0
