"""Pricing: works out the price of each operation of a validated document, once.

Selections that merge in the answer are priced once, as they are read once. Each place of the answer is looked at
once, however often its fragments are spread; the limiter has refused documents that have too many places.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.utilities import get_default_value_ast

from gateway.documents.extent import INTROSPECTION
from gateway.documents.overlap import Fragments, Place
from gateway.documents.price import CEILING, ONE, Amount, Given, Link, Price, Quote, Size, Step, number
from tabard.connection import DEFAULT_PAGE

# `data` itself.
ANSWER = 1
CHANGE = 10
INTROSPECTED = 100
# What a list without pages is taken to hold: such lists are short, as tabs, stages and teams are.
SHORT_LIST = 10
PAGES = ("first", "last")
NOTHING = SelectionSetNode(selections=())
LISTS = ("ids", "keys")


class Typed(NamedTuple):
    """A field of the schema, and the type that it is selected on."""

    parent: GraphQLNamedType
    field: GraphQLField

    @property
    def target(self) -> GraphQLNamedType:
        """The type without lists and non-null."""
        return get_named_type(self.field.type)

    @property
    def is_list(self) -> bool:
        """Whether it leads to several things."""
        return is_list_type(get_nullable_type(self.field.type))

    @property
    def is_item(self) -> bool:
        """Whether it leads to the items of the page that its parent is."""
        return self.is_list and is_connection(self.parent)


def is_connection(type_: GraphQLNamedType) -> bool:
    """Whether the type is a page of a list."""
    return isinstance(type_, GraphQLObjectType) and {"pageInfo", "edges"} <= type_.fields.keys()


def prices(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, Price]:
    """The price of each operation, by name."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    known = dict(typed_fields(schema, document))
    return {
        node.name.value if node.name else None: Pricing(node, known, fragments).price()
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }


def typed_fields(schema: GraphQLSchema, document: DocumentNode) -> Iterator[tuple[int, Typed]]:
    """Every field that leads to objects, by the identity of its node; what introspection reads is left out."""
    stack = list(roots(schema, document))
    while stack:
        selections, parent = stack.pop()
        for selection in selections.selections:
            if isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = schema.type_map[condition.name.value] if condition else parent
                stack.append((selection.selection_set, inner))
            elif isinstance(selection, FieldNode) and (typed := typed_field(selection, parent)):
                yield id(selection), typed
                stack.append((selection.selection_set or NOTHING, typed.target))


def roots(
    schema: GraphQLSchema, document: DocumentNode
) -> Iterator[tuple[SelectionSetNode, GraphQLNamedType]]:
    """What each operation and fragment selects, and on which type."""
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            yield node.selection_set, schema.type_map[node.type_condition.name.value]
        elif isinstance(node, OperationDefinitionNode) and (type_ := schema.get_root_type(node.operation)):
            yield node.selection_set, type_


def typed_field(node: FieldNode, parent: GraphQLNamedType) -> Typed | None:
    """The field of a node; None for values and for introspection."""
    if not node.selection_set or not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
        return None
    field = parent.fields.get(node.name.value)
    return Typed(parent, field) if field else None


class Pricing:
    """Walks the places of one operation's answer."""

    def __init__(
        self, operation: OperationDefinitionNode, typed: Mapping[int, Typed], fragments: Fragments
    ) -> None:
        self._operation = operation
        self._typed = typed
        self._fragments = fragments
        self._defaults = {
            node.variable.name.value: sized(value_from_ast_untyped(node.default_value))
            for node in operation.variable_definitions or ()
            if node.default_value
        }
        self._known: dict[frozenset[int], Amount | int] = {}
        self._steps: list[Step] = []
        self._pages: dict[Given, None] = {}

    def price(self) -> Price:
        """The operation's price."""
        root = Place((self._operation.selection_set,), self._fragments)
        names = [nodes[0].name.value for nodes in root.fields.values()]
        extra = ANSWER + INTROSPECTED * sum(name in INTROSPECTION for name in names)
        if self._operation.operation is OperationType.MUTATION:
            extra += CHANGE * len(names)
        total = self._amount((self._operation.selection_set,))
        page = max((number(given.value) or 0 for given in self._pages if not given.variable), default=0)
        if isinstance(total, Amount):
            return Price(Quote(min(total.nodes, CEILING), min(total.cost + extra, CEILING), page, extra))
        varied = tuple(given for given in self._pages if given.variable)
        return Price(Quote(0, extra, page, extra), tuple(self._steps), varied)

    def _amount(self, sets: tuple[SelectionSetNode, ...]) -> Amount | int:
        """The amount of a place, or the number of the step that works it out."""
        identity = frozenset(map(id, sets))
        if identity not in self._known:
            links = [self._link(nodes) for nodes in Place(sets, self._fragments).fields.values()]
            self._known[identity] = self._sum([link for link in links if link])
        return self._known[identity]

    def _sum(self, links: list[Link]) -> Amount | int:
        sure = Amount()
        for link in links:
            if link.is_fixed:
                sure = link.add(sure, [], {})
        varied = tuple(link for link in links if not link.is_fixed)
        if not varied:
            return sure
        self._steps.append(Step(sure, varied))
        return len(self._steps) - 1

    def _link(self, nodes: list[FieldNode]) -> Link | None:
        """What the fields of one response name lead to; None for values and introspection."""
        typed = {id(node): self._typed[id(node)] for node in nodes if id(node) in self._typed}
        if not typed:
            return None
        inner = self._amount(tuple(node.selection_set for node in nodes if node.selection_set))
        if any(each.is_item for each in typed.values()):
            return Link(inner, is_item=True)
        sizes = [self._size(node, typed[id(node)]) for node in nodes if id(node) in typed]
        size = Size.largest(sizes)
        if any(is_connection(each.target) for each in typed.values()):
            return Link(inner, page=size)
        return Link(inner, size, is_list=any(each.is_list for each in typed.values()))

    def _size(self, node: FieldNode, typed: Typed) -> Size:
        arguments = typed.field.args
        pages = tuple(self._given(node, name, typed.field) for name in PAGES if name in arguments)
        lists = tuple(
            self._given(node, name, typed.field) for name in LISTS if typed.is_list and name in arguments
        )
        self._pages |= dict.fromkeys(pages)
        if pages:
            return Size(pages, otherwise=DEFAULT_PAGE)
        return Size(lists=lists, otherwise=SHORT_LIST) if typed.is_list else ONE

    def _given(self, node: FieldNode, name: str, field: GraphQLField) -> Given:
        """The value of an argument."""
        literal = get_default_value_ast(field.args[name])
        default = sized(value_from_ast_untyped(literal)) if literal else None
        for argument in node.arguments or ():
            if argument.name.value == name:
                if isinstance(argument.value, VariableNode):
                    variable = argument.value.name.value
                    return Given(self._defaults.get(variable, default), variable)
                return Given(sized(value_from_ast_untyped(argument.value)))
        return Given(default)


def sized(value: Any) -> Any:
    """The value, or of a list just its length, which is all that counts."""
    return range(len(value)) if isinstance(value, list) else value
