"""Targets: what an import can make of a file's rows: records of every registered type, users and teams."""

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from tabard.errors import BadCell
from tabard.importing.fields import Cells, Field, column_field
from tabard.nouns.people import Team, User
from tabard.properties import Property, PropertyKind
from tabard.records import tables
from tabard.records.object_types import CUSTOM_RECORD
from tabard.registry import Registry
from tabard.scalars import SCALARS, Locale, TimeZone

USER, TEAM = "user", "team"
EXTERNAL_ID = "external_id"
STAMPED = ("created_at", "updated_at", "version")
_GIVEN = {"portal_id", "id", *STAMPED, "is_super_admin", "has_seat", "is_active"}
_NAMING = ("name", "email", "domain")
_NOT_SET = {"updated_at"}
_STAGED = {"pipeline_id", "stage_id"}
_USER_PROPERTIES = (
    Property("name", PropertyKind.TEXT, "Name"),
    Property("email", PropertyKind.TEXT, "E-mail"),
    Property("locale", PropertyKind.TEXT, "Locale"),
    Property("time_zone", PropertyKind.TEXT, "Time zone"),
    Property("is_active", PropertyKind.BOOLEAN, "Active"),
)
_TEAM_PROPERTIES = (Property("name", PropertyKind.TEXT, "Name"),)


@dataclass(frozen=True)
class Link:
    """A reference that is a column of its own: a deal's `company` is the column `company_id`."""

    column: str
    noun: str


@dataclass(frozen=True)
class Target:
    """A kind of thing that an import makes. `noun` names it in the mapping."""

    noun: str
    table: sa.Table
    fields: dict[str, Field]
    links: dict[str, Link]
    has_pipelines: bool = False

    @property
    def is_record(self) -> bool:
        """Whether it has associations and custom properties."""
        return self.noun not in (USER, TEAM)

    @property
    def required(self) -> list[str]:
        """The fields without which there is no such thing."""
        return [key for key, field in self.fields.items() if field.is_required]

    @property
    def unreachable(self) -> list[str]:
        """The columns that need a value and that no import could fill."""
        filled = {column for field in self.fields.values() for column in field.columns}
        return [
            column.name
            for column in self.table.columns
            if not column.nullable and column.default is None and column.name not in filled | _GIVEN
        ]

    @property
    def keys(self) -> list[str]:
        """By what others can refer to it."""
        return [EXTERNAL_ID, *(key for key in _NAMING if key in self.fields)]


def all_targets(registry: Registry) -> dict[str, Target]:
    """The targets of an assembled graph, by noun."""
    types: dict[str, tuple[type, sa.Table, tuple[Property, ...]]] = {
        noun: (record.type, record.table, record.properties)
        for noun, record in registry.records.items()
        if noun != CUSTOM_RECORD
    }
    types[USER] = (User, tables.user, _USER_PROPERTIES)
    types[TEAM] = (Team, tables.team, _TEAM_PROPERTIES)
    nouns = {table: noun for noun, (_, table, _) in types.items()}
    staged = {noun for noun, record in registry.records.items() if record.has_pipelines}
    return {
        noun: Target(noun, table, _fields(type_, table, properties), _links(table, nouns), noun in staged)
        for noun, (type_, table, properties) in types.items()
    }


def _fields(type_: type, table: sa.Table, properties: tuple[Property, ...]) -> dict[str, Field]:
    found = [column_field(item, type_, table) for item in properties if item.key not in _NOT_SET]
    fields = {field.key: field for field in found if field is not None}
    if type_ is User:
        fields |= {
            key: _checked(fields[key], scalar)
            for key, scalar in (("locale", Locale), ("time_zone", TimeZone))
        }
        fields["is_active"] = replace(fields["is_active"], is_required=False)
    return fields


def _checked(field: Field, scalar: Any) -> Field:
    """The field, for the texts only that the scalar takes."""

    def store(text: str) -> Cells:
        try:
            return field.store(SCALARS[scalar].parse_value(text))  # type: ignore[misc]
        except ValueError as error:
            raise BadCell(f"{text!r} does not fit: {error}") from None

    return replace(field, store=store)


def _links(table: sa.Table, nouns: dict[sa.Table, str]) -> dict[str, Link]:
    """The reference columns, by name; the owner is a property, and stages are chosen by their own keys."""
    links = {}
    for constraint in table.foreign_key_constraints:
        column = constraint.column_keys[-1]
        noun = nouns.get(constraint.referred_table)
        if noun is not None and column != "owner_id" and column not in _STAGED:
            links[column.removesuffix("_id")] = Link(column, noun)
    return dict(sorted(links.items()))
