"""Assembly: plugins in, one frozen schema out; the same whatever the order they came in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import strawberry
from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
)
from strawberry.exceptions import StrawberryException
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, has_object_definition
from strawberry.types.field import StrawberryField

from tabard.account import account_mutation
from tabard.columnwise import columnwise_of
from tabard.connection import PageInfo
from tabard.containment import PLUGIN_SECONDS
from tabard.contributions import FieldContribution
from tabard.core import core
from tabard.errors import AssemblyRefused
from tabard.fields import DeclaredField
from tabard.guard import Guarded, GuardedNaming
from tabard.money import Money
from tabard.mutations import Mutation, MutationField
from tabard.naming import camel
from tabard.nouns.node import Node, Record
from tabard.nouns.nodes import node_fields
from tabard.nouns.rate import RATE_FIELD, RateLimit
from tabard.nouns.workspace import Workspace
from tabard.plugin import Plugin
from tabard.policies import Policy, Public, SignedIn
from tabard.records.capabilities import CAPABILITIES
from tabard.refusals import doubled, refusals
from tabard.registry import Registry, gather, place, type_name
from tabard.scalars import SCALARS
from tabard.subscriptions import Subscription, SubscriptionField
from tabard.tab_mutations import settings_mutation
from tabard.tabs import TabInfo, TabRead
from tabard.typegraph import object_types, reachable
from tabard.user_errors import ERROR_TYPES, UserError

# What every answer is built of; the fields that lead there carry the policies.
STRUCTURE = (PageInfo, Money, UserError, *ERROR_TYPES, TabInfo, RateLimit)
DEFINITION = "strawberry-definition"
Root = Mutation | Subscription


@strawberry.type(description="What can be read.")
class Query:
    """Every field is contributed."""


@strawberry.type(name="Mutation", description="What can be changed. Each field is one transaction.")
class MutationRoot:
    """Every field is contributed."""


@strawberry.type(name="Subscription", description="What tells of changes as they happen.")
class SubscriptionRoot:
    """Every field is contributed."""


@dataclass(frozen=True)
class Needs:
    """Which Python attributes each GraphQL field of a type is made of; None means all of them."""

    graphql_name: str
    names: tuple[str, ...]
    by_field: Mapping[str, frozenset[str] | None]

    def of(self, field: str) -> frozenset[str] | None:
        return self.by_field.get(field, frozenset())


class AssembledSchema(strawberry.Schema):
    """A Strawberry schema whose types have the fields that plugins contributed."""

    def __init__(self, registry: Registry, roots: Sequence[Root], *, is_sorted: bool = False) -> None:
        self.registry = registry
        self._roots = {root.payload: root for root in roots}
        self._mutation_fields = [MutationField(root) for root in roots if isinstance(root, Mutation)]
        self._subscription_fields = [
            SubscriptionField(root) for root in roots if isinstance(root, Subscription)
        ]
        self.needs: dict[type, Needs] = {}
        records = [record.type for record in registry.records.values()]
        super().__init__(
            Query,
            MutationRoot,
            SubscriptionRoot,
            types=[*records, *ERROR_TYPES, *_implementers(registry)],
            config=StrawberryConfig(
                # Sorting rebuilds enum types as plain ones, which cannot serialize Python enum members
                # (Strawberry 0.341), so only the printed schema is sorted; it is never executed.
                sort_schema=is_sorted,
                disable_field_suggestions=True,
                relay_max_results=100,
                scalar_map=SCALARS,
            ),
        )
        self._guard()

    def sorted(self) -> AssembledSchema:
        """The same schema with everything in alphabetical order, for printing."""
        return AssembledSchema(self.registry, list(self._roots.values()), is_sorted=True)

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """Strawberry's seam for the fields of a type: its own, then the contributed ones."""
        fields = [*super().get_fields(type_definition), *self._contributed(type_definition)]
        origin = type_definition.origin
        attributes = tuple(field.name for field in dataclasses.fields(cast(Any, origin)))
        by_field = {field.graphql_name or camel(field.python_name): _attributes(field) for field in fields}
        self.needs[origin] = Needs(type_definition.name, attributes, by_field)
        return fields

    def _contributed(self, definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        if definition.origin is MutationRoot:
            return list(self._mutation_fields)
        if definition.origin is SubscriptionRoot:
            return list(self._subscription_fields)
        names = [type_name(definition.origin)]
        if definition.origin is not Record and issubclass(definition.origin, Record):
            names.append(type_name(Record))
        fields: list[StrawberryField] = [
            DeclaredField(contribution)
            for name in names
            for contribution in self.registry.fields.get(name, [])
        ]
        root = self._roots.get(definition.origin)
        if root is not None and (result := root.result_field()) is not None:
            fields.append(DeclaredField(result))
        return fields

    def _guard(self) -> None:
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
                for name, field in type_.fields.items():
                    self._guard_field(f"{type_.name}.{name}", field)
            elif is_abstract_type(type_):
                self._guard_naming(type_)

    def _guard_naming(self, type_: GraphQLAbstractType) -> None:
        policies = {
            possible.name: policy
            for possible in self._schema.get_possible_types(type_)
            for policy in self._policies_of(possible)
            if policy is not Public
        }
        if type_.resolve_type is not None and policies:
            type_.resolve_type = GuardedNaming(type_.resolve_type, policies)

    def _guard_field(self, name: str, field: GraphQLField) -> None:
        definition = field.extensions.get(DEFINITION)
        policies: list[Policy] = []
        plugin, limit = None, None
        if isinstance(definition, DeclaredField):
            plugin = definition.contribution.plugin
            policies += [policy for policy in [definition.contribution.policy] if policy is not None]
        elif isinstance(definition, MutationField):
            plugin = definition.mutation.contribution.plugin
            policies += [policy for policy in [definition.policy] if policy is not None]
        elif isinstance(definition, SubscriptionField):
            # Its failures are told by the stream: it runs no author's function of its own here.
            policies += [policy for policy in [definition.policy] if policy is not None]
        elif definition is not None and definition.base_resolver is not None:
            plugin, limit = self.registry.types.get(definition.origin), PLUGIN_SECONDS
        policies += self._type_policies(field)
        distinct = tuple(policy for policy in dict.fromkeys(policies) if policy is not Public)
        contained = None if plugin == core.name else plugin
        if field.resolve is not None and (distinct or contained):
            field.resolve = Guarded(name, field.resolve, distinct, contained, limit)
        if field.subscribe is not None and distinct:
            field.subscribe = Guarded(name, field.subscribe, distinct, None)

    def _type_policies(self, field: GraphQLField) -> list[Policy]:
        named = get_named_type(field.type)
        return self._policies_of(named) if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else []

    def _policies_of(self, type_: GraphQLNamedType) -> list[Policy]:
        definition = type_.extensions.get(DEFINITION)
        policy = self.registry.policies.get(getattr(definition, "origin", object))
        return [policy] if policy is not None else []


def _implementers(registry: Registry) -> list[type]:
    return [
        type_
        for type_ in registry.types
        if type_.__strawberry_definition__.interfaces and type_ is not Record  # type: ignore[attr-defined]
    ]


def _attributes(field: StrawberryField) -> frozenset[str] | None:
    if isinstance(field, DeclaredField):
        key = field.contribution.read.key
        return None if key is None else frozenset({key})
    if field.base_resolver is None:
        return frozenset({field.python_name})
    # A resolver method may read anything of its object, unless it says what it reads.
    columnwise = columnwise_of(field.base_resolver.wrapped_func)
    return None if columnwise is None else frozenset(columnwise.needs)


def assemble(plugins: Iterable[Plugin]) -> AssembledSchema:
    """The schema of the core and these plugins; raises AssemblyRefused with everything that is wrong."""
    given = list(plugins)
    if found := doubled(given):
        raise AssemblyRefused(found)
    registry = gather([core, *given])
    derived = Plugin(core.name, policy=core.policy)
    for record in registry.records.values():
        for capability in CAPABILITIES:
            capability(derived, record)
    contributions = [*derived.fields, *node_fields(registry), RATE_FIELD]
    contributions += [field for plugin in registry.plugins.values() for field in plugin.fields]
    contributions += [_tab_field(registry, name) for name in registry.tabs]
    _own_types(registry, contributions)
    place(registry, contributions)
    registry.mutations.append(account_mutation(registry.tabs))
    registry.mutations += [
        settings_mutation(tab) for tab in registry.tabs.values() if tab.section is not None
    ]
    if found := refusals(registry):
        raise AssemblyRefused(found)
    schema = _built(registry)
    for plugin in registry.plugins.values():
        plugin.is_frozen = plugin is not core
    return schema


def _built(registry: Registry) -> AssembledSchema:
    mutations = [Mutation(mutation) for mutation in sorted(registry.mutations, key=lambda item: item.name)]
    subscriptions = [
        Subscription(item) for item in sorted(registry.subscriptions, key=lambda item: item.name)
    ]
    roots: list[Root] = [*mutations, *subscriptions]
    derived = [(root.payload, root) for root in roots]
    derived += [(mutation.input, mutation) for mutation in mutations if mutation.input is not None]
    for type_, root in derived:
        registry.types.setdefault(type_, root.contribution.plugin)
        registry.policies.setdefault(type_, Public)
    try:
        return AssembledSchema(registry, roots)
    except (StrawberryException, GraphQLError, ValueError, TypeError) as error:
        reasons = " ".join(str(error).replace("❌", "").split())
        raise AssemblyRefused([f"the schema is not valid: {reasons}"]) from error


def _tab_field(registry: Registry, name: str) -> FieldContribution:
    runtime = registry.tabs[name]
    tab = runtime.tab
    return FieldContribution(
        name, Workspace, name, tab.root | None, TabRead(runtime), tab.description, policy=tab.policy
    )


def _own_types(registry: Registry, contributions: list[FieldContribution]) -> None:
    """Files each object type under the plugin that brought it, with its policy; the core's come first."""
    for plugin in registry.plugins.values():
        roots = [*plugin.types, *(record.type for record in plugin.records)]
        for contribution in contributions:
            if contribution.plugin == plugin.name:
                roots += object_types(contribution.annotation)
                roots += [contribution.owner] if has_object_definition(contribution.owner) else []
                for argument in contribution.arguments:
                    roots += object_types(argument.annotation)
        if plugin is core:
            roots += [Workspace, *STRUCTURE]
        for type_ in reachable(roots):
            registry.types.setdefault(type_, plugin.name)
    _assign_policies(registry)


def _assign_policies(registry: Registry) -> None:
    narrowed = {
        item.type: item.policy for plugin in registry.plugins.values() for item in plugin.type_policies
    }
    recorded = {record.type: record.policy for record in registry.records.values()}
    for type_, name in registry.types.items():
        policy = narrowed.get(type_) or recorded.get(type_) or registry.plugins[name].policy
        # Whoever may ask for a change may know why it was refused.
        if type_ in STRUCTURE or (issubclass(type_, UserError) and type_ not in narrowed):
            policy = Public
        if type_ in (Node, Record):
            policy = SignedIn
        if policy is not None:
            registry.policies[type_] = policy


def sdl(schema: AssembledSchema) -> str:
    """The contract: the schema as sorted SDL."""
    return print_schema(schema.sorted()) + "\n"
