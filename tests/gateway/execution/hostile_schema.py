"""A schema that does everything a schema should not: what both executors must answer alike."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql.pyutils import Path
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from tabard.contributions import Argument, FieldContribution
from tabard.errors import Forbidden
from tabard.fields import DeclaredField
from tabard.reads.batch import Grouped, Picked, RowBatch
from tabard.reads.level import Level

EAST = timezone(timedelta(hours=5, minutes=30))


@strawberry.enum
class Colour(enum.Enum):
    RED = "r"
    GREEN = 2
    BLUE = (1, 2)


@strawberry.enum
class Level3(enum.IntEnum):
    LOW = 1
    HIGH = 3


class Yes(BasePermission):
    message = "no"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return True


class Odd(BasePermission):
    """Allows objects of odd number."""

    message = "only odd ones"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return bool(getattr(source, "number", 1) % 2)


class OddLater(BasePermission):
    message = "only odd ones, it turned out"

    async def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        await asyncio.sleep(0)
        return bool(getattr(source, "number", 1) % 2)


class Loud(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


class LoudLater(FieldExtension):
    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return str(await next_(source, info, **kwargs)).upper()


class Late:
    """Awaitable, but neither coroutine nor future."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@strawberry.input
class Point:
    x: int
    y: float = 0.5
    name: str | None = strawberry.UNSET
    colour: Colour | None = None
    more: list[Point] | None = None


@strawberry.interface
class Thing:
    number: int
    name: str

    @strawberry.field
    def self_path(self, info: strawberry.Info) -> str:
        keys: list[str] = []
        path: Path | None = info.path
        while path is not None:
            keys.append(f"{path.typename}.{path.key}")
            path = path.prev
        return "/".join(keys)

    @strawberry.field
    def root_number(self, info: strawberry.Info) -> int | None:
        return getattr(info.root_value, "number", None)

    @strawberry.field
    def other(self) -> Thing | None:
        return thing(self.number + 1) if self.number % 3 else None

    @strawberry.field
    async def others(self, count: int = 2) -> list[Thing]:
        await asyncio.sleep(0)
        return [thing(self.number + step) for step in range(min(count, 3))]


@strawberry.type
class Rock(Thing):
    weight: float | None
    colour: Colour
    made_at: datetime | None
    on: date | None
    price: Decimal | None
    key: UUID | None

    @strawberry.field
    def strict(self) -> str:
        return None if self.number % 4 == 0 else f"rock {self.number}"  # type: ignore[return-value]

    @strawberry.field
    def cracked(self) -> Rock:
        if self.number % 2:
            raise ValueError(f"rock {self.number} is cracked")
        return rock(self.number + 5)

    @strawberry.field(permission_classes=[Odd])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.field(permission_classes=[Yes, OddLater])
    async def later_secret(self) -> str:
        return "later"

    @strawberry.field(extensions=[Loud()])
    def loud(self, word: str = "hm") -> str | None:
        return f"{word} {self.number}"

    @strawberry.field(extensions=[LoudLater()])
    async def loud_later(self, word: str = "hm") -> str:
        await asyncio.sleep(0)
        return word


@strawberry.type
class Plant(Thing):
    leaves: list[int | None]
    grid: list[list[int]] | None
    deep: list[list[list[str | None]] | None]

    @strawberry.field
    async def slow(self) -> int:
        for _ in range(self.number % 3):
            await asyncio.sleep(0)
        if self.number % 5 == 0:
            raise RuntimeError(f"plant {self.number} is slow")
        return self.number

    @strawberry.field
    def maybe_later(self) -> int | None:
        return Late(self.number) if self.number % 2 else None  # type: ignore[return-value]

    @strawberry.field
    def seeds(self) -> list[Plant]:
        return (plant(step) for step in range(self.number % 4))  # type: ignore[return-value]

    @strawberry.field(metadata={"per_item": True})
    async def own_pace(self) -> list[Thing] | None:
        if self.number % 4 == 0:
            raise LookupError("its own pace is too slow")
        await asyncio.sleep(0)
        return [thing(self.number), thing(self.number + 1)]


@strawberry.type
class Ghost:
    """Of no interface, and its attributes haunt."""

    number: int

    @strawberry.field
    def boo(self) -> str:
        raise StopIteration

    @strawberry.field
    def returned(self) -> str | None:
        return KeyError("returned, not raised")  # type: ignore[return-value]

    @property
    def broken(self) -> Any:
        raise AttributeError("broken property")


@strawberry.type
class Wrong:
    """Every attribute has a value of some wrong kind."""

    int_text: int = strawberry.field(default_factory=lambda: "12")
    int_float: int | None = strawberry.field(default_factory=lambda: 1.5)
    int_big: int | None = strawberry.field(default_factory=lambda: 2**40)
    int_bool: int = strawberry.field(default_factory=lambda: True)
    float_nan: float | None = strawberry.field(default_factory=lambda: float("nan"))
    float_int: float = strawberry.field(default_factory=lambda: 3)
    float_text: float | None = strawberry.field(default_factory=lambda: "x")
    text_int: str = strawberry.field(default_factory=lambda: 5)
    text_list: str | None = strawberry.field(default_factory=lambda: [1])
    text_bool: str = strawberry.field(default_factory=lambda: False)
    id_int: strawberry.ID = strawberry.field(default_factory=lambda: 7)
    id_dict: strawberry.ID | None = strawberry.field(default_factory=dict)
    bool_int: bool = strawberry.field(default_factory=lambda: 2)
    bool_text: bool | None = strawberry.field(default_factory=lambda: "yes")
    colour_value: Colour = strawberry.field(default_factory=lambda: "r")
    colour_wrong: Colour | None = strawberry.field(default_factory=lambda: "purple")
    level: Level3 = strawberry.field(default_factory=lambda: Level3.HIGH)
    level_int: Level3 | None = strawberry.field(default_factory=lambda: 1)
    when: datetime | None = strawberry.field(default_factory=lambda: datetime(2026, 1, 2, 3, tzinfo=EAST))
    when_text: datetime | None = strawberry.field(default_factory=lambda: "soon")
    list_text: list[str] | None = strawberry.field(default_factory=lambda: "abc")
    list_map: list[str] | None = strawberry.field(default_factory=lambda: {"a": 1})
    list_number: list[int] | None = strawberry.field(default_factory=lambda: 4)
    list_mixed: list[int] | None = strawberry.field(
        default_factory=lambda: [1, None, ValueError("item"), 2**40]
    )
    thing: Thing | None = strawberry.field(default_factory=lambda: "no thing")
    ghost: Ghost | None = strawberry.field(default_factory=lambda: "any object will do")


Anything = Annotated[Rock | Plant | Ghost, strawberry.union("Anything")]


def rock(number: int) -> Rock:
    return Rock(
        number=number,
        name=f"rock {number}",
        weight=None if number % 3 == 0 else number / 7,
        colour=list(Colour)[number % 3],
        made_at=None if number % 4 == 1 else datetime(2026, 5, 6, number % 24, 30, 0, number, tzinfo=UTC),
        on=date(2026, 1, 1 + number % 28),
        price=Decimal(number) / 8,
        key=UUID(int=number),
    )


def plant(number: int) -> Plant:
    return Plant(
        number=number,
        name=f"plant {number}",
        leaves=[None if leaf % 2 else leaf for leaf in range(number % 5)],
        grid=None if number % 3 == 0 else [[row, None][: row + 1] for row in range(number % 3)],  # type: ignore[misc]
        deep=[[["a", None], []], None][: number % 3],
    )


def thing(number: int) -> Thing:
    return rock(number) if number % 2 else plant(number)


async def soon(number: int) -> int:
    return number


class Abrupt:
    """Items to wait for, before a failure and behind it."""

    def __init__(self) -> None:
        self._number = 0

    def __iter__(self) -> Abrupt:
        return self

    def __next__(self) -> Any:
        self._number += 1
        if self._number == 2:
            raise ValueError("abrupt")
        if self._number == 4:
            raise StopIteration
        return soon(self._number)


@strawberry.type
class Query:
    @strawberry.field
    def things(self, count: int = 5) -> list[Thing]:
        return [thing(number) for number in range(min(count, 20))]

    @strawberry.field
    async def anything(self, start: int = 0) -> list[Anything | None] | None:
        await asyncio.sleep(0)
        return [rock(start % 99), None, plant(2), Ghost(number=1), plant(5)]

    @strawberry.field
    def stray(self) -> list[Anything] | None:
        return [rock(1), "neither"]  # type: ignore[list-item]

    @strawberry.field
    def rocks(self, first: int | None = None) -> list[Rock] | None:
        return [rock(number) for number in range(min(max(first or 4, 0), 20))]

    @strawberry.field
    def plant(self, number: int = 3) -> Plant | None:
        return plant(number % 100)

    @strawberry.field
    def wrong(self) -> Wrong:
        return Wrong()

    @strawberry.field
    def ghosts(self) -> list[Ghost | None] | None:
        return (Ghost(number=number) for number in range(2))  # type: ignore[return-value]

    @strawberry.field
    async def streamed(self, until: int = 3) -> AsyncIterator[int]:
        for number in range(min(until, 10)):
            await asyncio.sleep(0)
            if number == 5:
                raise RuntimeError("the stream broke")
            yield number

    @strawberry.field
    async def endless(self) -> AsyncIterator[int]:
        yield 1
        while True:
            await asyncio.sleep(0)
            yield None  # type: ignore[misc]

    @strawberry.field
    def abrupt(self) -> list[int] | None:
        return Abrupt()  # type: ignore[return-value]

    @strawberry.field
    def late_items(self) -> list[int | None] | None:
        return [1, Late(2), Late(ValueError("late")), None, 5]  # type: ignore[list-item]

    @strawberry.field
    def echo(
        self, point: Point | None = None, colour: Colour = Colour.RED, level: Level3 | None = None
    ) -> str:
        if point is not None and point.more:
            point.more.pop()
        return f"{point} {colour} {level}"

    @strawberry.field
    def numbers(
        self, given: list[int | None] | None = None, unset: str | None = strawberry.UNSET
    ) -> list[int]:
        return [*(given or []), 0 if unset is strawberry.UNSET else 1]  # type: ignore[list-item]

    @strawberry.field
    def broken(self) -> str:
        raise ValueError("broken at the root")

    @strawberry.field
    async def forbidden(self) -> Rock | None:
        raise Forbidden("not yours", reason="NONE")

    @strawberry.field
    def root_value(self, info: strawberry.Info) -> str:
        return f"{info.field_name} {info.variable_values} {info.root_value}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, info: strawberry.Info, number: int) -> Rock | None:
        info.context.log.append(number)
        await asyncio.sleep(0)
        info.context.log.append(-number)
        return rock(abs(number) % 50)

    @strawberry.mutation
    def log(self, info: strawberry.Info) -> list[int]:
        return list(info.context.log)

    @strawberry.mutation
    async def fail(self, info: strawberry.Info) -> str:
        info.context.log.append(0)
        raise ValueError("failed")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, until: int = 3) -> AsyncIterator[Rock]:
        for number in range(until):
            yield rock(number)

    @strawberry.subscription
    async def sightings(self) -> AsyncIterator[Thing | None]:
        for event in sighted():
            yield event


def sighted() -> list[Any]:
    """What a subscriber may be told of, things that are none among them."""
    return [*map(thing, range(6)), None, ValueError("nobody saw it"), "no thing", Late(rock(7)), thing(6)]


@dataclass
class HostileContext:
    """What declared fields need of a context."""

    log: list[int] = field(default_factory=list)
    loaders: dict[Any, Any] = field(default_factory=dict)
    calls: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class HostileRead:
    """A read that counts its calls and gives what it was told to."""

    name: str
    key: str | None
    function: Any

    async def load(self, level: Level, keys: list[Any]) -> Any:
        context: Any = level.context
        context.calls.append((".".join(level.position), len(keys)))
        await asyncio.sleep(0)
        return self.function(keys, **level.args)

    def child(self) -> type | None:
        return None


def _neighbours(keys: list[int]) -> Grouped:
    rows = [rock(number) for number in range(8)]
    columns = {name: [getattr(row, name) for row in rows] for name in vars(rows[0])}
    return Grouped(RowBatch(Rock, columns), [range(key % 3, key % 3 + key % 4) for key in keys])


def _twin(keys: list[int]) -> Picked:
    rows = [plant(number) for number in range(4)]
    columns = {name: [getattr(row, name) for row in rows] for name in vars(rows[0])}
    return Picked(RowBatch(Plant, columns), [None if key % 4 == 3 else key % 4 for key in keys])


def _score(keys: list[int], factor: int = 2) -> list[Any]:
    return [ValueError(f"no score for {key}") if key % 5 == 4 else key * factor for key in keys]


def _down(keys: list[int]) -> list[Any]:
    raise ConnectionError("the store is down")


DECLARED: dict[type, list[FieldContribution]] = {
    Thing: [],
    Rock: [
        FieldContribution(
            "hostile",
            Rock,
            "neighbours",
            list[Rock] | None,
            HostileRead("neighbours", "number", _neighbours),
            "Rocks.",
        ),
        FieldContribution(
            "hostile", Rock, "down", list[Rock] | None, HostileRead("down", "number", _down), "Down."
        ),
        FieldContribution(
            "hostile",
            Rock,
            "strict_score",
            int,
            HostileRead("strict", "number", _score),
            "A score that must not be null.",
        ),
    ],
    Plant: [
        FieldContribution(
            "hostile", Plant, "twin", Thing | None, HostileRead("twin", "number", _twin), "A twin."
        ),
    ],
    Query: [
        FieldContribution(
            "hostile",
            Query,
            "rooted",
            Rock | None,
            HostileRead("rooted", None, lambda keys: [rock(3)]),
            "Rooted.",
        ),
    ],
}
SCORE = FieldContribution(
    "hostile",
    Thing,
    "score",
    int | None,
    HostileRead("score", "number", _score),
    "A score.",
    arguments=(Argument("factor", int, default=2),),
)


class HostileSchema(strawberry.Schema):
    """The schema, with its declared fields."""

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        origin = type_definition.origin
        contributed = [SCORE] if issubclass(origin, Thing) else []
        contributed = [*contributed, *DECLARED.get(origin, [])]
        return [*super().get_fields(type_definition), *map(DeclaredField, contributed)]


def hostile_schema(executor: Any = None) -> HostileSchema:
    """The schema, executed by the executor."""
    return HostileSchema(Query, Mutation, Subscription, types=[Rock, Plant], execution_context_class=executor)
