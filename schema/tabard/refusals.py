"""Refusals: what assembly does not accept, each as one sentence that names both sides and the remedy."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tabard.contributions import FieldContribution, MutationContribution, SubscriptionContribution
from tabard.mutation_refusals import misfits
from tabard.naming import SNAKE, camel
from tabard.nouns.node import Record
from tabard.plugin import Plugin
from tabard.registry import BUILT_IN, Registry, type_name
from tabard.row_refusals import records, tables, unsound
from tabard.section_refusals import sections
from tabard.subscription_refusals import unfit_events, unfit_function
from tabard.tab import Tab
from tabard.typegraph import is_nullable, is_strawberry_type, unknown_types


def refusals(registry: Registry) -> list[str]:
    """Everything that is wrong with the registry."""
    found: list[str] = []
    for check in (_fields, _types, _policies, _tabs, sections, _mutations, _subscriptions, tables, records):
        found.extend(check(registry))
    return found


def doubled(plugins: Iterable[Plugin]) -> list[str]:
    """Plugins that cannot be told apart: everything else is told by their names, so this comes first."""
    names = Counter(plugin.name for plugin in plugins)
    reserved = (
        [f"the plugin name '{BUILT_IN}' is Tabard's own; rename the plugin"] if BUILT_IN in names else []
    )
    return reserved + [
        f"{count} plugins are named '{name}'; rename all but one of them"
        for name, count in sorted(names.items())
        if count > 1 and name != BUILT_IN
    ]


def _fields(registry: Registry) -> Iterator[str]:
    owners = {type_name(type_): type_ for type_ in registry.types}
    for owner, contributions in registry.fields.items():
        yield from _collisions(owner, registry, owners.get(owner))
        for contribution in contributions:
            yield from _one_field(owner, contribution, owners.get(owner))


def _own_fields(type_: Any) -> list[str]:
    return [
        field.graphql_name or camel(field.python_name) for field in type_.__strawberry_definition__.fields
    ]


def _collisions(owner: str, registry: Registry, type_: type | None) -> Iterator[str]:
    own = set(_own_fields(type_)) if type_ else set()
    home = registry.types[type_] if type_ else BUILT_IN
    plugins: dict[str, list[str]] = defaultdict(list)
    for contribution in registry.fields[owner]:
        plugins[contribution.graphql_name].append(contribution.plugin)
    if type_ is not None and type_ is not Record and issubclass(type_, Record):
        for contribution in registry.fields.get(type_name(Record), []):
            name = contribution.graphql_name
            if (name in own or name in plugins) and name not in _own_fields(Record):
                plugins[name].append(contribution.plugin)
    for name, contributors in plugins.items():
        yield from _clash(f"{owner}.{name}", home if name in own else None, contributors)


def _clash(label: str, home: str | None, plugins: list[str]) -> Iterator[str]:
    """`home` is the plugin whose type has the field by itself; the core comes before all others."""
    if home is None and BUILT_IN in plugins:
        home = BUILT_IN
        plugins = [plugin for plugin in plugins if plugin != BUILT_IN]
    strangers = sorted({plugin for plugin in plugins if plugin != home})
    if home is not None and strangers:
        whose = "is built in" if home == BUILT_IN else f"belongs to plugin '{home}'"
        for plugin in strangers:
            yield f"{label} {whose}; plugin '{plugin}' cannot redefine it"
    elif len(plugins) + (home is not None) > 1:
        yield f"{label} is contributed by {_sides(plugins)}; rename one of the fields"


def _sides(plugins: list[str]) -> str:
    names = [f"'{plugin}'" for plugin in sorted(set(plugins))]
    if len(names) == 1:
        return f"{names[0]} twice"
    return (
        f"both {names[0]} and {names[1]}" if len(names) == 2 else f"{', '.join(names[:-1])} and {names[-1]}"
    )


def _one_field(owner: str, contribution: FieldContribution, type_: type | None) -> Iterator[str]:
    label, plugin = f"{owner}.{contribution.graphql_name}", contribution.plugin
    if not is_nullable(contribution.annotation):
        yield f"{label} of plugin '{plugin}' must be nullable, so that its failure stays its own: `| None`"
    if not contribution.description.strip():
        yield f"{label} of plugin '{plugin}' has no description; frontends read it in the schema"
    if not SNAKE.match(contribution.name):
        yield f"{label} of plugin '{plugin}': the name {contribution.name!r} is not snake_case"
    for annotation in (
        contribution.annotation,
        *(argument.annotation for argument in contribution.arguments),
    ):
        yield from (f"{label} of plugin '{plugin}': {words}" for words in unknown_types(annotation))
    yield from (f"{label} of plugin '{plugin}': {words}" for words in _owner(owner, contribution, type_))
    yield from (f"{label} of plugin '{plugin}': {words}" for words in unsound(contribution.read))


def _owner(owner: str, contribution: FieldContribution, type_: type | None) -> Iterator[str]:
    """Why the type cannot be extended by this field, in words."""
    key = contribution.read.key
    if owner == "Mutation":
        yield "a field of Mutation is made by @plugin.mutation"
    elif owner == "Subscription":
        yield "a field of Subscription is made by @plugin.subscription"
    elif owner == "Query":
        if key is not None:
            yield f"Query is no row, so it has no attribute '{key}'; write @plugin.query"
    elif type_ is None:
        yield f"{owner} is no GraphQL type; decorate the class with @strawberry.type"
    elif _is_structure(type_):
        yield f"{owner} is not a plain object type, so it cannot be extended"
    elif key is not None and contribution.plugin != BUILT_IN and key not in _attributes(type_):
        yield f"{owner} has no attribute '{key}'; name one in `key=`"


def _is_structure(type_: type) -> bool:
    definition = _definition(type_)
    is_interface = definition.is_interface and type_ is not Record
    return bool(definition.is_input or is_interface or definition.is_graphql_generic)


def _attributes(type_: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(type_)}


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
    for item in (item for plugin in registry.plugins.values() for item in plugin.type_policies):
        owner = registry.types.get(item.type)
        if owner is None:
            yield f"plugin '{item.plugin}' narrows {type_name(item.type)}, to which no field leads; leave it out"
        elif owner != item.plugin:
            whose = "built in" if owner == BUILT_IN else f"of plugin '{owner}'"
            yield f"plugin '{item.plugin}' cannot narrow {type_name(item.type)}, which is {whose}"


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
    subscriptions = [item for item in registry.subscriptions if item.policy is None]
    yield from ((f"Subscription.{item.graphql_name}", item.plugin) for item in subscriptions)
    tabs = [
        runtime.tab for runtime in registry.tabs.values() if runtime.section and runtime.tab.policy is None
    ]
    yield from ((f"the settings of tab '{tab.name}'", tab.name) for tab in tabs)


def _definition(type_: Any) -> Any:
    return type_.__strawberry_definition__


def _tabs(registry: Registry) -> Iterator[str]:
    for runtime in registry.tabs.values():
        tab: Tab = runtime.tab
        if not is_strawberry_type(tab.root):
            yield f"{tab.root.__name__} of tab '{tab.name}' is no GraphQL type; decorate it with @strawberry.type"
            continue
        needed = {"subject"} | ({"settings"} if tab.settings else set())
        for name in sorted(needed - _attributes(tab.root)):
            annotation = (
                "strawberry.Private[Subject]" if name == "subject" else tab.settings and tab.settings.__name__
            )
            yield f"{tab.root.__name__} of tab '{tab.name}' lacks its {name}; write `{name}: {annotation}`"
        if "subject" in _own_fields(tab.root):
            yield (
                f"{tab.root.__name__} of tab '{tab.name}' shows its subject to clients; "
                "write `subject: strawberry.Private[Subject]`"
            )
        if not tab.root.__name__.endswith("Tab"):
            yield f"{tab.root.__name__} of tab '{tab.name}' must end in 'Tab'"


def _mutations(registry: Registry) -> Iterator[str]:
    yield from _roots("Mutation", registry.mutations, misfits)


def _subscriptions(registry: Registry) -> Iterator[str]:
    yield from unfit_events(registry)
    yield from _roots("Subscription", registry.subscriptions, unfit_function)


def _roots(
    owner: str,
    contributions: Sequence[MutationContribution | SubscriptionContribution],
    misfits: Callable[[Callable[..., Any]], Iterator[str]],
) -> Iterator[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for item in contributions:
        label = f"{owner}.{item.graphql_name} of plugin '{item.plugin}'"
        by_name[item.graphql_name].append(item.plugin)
        if not item.description.strip():
            yield f"{label} has no description; frontends read it in the schema"
        if not SNAKE.match(item.name):
            yield f"{label}: the name {item.name!r} is not snake_case"
        yield from (f"{label}: {words}" for words in misfits(item.function))
    for name, plugins in by_name.items():
        if len(plugins) > 1:
            yield f"{owner}.{name} is contributed by {_sides(plugins)}; rename one of them"
