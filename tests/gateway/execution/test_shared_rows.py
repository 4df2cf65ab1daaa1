"""A row that several parents point at is completed once for all of them, and answered at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest
import strawberry
from graphql import ExecutionResult, execute, parse
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard.columnwise import columnwise
from tabard.contributions import FieldContribution
from tabard.fields import DeclaredField
from tabard.reads.batch import Picked, RowBatch
from tabard.reads.level import Level
from tests.gateway.execution.comparing import assert_alike, leniently, strictly
from tests.gateway.execution.hostile_schema import HostileContext

DEALS = 6
LABELS = ["Open", "Won", None]
coded: list[int] = []


def _codes(type_: type, ids: Sequence[int]) -> list[str]:
    coded.append(len(ids))
    return [f"stage-{id}" for id in ids]


@strawberry.type
class Stage:
    id: int
    label: str

    @strawberry.field
    @columnwise("id", by=_codes)
    def code(self) -> str:
        return f"stage-{self.id}"


@strawberry.type
class Deal:
    id: int
    stage_id: strawberry.Private[int | None]


@strawberry.type
class Query:
    @strawberry.field
    def deals(self, stages: list[int | None]) -> list[Deal]:
        return [Deal(id=number, stage_id=stages[number % len(stages)]) for number in range(DEALS)]


@dataclass(frozen=True)
class StageRead:
    """Gives all stages, whichever are asked for."""

    key: str | None = "stage_id"

    async def load(self, level: Level, keys: list[Any]) -> Picked:
        stages = RowBatch(Stage, {"id": list(range(len(LABELS))), "label": LABELS})
        return Picked(stages, [None if key >= len(LABELS) else key for key in keys])

    def child(self) -> type | None:
        return None


class Schema(strawberry.Schema):
    """The schema, with its declared field."""

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        stage = FieldContribution("deals", Deal, "stage", Stage | None, StageRead(), "Its stage.")
        contributed = [DeclaredField(stage)] if type_definition.origin is Deal else []
        return [*super().get_fields(type_definition), *contributed]


SCHEMA = Schema(Query)._schema
Plans.of(SCHEMA).sightings = 1


async def answered(executor: Any, query: str) -> ExecutionResult:
    """The answer by one executor."""
    result: Any = execute(
        SCHEMA,
        parse(query),
        context_value=HostileContext(),
        executor_class=executor,
        is_awaitable=cast(Any, optimized_is_awaitable),
    )
    outcome: ExecutionResult = await result if optimized_is_awaitable(result) else result
    return outcome


async def compared(query: str) -> ExecutionResult:
    """The answer, which is the same by both executors."""
    compiled = await strictly(answered(CompiledExecutor, query))
    assert_alike(compiled, await leniently(answered(StrawberryGraphQLCoreExecutionContext, query)))
    return compiled


@pytest.mark.parametrize(
    ("stages", "completed"), [("[0, 1]", 3), ("[0, null, 1, 9]", 3), ("[1, null, 9]", 2)]
)
async def test_rows_are_completed_once_unless_fewer_are_shown(stages: str, completed: int) -> None:
    coded.clear()

    answer = await compared(f"{{ deals(stages: {stages}) {{ id stage {{ __typename code }} }} }}")

    assert answer.errors in (None, [])
    assert coded == [completed]


async def test_what_is_wrong_with_a_shared_row_is_told_wherever_it_is_shown() -> None:
    answer = await compared("{ deals(stages: [0, 2]) { stage { code label } } }")

    assert [error.path for error in answer.errors or []] == [
        ["deals", number, "stage", "label"] for number in (1, 3, 5)
    ]


async def test_a_row_is_another_dict_at_each_place() -> None:
    answer = await compared("{ deals(stages: [0]) { stage { code } } }")

    assert answer.data is not None
    assert len({id(deal["stage"]) for deal in answer.data["deals"]}) == DEALS
