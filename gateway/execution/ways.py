"""Ways: which way a field of the schema gets its values; what is not known goes through its own resolver."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema, TypeNameMetaFieldDef
from strawberry.types.field import StrawberryField

from gateway.execution.arguments import Arguments
from gateway.execution.attributes import Attribute, Computed
from gateway.execution.levels import Declared
from gateway.execution.sources import Call, Change, ItemByItem, Method, Source, Typename
from tabard.columnwise import columnwise_of
from tabard.fields import DeclaredField
from tabard.guard import Guarded
from tabard.mutations import MutationField
from tabard.selection import Selection

DEFINITION = "strawberry-definition"
PER_ITEM = "per_item"
GENERATED = "GraphQLCoreConverter.from_resolver.<locals>."
BASIC = f"{GENERATED}_get_basic_result"
RESOLVERS = (f"{GENERATED}_resolver", f"{GENERATED}_async_resolver")


def source_of(
    schema: GraphQLSchema,
    parent: GraphQLObjectType,
    definition: GraphQLField,
    nodes: list[FieldNode],
    position: tuple[str, ...],
    selection: Selection,
) -> Source:
    """The source of a field's values."""
    if definition is TypeNameMetaFieldDef:
        return Typename(parent.name)
    known = definition.extensions.get(DEFINITION)
    if not isinstance(known, StrawberryField):
        return Call(definition.resolve, Arguments(definition, nodes[0]))
    if known.metadata.get(PER_ITEM):
        return ItemByItem()
    guard = definition.resolve
    if not isinstance(guard, Guarded):
        guard = Guarded(known.python_name, definition.resolve, (), None)  # type: ignore[arg-type]
    arguments = Arguments(definition, nodes[0])
    assembled: Any = getattr(schema, "_strawberry_schema", None)
    if not _is_generated(known, guard, assembled):
        return Call(guard.contained_resolve, arguments)
    if isinstance(known, MutationField):
        return Change(known, guard, arguments, assembled)
    if isinstance(known, DeclaredField):
        return Declared(known, guard, arguments, selection, position, parent, nodes, assembled)
    return _own(known, guard, arguments, assembled)


def _own(field: StrawberryField, guard: Guarded, arguments: Arguments, assembled: Any) -> Source:
    """The source of what an object itself has or computes."""
    if field.base_resolver is None:
        return Attribute(field.python_name)
    method = Method(field, guard, arguments, assembled)
    columnwise = columnwise_of(field.base_resolver.wrapped_func)
    return method if columnwise is None else Computed(columnwise, method)


def _is_generated(field: StrawberryField, guard: Guarded, schema: Any) -> bool:
    """Whether the resolver is what Strawberry generates for a field that changes nothing about it."""
    if schema is None or field.extensions or schema.exception_handlers:
        return False
    if isinstance(field, DeclaredField | MutationField):
        return True
    is_usual = type(field).get_result is StrawberryField.get_result
    expected = (BASIC,) if field.base_resolver is None else RESOLVERS
    has_default = field.base_resolver is not None or field.default_resolver is getattr
    return is_usual and has_default and getattr(guard.resolve, "__qualname__", "") in expected
