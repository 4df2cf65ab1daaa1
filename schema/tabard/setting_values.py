"""Setting values: what the annotation of a setting lets in, and how its values are stored and sent."""

from __future__ import annotations

import enum
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry
from pydantic import (
    AllowInfNan,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
)
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from tabard.references import Reference
from tabard.typegraph import UNIONS


class EachOnce:
    """Marks a list that names each of its items once."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"uniqueItems": True}

    @staticmethod
    def _check(items: list[Any] | None) -> list[Any] | None:
        for place, item in enumerate(items or []):
            if item in (items or [])[:place]:
                named = _names(type(item))[item] if isinstance(item, enum.Enum) else item
                told = {"item": f"'{named}'", "place": place}
                raise PydanticCustomError("repeated", "{item} comes twice", told)
        return items


KINDS = (bool, int, float, Decimal, str, strawberry.ID, date, datetime, time, UUID)


def can_be_set(annotation: Any) -> bool:
    """Whether a setting can be of this type: a plain value, an enum or a list of those, each perhaps null."""
    options = _options(annotation)
    if len(options) != 1:
        return False
    item = _bare(_listed(options[0]) or options[0])
    return item in KINDS or isinstance(item, enum.EnumMeta)


def is_text(annotation: Any) -> bool:
    """Whether a setting holds a text or a list of texts."""
    return all(_bare(_listed(option) or option) in (str, strawberry.ID) for option in _options(annotation))


def _bare(annotation: Any) -> Any:
    """An annotation without its bounds."""
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is Annotated else annotation


def _options(annotation: Any) -> list[Any]:
    """What an annotation lets in beside null."""
    options = typing.get_args(annotation) if typing.get_origin(annotation) in UNIONS else (annotation,)
    return [option for option in options if option is not type(None)]


def values_of(annotation: Any, marks: tuple[Any, ...]) -> TypeAdapter[Any]:
    """What checks the values of a setting, stores them as JSON and describes them.

    A list of things to choose from, the portal's or an enum's, names each once.
    """
    bounds: list[Any] = [mark for mark in marks if not isinstance(mark, Reference)]
    item = _listed(annotation)
    if item is not None and (len(bounds) < len(marks) or isinstance(item, enum.EnumMeta)):
        bounds.append(EachOnce())
    plain = _plain(annotation)
    return TypeAdapter(Annotated[(plain, *bounds)] if bounds else plain)


def _listed(annotation: Any) -> Any:
    """The item's type of a list, which may be null; None for what is no list."""
    for option in _options(annotation):
        if typing.get_origin(option) is list:
            return typing.get_args(option)[0]
    return None


def _plain(annotation: Any) -> Any:
    """The annotation as pydantic reads it: ids are texts, and enums go by the names that clients send."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is strawberry.ID:
        return str
    if annotation is float:
        return Annotated[float, AllowInfNan(False)]
    if isinstance(annotation, enum.EnumMeta):
        return _by_name(cast("type[enum.Enum]", annotation))
    if origin is list:
        return list[_plain(arguments[0])]  # type: ignore[misc]
    return typing.Union[tuple(map(_plain, arguments))] if origin in UNIONS else annotation  # noqa: UP007


def _by_name(kinds: type[enum.Enum]) -> Any:
    names = _names(kinds)
    members: dict[str, Any] = {name: member for member, name in names.items()}

    def member(value: Any) -> Any:
        if isinstance(value, kinds):
            return value
        if not isinstance(value, str) or value not in members:
            raise PydanticKnownError("enum", {"expected": ", ".join(members)})
        return members[value]

    return Annotated[
        Any, PlainValidator(member), PlainSerializer(names.__getitem__), WithJsonSchema({"enum": [*members]})
    ]


def _names(kinds: type[enum.Enum]) -> Mapping[Any, str]:
    """The members of an enum with the names by which the graph knows them."""
    definition = getattr(kinds, "__strawberry_definition__", None)
    if definition is None:
        return {member: name for name, member in kinds.__members__.items()}
    return {kinds(value.value): value.name for value in definition.values}
