"""Refusals: what assembly does not accept, each as one sentence that names both sides and the remedy."""

from __future__ import annotations

import dataclasses
import typing
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tabard.contributions import FieldContribution
from tabard.entities import entity_of, is_entity
from tabard.naming import camel
from tabard.reads.connections import ConnectionRead
from tabard.reads.related import ManyRead
from tabard.registry import Registry, type_name
from tabard.settings import PipelineRef, PropertyRef, has_default
from tabard.storage.door import PUBLIC, TENANT
from tabard.tab import Tab
from tabard.typegraph import is_nullable

BUILT_IN = "core"


def refusals(registry: Registry) -> list[str]:
    """Everything that is wrong with the registry."""
    found: list[str] = []
    for check in (_fields, _types, _policies, _tabs, _settings, _tables, _mutations, _records):
        found.extend(check(registry))
    return found


def _fields(registry: Registry) -> Iterator[str]:
    built_in = {type_name(type_): set(_own_fields(type_)) for type_ in registry.types}
    owners = {type_name(type_): type_ for type_ in registry.types}
    for owner, contributions in registry.fields.items():
        yield from _collisions(owner, contributions, built_in.get(owner, set()), registry, owners.get(owner))
        for contribution in contributions:
            yield from _one_field(owner, contribution, owners.get(owner))


def _own_fields(type_: Any) -> list[str]:
    return [
        field.graphql_name or camel(field.python_name) for field in type_.__strawberry_definition__.fields
    ]


def _collisions(
    owner: str,
    contributions: list[FieldContribution],
    built_in: set[str],
    registry: Registry,
    owner_type: type | None,
) -> Iterator[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for contribution in contributions:
        by_name[contribution.graphql_name].append(contribution.plugin)
    for name, plugins in by_name.items():
        others = [plugin for plugin in plugins if plugin != BUILT_IN]
        if name in built_in or (others and len(others) < len(plugins)):
            origin = registry.types.get(owner_type, BUILT_IN) if owner_type else BUILT_IN
            whose = "is built in" if origin == BUILT_IN else f"belongs to plugin '{origin}'"
            for plugin in sorted(set(others)):
                yield f"{owner}.{name} {whose}; plugin '{plugin}' cannot redefine it"
        elif len(others) > 1:
            first, *rest = sorted(others)
            both = f"both '{first}' and '{rest[0]}'" if rest[0] != first else f"'{first}' twice"
            yield f"{owner}.{name} is contributed by {both}; rename one of the fields"


def _one_field(owner: str, contribution: FieldContribution, type_: type | None) -> Iterator[str]:
    label, plugin = f"{owner}.{contribution.graphql_name}", contribution.plugin
    if not is_nullable(contribution.annotation):
        yield f"{label} of plugin '{plugin}' must be nullable, so that its failure stays its own: `| None`"
    if not contribution.description.strip():
        yield f"{label} of plugin '{plugin}' has no description; frontends read it in the schema"
    if type_ is None:
        return
    definition = _definition(type_)
    if (
        definition.is_input
        or (definition.is_interface and owner != "Record")
        or definition.is_graphql_generic
    ):
        yield f"{label} of plugin '{plugin}': {owner} is not a plain object type, so it cannot be extended"
        return
    key = contribution.read.key
    if key is not None and key not in {field.name for field in dataclasses.fields(typing.cast(Any, type_))}:
        yield f"{label} of plugin '{plugin}': {owner} has no attribute '{key}'; name one in `key=`"
    yield from _relation(label, contribution)


def _relation(label: str, contribution: FieldContribution) -> Iterator[str]:
    read = contribution.read
    if not isinstance(read, ConnectionRead | ManyRead) or read.by is None:
        return
    table = entity_of(read.to).table
    if read.by not in table.c:
        yield f"{label} of plugin '{contribution.plugin}': the table {table.name} has no column '{read.by}'"


def _types(registry: Registry) -> Iterator[str]:
    owners: dict[str, list[tuple[str, type]]] = defaultdict(list)
    for type_, plugin in registry.types.items():
        owners[type_name(type_)].append((plugin, type_))
        noun = registry.plugins[plugin].noun
        if plugin != BUILT_IN and (noun is None or noun not in type_name(type_)):
            asked = f"the noun '{noun}'" if noun else "a noun"
            named = f"the type {type_name(type_)} of plugin '{plugin}'"
            yield f"{named} lacks {asked}; write noun= and put it in the name"
    for name, brought in owners.items():
        if len(brought) > 1 and name != "None":
            sides = " and ".join(
                sorted(f"'{plugin}' ({type_.__module__}.{type_.__qualname__})" for plugin, type_ in brought)
            )
            yield f"the type {name} is defined by {sides}; rename one"


def _policies(registry: Registry) -> Iterator[str]:
    for what, plugin in _governed(registry):
        yield f"{what} of plugin '{plugin}' has no policy; write policy=Permission.WORKSPACE or another one"


def _governed(registry: Registry) -> Iterator[tuple[str, str]]:
    """Everything without a policy that needs one, and its plugin."""
    fields = [(owner, item) for owner, items in registry.fields.items() for item in items]
    yield from (
        (f"{owner}.{item.graphql_name}", item.plugin) for owner, item in fields if item.policy is None
    )
    bare = [pair for pair in registry.types.items() if pair[0] not in registry.policies]
    yield from (
        (f"the type {type_name(type_)}", plugin) for type_, plugin in bare if not _definition(type_).is_input
    )
    mutations = [item for item in registry.mutations if item.policy is None]
    yield from ((f"Mutation.{item.graphql_name}", item.plugin) for item in mutations)
    tabs = [
        runtime.tab for runtime in registry.tabs.values() if runtime.section and runtime.tab.policy is None
    ]
    yield from ((f"the settings of tab '{tab.name}'", tab.name) for tab in tabs)


def _definition(type_: Any) -> Any:
    return type_.__strawberry_definition__


def _tabs(registry: Registry) -> Iterator[str]:
    for runtime in registry.tabs.values():
        tab: Tab = runtime.tab
        names = {field.name for field in dataclasses.fields(typing.cast(Any, tab.root))}
        needed = {"subject"} | ({"settings"} if tab.settings else set())
        for name in sorted(needed - names):
            annotation = (
                "strawberry.Private[Subject]" if name == "subject" else tab.settings and tab.settings.__name__
            )
            yield f"{tab.root.__name__} of tab '{tab.name}' lacks its {name}; write `{name}: {annotation}`"
        if not tab.root.__name__.endswith("Tab"):
            yield f"{tab.root.__name__} of tab '{tab.name}' must end in 'Tab'"


def _settings(registry: Registry) -> Iterator[str]:
    for runtime in registry.tabs.values():
        settings = runtime.tab.settings
        if settings is None:
            continue
        for field in dataclasses.fields(typing.cast(Any, settings)):
            if field.init and not has_default(field):
                label = f"{settings.__name__}.{camel(field.name)}"
                owner = f"{label} of tab '{runtime.tab.name}'"
                yield f"{owner} has no default; a setting must work before anyone saves it"
        yield from _references(registry, runtime.tab)


def _references(registry: Registry, tab: Tab) -> Iterator[str]:
    if any(
        not has_default(field) for field in dataclasses.fields(typing.cast(Any, tab.settings)) if field.init
    ):
        return
    section = registry.tabs[tab.name].section
    assert section is not None, "only tabs with settings are asked"
    registered = {record.type.__name__ for record in registry.records.values()}
    for setting in section.settings:
        if (
            isinstance(setting.reference, PropertyRef | PipelineRef)
            and setting.reference.type_name not in registered
        ):
            yield (
                f"{section.type.__name__}.{setting.graphql_name} of tab '{tab.name}' refers to "
                f"{setting.reference.type_name}, which is no registered record type"
            )


def _tables(registry: Registry) -> Iterator[str]:
    for name, rules in registry.table_rules.items():
        own = rules.plugin in (BUILT_IN, name) or name.startswith(f"{rules.plugin}_")
        if not own and not _is_record_table(registry, rules.plugin, name):
            yield f"the table {name} of plugin '{rules.plugin}' must be named '{rules.plugin}_…'"
        if TENANT not in rules.table.info and PUBLIC not in rules.table.info:
            yield f"the table {name} of plugin '{rules.plugin}' has no portal; make it with plugin.table(...)"


def _is_record_table(registry: Registry, plugin: str, name: str) -> bool:
    return any(record.plugin == plugin and noun == name for noun, record in registry.records.items())


def _mutations(registry: Registry) -> Iterator[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for mutation in registry.mutations:
        by_name[mutation.graphql_name].append(mutation.plugin)
        if not mutation.description.strip():
            yield f"Mutation.{mutation.graphql_name} of plugin '{mutation.plugin}' has no description"
    for name, plugins in by_name.items():
        if len(plugins) > 1:
            first, second, *_ = sorted(plugins)
            both = f"both '{first}' and '{second}'" if first != second else f"'{first}' twice"
            yield f"Mutation.{name} is contributed by {both}; rename one of them"


def _records(registry: Registry) -> Iterator[str]:
    seen: dict[str, str] = {}
    for plugin in registry.plugins.values():
        for record in plugin.records:
            name = type_name(record.type)
            if name in seen:
                yield f"the record type {name} is registered by both '{seen[name]}' and '{plugin.name}'"
            seen[name] = plugin.name
            missing = [
                item.source for item in record.properties if not _has_attribute(record.type, item.source)
            ]
            for source in missing:
                yield f"{name} of plugin '{plugin.name}' has no attribute '{source}' for its property"


def _has_attribute(type_: type, name: str) -> bool:
    return is_entity(type_) and name in entity_of(type_).attributes
