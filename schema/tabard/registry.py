"""Registry: the contributions of all plugins, checked together and frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from tabard.contributions import (
    FieldContribution,
    MutationContribution,
    RecordContribution,
    SubscriptionContribution,
)
from tabard.naming import camel, noun_of
from tabard.plugin import Plugin
from tabard.policies import Policy
from tabard.storage.merging import TableRules
from tabard.storage.tables import Tables
from tabard.tab import Tab
from tabard.tabs import TabRuntime

BUILT_IN = "core"


@dataclass(frozen=True)
class Skipped:
    """A contribution to a type whose owner is not installed."""

    plugin: str
    owner: str
    name: str


@dataclass
class Registry:
    """What an assembled graph is made of, in an order that does not depend on registration.

    `fields` maps a type's GraphQL name to its contributed fields; `types` maps every object type that a
    plugin brought to that plugin's name; `policies` every object type to its policy.
    """

    plugins: dict[str, Plugin]
    records: dict[str, RecordContribution]
    tabs: dict[str, TabRuntime]
    table_rules: dict[str, TableRules]
    fields: dict[str, list[FieldContribution]] = field(default_factory=lambda: defaultdict(list))
    mutations: list[MutationContribution] = field(default_factory=list)
    subscriptions: list[SubscriptionContribution] = field(default_factory=list)
    types: dict[type, str] = field(default_factory=dict)
    policies: dict[type, Policy] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def tables(self) -> Tables:
        """The tables that the door knows."""
        tables = Tables()
        for plugin in self.plugins.values():
            for table in plugin.metadata.tables.values():
                tables.add(table)
        for rules in self.table_rules.values():
            tables.add(rules.table)
        return tables

    @property
    def metadata(self) -> list[sa.MetaData]:
        """The metadata of all plugins, in name order, the core's first."""
        return [plugin.metadata for plugin in self.plugins.values()]


def gather(plugins: Iterable[Plugin]) -> Registry:
    """A registry of the plugins' records, tabs and tables; fields are placed by `place`."""
    ordered = {
        plugin.name: plugin for plugin in sorted(plugins, key=lambda item: (item.name != BUILT_IN, item.name))
    }
    tabs = [plugin for plugin in ordered.values() if isinstance(plugin, Tab)]
    return Registry(
        plugins=ordered,
        records={noun_of(record.type): record for plugin in ordered.values() for record in plugin.records},
        tabs={tab.name: TabRuntime(tab) for tab in sorted(tabs, key=lambda tab: (tab.position, tab.name))},
        table_rules={
            name: rules for plugin in ordered.values() for name, rules in sorted(plugin.tables.items())
        },
        mutations=[mutation for plugin in ordered.values() for mutation in plugin.mutations],
        subscriptions=[item for plugin in ordered.values() for item in plugin.subscriptions],
    )


def place(registry: Registry, contributions: Iterable[FieldContribution]) -> None:
    """Files each field under its type's name; a field on a type that nobody brought is skipped."""
    known = {"Query", "Mutation", "Subscription"} | {type_name(type_) for type_ in registry.types}
    for contribution in contributions:
        owner = contribution.owner if isinstance(contribution.owner, str) else type_name(contribution.owner)
        if owner in known or not isinstance(contribution.owner, str):
            registry.fields[owner].append(contribution)
        else:
            registry.skipped.append(Skipped(contribution.plugin, owner, camel(contribution.name)))
    for owner in registry.fields:
        registry.fields[owner].sort(key=lambda item: (item.plugin != BUILT_IN, item.plugin, item.name))


def type_name(type_: type) -> str:
    """The GraphQL name of a Strawberry type."""
    definition = getattr(type_, "__strawberry_definition__", None)
    return str(definition.name) if definition is not None else type_.__name__
