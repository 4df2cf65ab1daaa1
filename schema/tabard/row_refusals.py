"""Row refusals: what assembly does not accept about tables, record types and the rows that fields read."""

from __future__ import annotations

import dataclasses
import typing
from collections import defaultdict
from collections.abc import Iterator

from tabard.contributions import RecordContribution
from tabard.entities import entity_of, is_entity
from tabard.nouns.node import Record
from tabard.reads.connections import ConnectionRead, ListingRead
from tabard.reads.level import DeclaredRead
from tabard.reads.related import ManyRead, OneRead
from tabard.reads.rows import RowsRead
from tabard.registry import BUILT_IN, Registry, type_name
from tabard.storage.door import PUBLIC, TENANT
from tabard.typegraph import is_strawberry_type

STAGED = ("pipeline_id", "stage_id")


def tables(registry: Registry) -> Iterator[str]:
    """Tables without a portal, with another's name or with a name that two plugins gave."""
    owners: dict[str, set[str]] = defaultdict(set)
    for plugin in registry.plugins.values():
        for name, rules in plugin.tables.items():
            owners[name].add(plugin.name)
            label = f"the table {name} of plugin '{plugin.name}'"
            if not _is_own(registry, plugin.name, name):
                yield f"{label} must be named '{plugin.name}_…'"
            if TENANT not in rules.table.info and PUBLIC not in rules.table.info:
                yield f"{label} has no portal; make it with plugin.table(...)"
    for name, plugins in owners.items():
        if len(plugins) > 1:
            sides = " and ".join(f"'{plugin}'" for plugin in sorted(plugins))
            yield f"the table {name} is declared by {sides}; rename one"


def _is_own(registry: Registry, plugin: str, name: str) -> bool:
    if plugin in (BUILT_IN, name) or name.startswith(f"{plugin}_"):
        return True
    return any(record.plugin == plugin and noun == name for noun, record in registry.records.items())


def records(registry: Registry) -> Iterator[str]:
    """Record types that are registered twice or lack what a record has."""
    owners: dict[str, list[str]] = defaultdict(list)
    for plugin in registry.plugins.values():
        for record in plugin.records:
            owners[type_name(record.type)].append(plugin.name)
            yield from _record(record)
            yield from _unread(record, registry)
    for name, plugins in owners.items():
        if len(plugins) > 1:
            first, second, *_ = sorted(plugins)
            both = f"both '{first}' and '{second}'" if first != second else f"'{first}' twice"
            yield f"the record type {name} is registered by {both}; register it once"


def _record(record: RecordContribution) -> Iterator[str]:
    label = f"the record type {type_name(record.type)} of plugin '{record.plugin}'"
    if not issubclass(record.type, Record):
        yield f"{label} must extend Record, which gives it id, owner and dates"
        return
    attributes = entity_of(record.type).attributes
    for item in record.properties:
        if item.source not in attributes:
            yield f"{label} has no attribute and column '{item.source}' for its property '{item.key}'"
    for name in STAGED if record.has_pipelines else ():
        if name not in attributes:
            yield (
                f"{label} has no attribute and column '{name}' for its pipelines; write "
                f"`{name}: strawberry.Private[int | None]` and record_table(..., pipelines=True)"
            )


def _unread(record: RecordContribution, registry: Registry) -> Iterator[str]:
    """Attributes of a record type that neither a column nor a field of a plugin gives a value to."""
    if not issubclass(record.type, Record):
        return
    given = set(entity_of(record.type).attributes)
    for owner in (record.type, Record):
        given |= {item.name for item in registry.fields.get(type_name(owner), ())}
    for field in dataclasses.fields(typing.cast(typing.Any, record.type)):
        if field.init and field.name not in given:
            yield (
                f"the record type {type_name(record.type)} of plugin '{record.plugin}' has no column for its "
                f"attribute '{field.name}'; add one to record_table, or make it a field of a function"
            )


def unsound(read: DeclaredRead) -> Iterator[str]:
    """Why the rows cannot be read, in words."""
    if isinstance(read, RowsRead) and not is_strawberry_type(read.to):
        yield f"{read.to.__name__} is no GraphQL type; decorate the class with @strawberry.type"
    if not isinstance(read, ConnectionRead | ListingRead | ManyRead | OneRead):
        return
    if not is_entity(read.to):
        yield f"{read.to.__name__} is not stored in a table; register it with plugin.record or plugin.store"
        return
    if isinstance(read, ConnectionRead | ManyRead):
        yield from _relation(read)
    if not isinstance(read, OneRead):
        table = entity_of(read.to).table
        for key in read.order.keys:
            if not {f"{key.lstrip('-')}{suffix}" for suffix in ("_folded", "_minor", "")} & set(
                table.c.keys()
            ):
                yield f"the table {table.name} has no column '{key.lstrip('-')}' to order by"


def _relation(read: ConnectionRead | ManyRead) -> Iterator[str]:
    table = entity_of(read.to).table
    if read.via is not None:
        for name in (read.via.parent, read.via.child):
            if name not in read.via.table.c:
                yield f"the table {read.via.table.name} has no column '{name}'"
    elif read.by is None:
        yield "it names neither `by=` nor `via=`; say which column holds the parent's key"
    elif read.by not in table.c:
        yield f"the table {table.name} has no column '{read.by}'"
