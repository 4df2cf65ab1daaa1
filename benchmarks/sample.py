"""Sample: companies with owners, contacts and deals in memory, read by declared fields or by async resolvers."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import strawberry
from aiodataloader import DataLoader
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from tabard.contributions import FieldContribution
from tabard.fields import DeclaredField
from tabard.reads.batch import Grouped, Picked, RowBatch
from tabard.reads.level import Level


@strawberry.enum
class Tier(enum.Enum):
    GOLD = "gold"
    SILVER = "silver"


@strawberry.type
class User:
    id: int
    name: str
    email: str


@strawberry.type
class Stage:
    id: int
    label: str


@strawberry.type
class Contact:
    id: int
    name: str
    email: str


@strawberry.type
class Deal:
    id: int
    name: str
    amount: int
    stage_id: strawberry.Private[int]

    @strawberry.field
    async def async_stage(self, info: strawberry.Info) -> Stage | None:
        found: Stage | None = await info.context.loader("stage").load(self.stage_id)
        return found


@strawberry.type
class Company:
    id: int
    name: str
    domain: str
    industry: str
    country: str
    employees: int
    revenue: float
    is_customer: bool
    tier: Tier
    created_at: datetime
    owner_id: strawberry.Private[int]

    @strawberry.field
    async def async_owner(self, info: strawberry.Info) -> User | None:
        found: User | None = await info.context.loader("owner").load(self.owner_id)
        return found

    @strawberry.field
    async def async_contacts(self, info: strawberry.Info) -> list[Contact] | None:
        found: list[Contact] | None = await info.context.loader("contacts").load(self.id)
        return found

    @strawberry.field
    async def async_deals(self, info: strawberry.Info) -> list[Deal] | None:
        found: list[Deal] | None = await info.context.loader("deals").load(self.id)
        return found


def _columns(rows: Sequence[Any]) -> RowBatch:
    names = vars(rows[0])
    return RowBatch(type(rows[0]), {name: [getattr(row, name) for row in rows] for name in names})


USERS = [User(id=number, name=f"User {number}", email=f"u{number}@example.com") for number in range(10)]
STAGES = [Stage(id=number, label=f"Stage {number}") for number in range(5)]
CONTACTS = [
    Contact(id=number, name=f"Contact {number}", email=f"c{number}@example.com") for number in range(3_000)
]
DEALS = [
    Deal(id=number, name=f"Deal {number}", amount=number * 100, stage_id=number % 5)
    for number in range(3_000)
]
COMPANIES = [
    Company(
        id=number,
        name=f"Company {number}",
        domain=f"company{number}.example",
        industry="Boats",
        country="Italy",
        employees=number * 7 % 5_000,
        revenue=number * 1_000.5,
        is_customer=number % 3 > 0,
        tier=list(Tier)[number % 2],
        created_at=datetime(2026, 1 + number % 12, 1 + number % 28, tzinfo=UTC),
        owner_id=number % 10,
    )
    for number in range(1_000)
]
BATCHES = {
    "owner": _columns(USERS),
    "stage": _columns(STAGES),
    "contacts": _columns(CONTACTS),
    "deals": _columns(DEALS),
}


def found(name: str, keys: Sequence[int]) -> Sequence[Any]:
    """What a store would give for the keys, as columns: a row, or the three rows of each parent."""
    rows = BATCHES[name]
    if name in ("owner", "stage"):
        return Picked(rows, list(keys))
    return Grouped(rows, [range(key * 3, key * 3 + 3) for key in keys])


@dataclass(frozen=True)
class SampleRead:
    """Reads from memory, after one turn of the loop."""

    name: str
    key: str

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        await asyncio.sleep(0)
        return found(self.name, keys)

    def child(self) -> type | None:
        return None


@dataclass
class SampleContext:
    """One request's loaders."""

    loaders: dict[Any, Any] = field(default_factory=dict)

    def loader(self, name: str) -> DataLoader[int, Any]:
        """The aiodataloader that a hand-written resolver uses."""
        made: DataLoader[int, Any] | None = self.loaders.get(name)
        if made is None:

            async def load(keys: list[int]) -> list[Any]:
                await asyncio.sleep(0)
                return list(found(name, keys))

            made = self.loaders[name] = DataLoader(load)
        return made


DECLARED: dict[type, list[tuple[str, Any, str]]] = {
    Company: [
        ("owner", User | None, "owner_id"),
        ("contacts", list[Contact] | None, "id"),
        ("deals", list[Deal] | None, "id"),
    ],
    Deal: [("stage", Stage | None, "stage_id")],
}


@strawberry.type
class Query:
    @strawberry.field
    def companies(self, first: int) -> list[Company]:
        return COMPANIES[:first]


class SampleSchema(strawberry.Schema):
    """The schema with its declared fields."""

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        origin = type_definition.origin
        contributions = [
            FieldContribution("sample", origin, name, annotation, SampleRead(name, key), "A relation.")
            for name, annotation, key in DECLARED.get(origin, [])
        ]
        return [*super().get_fields(type_definition), *map(DeclaredField, contributions)]


SCALARS = "id name domain industry country employees revenue isCustomer tier createdAt"
NESTED = """
{{ companies(first: 50) {{ id name {0}wner {{ name email }} {1}ontacts {{ name email }}
   {2}eals {{ name amount {3}tage {{ label }} }} }} }}
"""
QUERIES = {
    "rows_1000x10": f"{{ companies(first: 1000) {{ {SCALARS} }} }}",
    "nested_50_declared": NESTED.format("o", "c", "d", "s"),
    "nested_50_async": NESTED.format("owner: asyncO", "contacts: asyncC", "deals: asyncD", "stage: asyncS"),
    "rows_20x10": f"{{ companies(first: 20) {{ {SCALARS} }} }}",
    "tiny": "{ __typename }",
}
