"""Declared fields: contributed fields as Strawberry fields, batched by aiodataloader."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import strawberry
from aiodataloader import DataLoader
from graphql.pyutils import Path
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from tabard.contributions import FieldContribution
from tabard.reads.level import Level
from tabard.selection import Selection
from tabard.tracing import level_span

if TYPE_CHECKING:
    from tabard.context import Context


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="semanticNonNull",
    description="The field is null only where `errors` has an entry for it.",
)
class SemanticNonNull:
    """Apollo's nullability directive, for clients that throw on errors."""


# The parent of a root field: there is one, and it has no value.
ROOT = object()


class DeclaredField(StrawberryField):
    """A field whose values are read for all parents of a level in one call."""

    def __init__(self, contribution: FieldContribution) -> None:
        super().__init__(
            python_name=contribution.name,
            type_annotation=StrawberryAnnotation(contribution.annotation),
            description=contribution.description,
            deprecation_reason=contribution.deprecation_reason,
            directives=[SemanticNonNull()] if contribution.is_null_only_on_error else (),
        )
        self.contribution = contribution
        self.arguments = [argument.as_strawberry() for argument in contribution.arguments]

    @property
    def is_basic_field(self) -> bool:
        return False

    def __copy__(self) -> DeclaredField:
        return DeclaredField(self.contribution)

    def get_result(
        self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]
    ) -> Awaitable[Any] | Any:
        """What stock execution calls for one parent: joins the other parents of its position."""
        read = self.contribution.read
        key = getattr(source, read.key) if read.key is not None else ROOT if source is None else source
        if key is None:
            return None
        context: Context = info.context
        raw = info._raw_info
        position = _position(raw.path)
        # Objects of two types may have different fields, or select different things, at one position.
        place = (position, id(self.contribution), *map(id, raw.field_nodes))
        loader = context.loaders.get(place)
        if loader is None:
            selection = Selection(raw.field_nodes, raw.schema, raw.fragments, raw.variable_values)
            level = Level(context, self.contribution.plugin, position, selection, kwargs, {})
            name = f"{raw.parent_type.name}.{raw.field_name}"
            loader = context.loaders[place] = _loader(level, self.contribution, name)
        loaded = loader.load(key)
        # Who asked may be gone by the time that it fails; then nobody else looks at the failure.
        loaded.add_done_callback(_look_at)
        return loaded


def _look_at(loaded: Future[Any]) -> None:
    if not loaded.cancelled():
        loaded.exception()


def _loader(level: Level, contribution: FieldContribution, name: str) -> DataLoader[Any, Any]:
    async def load(keys: list[Any]) -> list[Any]:
        with level_span(name, len(keys)):
            # A read may do with its keys what it likes: the loader goes by its own.
            return list(await contribution.read.load(level, [*keys]))

    # Parents of one position are all different objects, and keys are made distinct by the read itself.
    return DataLoader(load, cache=False)


def _position(path: Path | None) -> tuple[str, ...]:
    names: list[str] = []
    while path is not None:
        if isinstance(path.key, str):
            names.append(path.key)
        path = path.prev
    return tuple(reversed(names))
