"""The policy of a type is asked for wherever its objects come out, also where a field may lead to several types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
import strawberry
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin, Public, Reader, SuperAdmin
from tabard.reads.batch import Grouped, RowBatch
from tabard.reads.level import Level
from tabard.viewer import Viewer
from tests.tabard.samples import Answer, answering, plugin, viewer

pytestmark = pytest.mark.promise("P3")

EXECUTORS = pytest.mark.parametrize(
    "executor", [StrawberryGraphQLCoreExecutionContext, CompiledExecutor], ids=["stock", "compiled"]
)


@strawberry.interface(description="What has a name.")
class AlphaNamed:
    name: str


@strawberry.type(description="For everybody.")
class AlphaOpen(AlphaNamed):
    """For everybody."""


@strawberry.type(description="For super admins.")
class AlphaSecret(AlphaNamed):
    @strawberry.field(description="More of the kind.")
    async def more(self) -> list[AlphaNamed | None]:
        return [self, AlphaOpen(name="open")]


AlphaEither = Annotated[AlphaOpen | AlphaSecret, strawberry.union("AlphaEither")]


class SecretRows:
    """A read that gives rows, not objects."""

    key = None

    async def load(self, level: Level, keys: list[Any]) -> Grouped:
        return Grouped(RowBatch(AlphaSecret, {"name": ["secret", "secret"]}), [range(2)] * len(keys))

    def child(self) -> type | None:
        return None


def secretive() -> Plugin:
    """A plugin some of whose objects are for super admins."""
    made = plugin(policy=Public)
    made.narrow(AlphaSecret, SuperAdmin)
    made.include(AlphaOpen, AlphaSecret)
    made.declare("Query", "rowed", list[AlphaNamed | None] | None, SecretRows(), "Rows.")

    @made.query(description="Both.")
    async def united(reader: Reader) -> list[AlphaEither | None] | None:
        return [AlphaOpen(name="open"), AlphaSecret(name="secret"), None]

    @made.query(description="Both.")
    async def named(reader: Reader) -> list[AlphaNamed | None] | None:
        return [AlphaSecret(name="secret"), AlphaOpen(name="open")]

    @made.query(description="One.")
    async def one(reader: Reader) -> AlphaNamed | None:
        return AlphaSecret(name="secret")

    @made.query(description="Whole.")
    async def whole(reader: Reader) -> list[AlphaNamed] | None:
        return [AlphaOpen(name="open"), AlphaSecret(name="secret")]

    return made


async def asked(folder: Path, executor: type[Executor[Any]], document: str, who: Viewer) -> Answer:
    """The answer of an executor."""
    async with answering(folder, secretive(), executor=executor) as answers:
        Plans.of(answers.graph.graphql_schema).sightings = 1
        return await answers.ask(document, who)


OPEN, SECRET = {"name": "open"}, {"name": "secret"}
ANY = "... on AlphaNamed { name }"


@EXECUTORS
@pytest.mark.parametrize(
    ("field", "all_of_it", "rest", "denied"),
    [
        (f"united {{ {ANY} }}", [OPEN, SECRET, None], [OPEN, None, None], [[1]]),
        ("named { name }", [SECRET, OPEN], [None, OPEN], [[0]]),
        ("one { name }", SECRET, None, [[]]),
        ("whole { name }", [OPEN, SECRET], None, [[1]]),
        ("rowed { name }", [SECRET, SECRET], [None, None], [[0], [1]]),
        ("one { __typename }", {"__typename": "AlphaSecret"}, None, [[]]),
    ],
)
async def test_objects_of_a_type_that_the_viewer_may_not_see_are_left_out(
    tmp_path: Path,
    executor: type[Executor[Any]],
    field: str,
    all_of_it: Any,
    rest: Any,
    denied: Sequence[Sequence[int]],
) -> None:
    name = field.split(maxsplit=1)[0]
    admin = await asked(tmp_path, executor, f"{{ {field} }}", viewer(admin=True))
    other = await asked(tmp_path, executor, f"{{ {field} }}", viewer())

    assert admin == Answer({name: all_of_it}, [])
    assert other.data == {name: rest}
    assert [(path, code) for path, code, _ in other.errors] == [
        ([name, *place], "FORBIDDEN") for place in denied
    ]
