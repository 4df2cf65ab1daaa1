"""Blame: whose an error without a code is: the plugin's, such as a value of the wrong type, or the client's."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from strawberry.exceptions import StrawberryInputCoercionError

from tabard.errors import BadUserInput, GraphError, PluginFailure
from tabard.fields import DeclaredField
from tabard.registry import BUILT_IN


def is_coded(error: GraphQLError) -> bool:
    """Whether the error already says what it is, or is about the client's input."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    nodes = error.nodes or []
    return (
        isinstance(cause, GraphError) or not nodes or not all(isinstance(node, FieldNode) for node in nodes)
    )


def in_clients_words(error: GraphQLError) -> GraphQLError:
    """The error; what Strawberry says of a null among the arguments in terms of Python, in the client's."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError) and not isinstance(cause, StrawberryInputCoercionError):
        cause = cause.original_error
    if not isinstance(cause, StrawberryInputCoercionError):
        return error
    refusal = BadUserInput("An argument of this field is null, which it cannot be; leave it out instead.")
    return _retold(error, refusal)


def plugin_at(
    error: GraphQLError, schema: GraphQLSchema, document: DocumentNode, owners: Mapping[str, str]
) -> str | None:
    """The plugin whose field the error is at, None for the core; `owners` maps type names to plugins."""
    finder = _Finder(set(map(id, error.nodes or ())), TypeInfo(schema))
    visit(document, TypeInfoVisitor(finder.types, finder))
    if finder.parent is None or finder.field is None:
        return None
    definition = finder.field.extensions.get("strawberry-definition")
    if isinstance(definition, DeclaredField):
        plugin: str | None = definition.contribution.plugin
    else:
        plugin = owners.get(finder.parent.name)
    return None if plugin == BUILT_IN else plugin


def blamed(error: GraphQLError, plugin: str) -> GraphQLError:
    """The error as the plugin's failure; the cause stays inside."""
    failure = PluginFailure(plugin)
    failure.__cause__ = error
    return _retold(error, failure)


def _retold(error: GraphQLError, cause: GraphError) -> GraphQLError:
    return GraphQLError(
        str(cause), error.nodes, path=error.path, original_error=cause, extensions=cause.extensions
    )


class _Finder(Visitor):
    """Finds the type and definition of one of the fields."""

    def __init__(self, wanted: set[int], types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.parent: GraphQLObjectType | GraphQLInterfaceType | None = None
        self.field: GraphQLField | None = None
        self._wanted = wanted

    def enter_field(self, node: Node, *_: object) -> None:
        parent = self.types.get_parent_type()
        if id(node) in self._wanted and isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            self.parent, self.field = parent, self.types.get_field_def()
