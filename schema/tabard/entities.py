"""Entities: which table a GraphQL type's rows come from, and which columns make each attribute."""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import sqlalchemy as sa

from tabard.money import Money

T = TypeVar("T")
_ENTITY = "__tabard_entity__"


@dataclass(frozen=True)
class Attribute:
    """How one attribute is read: its columns, and what builds the values when they are not the cells."""

    columns: tuple[sa.Column[Any], ...]
    build: Callable[..., Sequence[Any]] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(str(column.name) for column in self.columns)

    def values(self, cells: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
        """The attribute's column of values; `cells` maps column names to cells."""
        if self.build is None:
            return cells[self.names[0]]
        return self.build(*(cells[name] for name in self.names))


@dataclass(frozen=True)
class Entity:
    """A GraphQL type whose objects are rows of one table."""

    type: type
    table: sa.Table
    attributes: dict[str, Attribute]

    def columns(self, names: Iterable[str]) -> list[sa.Column[Any]]:
        """The table columns that the attributes need, each once, in the table's order."""
        wanted = {column for name in names for column in self.attributes[name].names}
        return [column for column in self.table.c if column.name in wanted]

    def values(self, names: Iterable[str], cells: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """The attributes' columns of values; `cells` maps column names to cells."""
        return {name: self.attributes[name].values(cells) for name in names}

    def objects(self, names: Sequence[str], cells: Mapping[str, Sequence[Any]]) -> list[Any]:
        """Objects with just these attributes, one a row."""
        return make_objects(self.type, names, list(self.values(names, cells).values()))


def make_objects(type_: type[T], names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[T]:
    """Objects of a type from columns of values, without running its constructor."""
    made = []
    for row in zip(*columns, strict=True):
        instance = object.__new__(type_)
        instance.__dict__.update(zip(names, row, strict=True))
        made.append(instance)
    return made


def bind(type_: type, table: sa.Table) -> Entity:
    """Makes the type an entity of the table; attributes without columns are left to declared fields."""
    hints = typing.get_type_hints(type_)
    attributes = {
        field.name: attribute
        for field in dataclasses.fields(type_)
        if field.name in hints and (attribute := _attribute(field.name, hints[field.name], table)) is not None
    }
    entity = Entity(type_, table, attributes)
    setattr(type_, _ENTITY, entity)
    return entity


def entity_of(type_: type) -> Entity:
    """The entity of a type; raises TypeError for a type that is no row of a table."""
    if not is_entity(type_):
        named = getattr(type_, "__name__", f"{type_!r}, which is no class,")
        raise TypeError(f"{named} is not stored in a table; register it with plugin.record(...)")
    return typing.cast(Entity, type_.__dict__[_ENTITY])


def table_of(type_: type) -> sa.Table:
    """The table that holds the objects of a stored type, for a plugin's own selects."""
    return entity_of(type_).table


def is_entity(type_: object) -> bool:
    """Whether the type's objects are rows of a table."""
    return isinstance(type_, type) and _ENTITY in type_.__dict__


def _attribute(name: str, hint: Any, table: sa.Table) -> Attribute | None:
    if f"{name}_minor" in table.c:
        return Attribute((table.c[f"{name}_minor"], table.c[f"{name}_currency"]), _amounts)
    if name not in table.c:
        return None
    enum_type = _enum_in(hint)
    return Attribute((table.c[name],), None if enum_type is None else partial(_members, enum_type))


def _amounts(minor: Sequence[int | None], currency: Sequence[str | None]) -> list[Money | None]:
    return list(map(Money.from_minor, minor, currency))


def _members(enum_type: type[enum.Enum], cells: Sequence[Any]) -> list[enum.Enum | None]:
    members = {cell: None if cell is None else enum_type(cell) for cell in set(cells)}
    return list(map(members.__getitem__, cells))


def _enum_in(hint: Any) -> type[enum.Enum] | None:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next(
        (option for option in options if isinstance(option, type) and issubclass(option, enum.Enum)), None
    )
