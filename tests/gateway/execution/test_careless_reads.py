"""What a plugin does to the lists that it is given changes nothing but its own field, whoever executes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from structlog.testing import capture_logs

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Columns, Plugin, Public, Read, Reader
from tests.tabard.samples import Answer, answering, plugin

pytestmark = pytest.mark.promise("P16")

EXECUTORS = pytest.mark.parametrize(
    "executor", [StrawberryGraphQLCoreExecutionContext, CompiledExecutor], ids=["stock", "compiled"]
)


@strawberry.type
class AlphaThing:
    number: int


@strawberry.type
class AlphaPart:
    number: int


def careless() -> Plugin:
    """A plugin whose functions take what they are given apart."""
    made = plugin(policy=Public)

    @made.query(description="Three things.")
    async def things(reader: Reader) -> list[AlphaThing] | None:
        return [AlphaThing(number=number) for number in range(3)]

    @made.field(AlphaThing, description="Works its parents off.")
    async def worked(reader: Reader, parents: list[AlphaThing]) -> list[int | None]:
        return [parents.pop().number] * len(parents)

    @made.field(AlphaThing, key="number", description="Works its keys off.")
    async def doubled(reader: Reader, numbers: list[int]) -> dict[int, int]:
        found = {}
        while numbers:
            number = numbers.pop()
            found[number] = 2 * number
        return found

    @made.rows(AlphaThing, to=AlphaPart, description="Lets go of its parents.")
    async def parts(reader: Reader, read: Read) -> Columns:
        read.keys.clear()
        return Columns(number=[7])

    return made


async def asked(folder: Path, executor: type[Executor[Any]], document: str) -> Answer:
    """The answer of an executor, which has no more time than it takes."""
    async with answering(folder, careless(), executor=executor) as answers:
        Plans.of(answers.graph.graphql_schema).sightings = 1
        with capture_logs():
            return await asyncio.wait_for(answers.ask(document), 20)


@EXECUTORS
@pytest.mark.parametrize("field", ["worked", "parts { number }"])
async def test_a_function_that_empties_its_list_costs_its_own_field_and_no_row(
    tmp_path: Path, executor: type[Executor[Any]], field: str
) -> None:
    answer = await asked(tmp_path, executor, f"{{ things {{ number {field} }} }}")

    name = field.split(maxsplit=1)[0]
    assert answer.data == {"things": [{"number": number, name: None} for number in range(3)]}
    assert [(path, code) for path, code, _ in answer.errors] == [
        (["things", number, name], "PLUGIN_ERROR") for number in range(3)
    ]


@EXECUTORS
async def test_keys_are_the_functions_own(tmp_path: Path, executor: type[Executor[Any]]) -> None:
    answer = await asked(tmp_path, executor, "{ things { doubled } }")

    assert answer == Answer({"things": [{"doubled": 2 * number} for number in range(3)]}, [])
