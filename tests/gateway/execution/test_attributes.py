"""What an object's class computes is asked for once, whatever another of its attributes raises."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLObjectType

from gateway.execution.attributes import is_kept
from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tests.gateway.execution.comparing import strictly

ASKED: Counter[tuple[str, int]] = Counter()


@strawberry.type
class Meter:
    first: int
    kept: int
    second: int | None
    third: int


class Reading:
    """A meter that counts how often it is read; `second` fails in one of three, and `kept` is only kept."""

    def __init__(self, number: int) -> None:
        self.number = self.kept = number

    def _read(self, name: str) -> int:
        ASKED[name, self.number] += 1
        return self.number

    @property
    def first(self) -> int:
        return self._read("first")

    @property
    def second(self) -> int:
        if self._read("second") % 3 == 2:
            raise LookupError("worn out")
        return self.number

    @cached_property
    def third(self) -> int:
        return self._read("third")


class Bare(Reading):
    """One that keeps nothing of what is only kept."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        del self.kept


@strawberry.type
class Query:
    @strawberry.field
    def meters(self) -> list[Meter | None]:
        return [Reading(number) for number in range(10)]  # type: ignore[misc]

    @strawberry.field
    def mixed(self) -> list[Meter | None]:
        return [[Reading, Bare][number % 2](number) for number in range(10)]  # type: ignore[misc]


SCHEMA = strawberry.Schema(Query, types=[Meter], execution_context_class=CompiledExecutor)
# Whatever has the attributes is a meter.
cast(GraphQLObjectType, SCHEMA._schema.type_map["Meter"]).is_type_of = None
Plans.of(SCHEMA._schema).sightings = 1


async def ask(query: str) -> Any:
    """The answer, and how often each property was read."""
    ASKED.clear()
    answer = await strictly(SCHEMA.execute(query))  # type: ignore[type-var]
    assert Plans.of(SCHEMA._schema).fallbacks.counts.keys() <= {None}
    return answer


async def test_properties_are_read_once_though_one_of_them_fails() -> None:
    answer = await ask("{ meters { first kept second third } }")
    assert answer.data == {
        "meters": [
            {"first": n, "kept": n, "second": None if n % 3 == 2 else n, "third": n} for n in range(10)
        ]
    }
    assert [(error.path, error.message) for error in answer.errors] == [
        (["meters", n, "second"], "worn out") for n in range(2, 10, 3)
    ]
    assert {(name, n): 1 for name in ("first", "second", "third") for n in range(10)} == ASKED


async def test_properties_are_read_once_though_an_attribute_is_missing() -> None:
    answer = await ask("{ mixed { first kept third } }")
    assert answer.data == {
        "mixed": [None if n % 2 else {"first": n, "kept": n, "third": n} for n in range(10)]
    }
    assert [error.path for error in answer.errors] == [["mixed", n, "kept"] for n in range(1, 10, 2)]
    assert {(name, n): 1 for name in ("first", "third") for n in range(10)} == ASKED


class Slotted:
    __slots__ = ("kept",)


class Wide(Slotted):
    given = 1

    def method(self) -> None:
        """Made anew whenever it is asked for."""


class Lazy(Wide):
    def __getattr__(self, name: str) -> int:
        return 1


class Own(Wide):
    def __getattribute__(self, name: str) -> int:
        return 1


@pytest.mark.parametrize(
    ("class_", "name", "kept"),
    [
        *((Slotted, "kept", True), (Wide, "kept", True), (Wide, "given", True), (Wide, "absent", True)),
        *((Wide, "method", False), (Reading, "number", True), (Reading, "first", False)),
        *((Reading, "third", False), (Lazy, "kept", False), (Own, "kept", False), (Meter, "kept", True)),
    ],
)
def test_an_attribute_is_kept_unless_reading_it_may_run_code(class_: type, name: str, kept: bool) -> None:
    assert is_kept(class_, name) is kept
    assert is_kept(class_, name) is kept
