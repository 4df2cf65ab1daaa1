"""Custom object mutations: define a record type with its properties, and change what was defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from tabard.columns import fold
from tabard.core import core
from tabard.errors import Fault
from tabard.labels import label
from tabard.naming import SNAKE, camel
from tabard.nouns.arguments import IfVersion
from tabard.nouns.custom_objects import CustomObject
from tabard.policies import Permission
from tabard.properties import PropertyKind
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.records.object_types import CUSTOM, CUSTOM_RECORD, require_custom_objects
from tabard.storage.keys import keys as keys_in
from tabard.work import Work

MAX_KEY, MAX_LABEL, MAX_PROPERTIES, MAX_OPTIONS = 50, 100, 100, 100
KEY, PROPERTIES = ["input", "key"], ["input", "properties"]
ONE = strawberry.argument(description="What one of its records is called, e.g. `Subscription`.")
SEVERAL = strawberry.argument(description="What several are called, e.g. `Subscriptions`.")


@strawberry.input(description="A property to define.")
class PropertyDefinitionInput:
    key: str = strawberry.field(description="Stable key: small letters, digits and single underscores.")
    label: str = strawberry.field(description="The property's name.")
    kind: PropertyKind = strawberry.field(description="The kind of its values; an OPTION needs `options`.")
    group: str = strawberry.field(default="about", description="The group it is shown in.")
    options: list[str] = strawberry.field(
        default_factory=list,
        description=f"The values that an OPTION property can take, at most {MAX_OPTIONS}.",
    )


Key = Annotated[
    str,
    strawberry.argument(
        description="Stable key: small letters, digits and single underscores; the record type is `custom.` and this."
    ),
]
Definitions = Annotated[
    list[PropertyDefinitionInput] | None,
    strawberry.argument(description=f"The properties to define, at most {MAX_PROPERTIES}."),
]


@core.mutation(
    description="Defines a custom object with its properties; name and owner are there from the start.",
    policy=Permission.MANAGE_SETTINGS,
)
async def custom_object_create(
    work: Work,
    key: Key,
    label: Annotated[str, ONE],
    plural_label: Annotated[str, SEVERAL],
    properties: Definitions = None,
) -> CustomObject:
    require_custom_objects(work, ["input"])
    _check_key(key, KEY, MAX_KEY)
    object_type = f"{CUSTOM}{key}"
    values = _labelled("label", label) | _labelled("plural_label", plural_label)
    taken = Fault(
        "CONFLICT",
        "Another custom object has this key; choose another one.",
        reason="custom_object.key_taken",
        path=KEY,
    )
    with work.refusing(tables.custom_object, {"custom_object_object_type_key": taken}):
        id = await work.insert(tables.custom_object, object_type=object_type, version=1, **values)
    await _define(work, object_type, properties or [])
    changes = {"objectType": [None, object_type], "label": [None, values["label"]]}
    write_entry(work, "custom_object.created", "custom_object", id, changes)
    return await work.find(CustomObject, id)


@core.mutation(
    description="Renames a custom object, or adds properties to it.", policy=Permission.MANAGE_SETTINGS
)
async def custom_object_update(
    work: Work,
    custom_object: CustomObject,
    label: Annotated[strawberry.Maybe[str], ONE] = None,
    plural_label: Annotated[strawberry.Maybe[str], SEVERAL] = None,
    properties: Definitions = None,
    if_version: IfVersion = None,
) -> CustomObject:
    require_custom_objects(work, ["input", "customObject"])
    values = (_labelled("label", label.value) if label else {}) | (
        _labelled("plural_label", plural_label.value) if plural_label else {}
    )
    table = tables.custom_object
    before = await work.locked(table, custom_object.id, if_version)
    await _define(work, custom_object.object_type, properties or [])
    changes = {
        camel(name): [before[name], value]
        for name, value in values.items()
        if before[name] != value and name != "label_folded"
    }
    changes |= {f"properties.{item.key}": [None, item.kind.value] for item in properties or []}
    if changes:
        await work.update(table, table.c.id == custom_object.id, version=before["version"] + 1, **values)
        write_entry(work, "custom_object.changed", "custom_object", custom_object.id, changes)
    return await work.find(CustomObject, custom_object.id)


async def _define(work: Work, object_type: str, properties: Sequence[PropertyDefinitionInput]) -> None:
    if len(properties) > MAX_PROPERTIES:
        raise Fault(
            "LIMIT_REACHED",
            f"At most {MAX_PROPERTIES} properties can be defined at once.",
            reason="property.count",
            path=PROPERTIES,
            limit=MAX_PROPERTIES,
            current=len(properties),
        )
    rows = [
        _definition(object_type, item, [*PROPERTIES, str(place)]) for place, item in enumerate(properties)
    ]
    known = {item.key for item in work.registry.records[CUSTOM_RECORD].properties}
    known |= await _defined_keys(work, object_type, [item.key for item in properties])
    for place, item in enumerate(properties):
        if item.key in known:
            raise Fault(
                "CONFLICT",
                f"There is a property '{item.key}' already; choose another key.",
                reason="property.key_taken",
                path=[*PROPERTIES, str(place), "key"],
            )
        known.add(item.key)
    await work.insert_many(tables.property_definition, rows)


async def _defined_keys(work: Work, object_type: str, keys: Sequence[str]) -> set[str]:
    definition = tables.property_definition.c
    rows = await work.fetch(
        sa.select(definition.key).where(definition.object_type == object_type, keys_in(definition.key, keys))
    )
    return {row[0] for row in rows}


def _definition(object_type: str, item: PropertyDefinitionInput, path: list[str]) -> dict[str, Any]:
    _check_key(item.key, [*path, "key"], tables.property_definition.c.key.type.length)  # type: ignore[attr-defined]
    _check_key(item.group, [*path, "group"], MAX_KEY)
    return {
        "object_type": object_type,
        "key": item.key,
        "label": _label(item.label, [*path, "label"]),
        "group_key": item.group,
        "kind": item.kind.value,
        "options": [{"value": option, "label": option} for option in _options(item, [*path, "options"])],
        "version": 1,
    }


def _options(item: PropertyDefinitionInput, path: list[str]) -> list[str]:
    if (item.kind is PropertyKind.OPTION) != bool(item.options) or len(item.options) > MAX_OPTIONS:
        raise Fault(
            "INVALID",
            f"A property of the kind OPTION has 1 to {MAX_OPTIONS} options, and no other one has any.",
            reason="property.options",
            path=path,
        )
    options = [_label(option, [*path, str(place)]) for place, option in enumerate(item.options)]
    for place, option in enumerate(options):
        if option in options[:place]:
            raise Fault(
                "INVALID",
                f"The option '{option}' comes twice; write it once.",
                reason="property.options",
                path=[*path, str(place)],
            )
    return options


def _labelled(name: str, given: str) -> dict[str, Any]:
    label = _label(given, ["input", "pluralLabel" if name == "plural_label" else name])
    return {name: label, "label_folded": fold(label)} if name == "label" else {name: label}


def _label(given: str, path: list[str]) -> str:
    kept = label(given)
    if not 1 <= len(kept) <= MAX_LABEL:
        raise Fault(
            "INVALID",
            f"The label has {len(kept)} characters that can be seen; write 1 to {MAX_LABEL}.",
            reason="label.length",
            path=path,
        )
    return kept


def _check_key(key: str, path: list[str], longest: int) -> None:
    if not SNAKE.match(key) or len(key) > longest:
        raise Fault(
            "INVALID",
            f"A key has small letters, digits and single underscores, at most {longest} in all.",
            reason="key.form",
            path=path,
        )
