"""Extent: how deep and how repetitive operations are, with the fragments that they spread.

Each selection of a document is visited once. Fragments are then added up in topological order, so one that
is spread a million times is measured once; sums stop at a ceiling.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)

INTROSPECTION = frozenset({"__schema", "__type"})
CEILING = 1_000_000


class Extent(NamedTuple):
    """The size of a definition; `introspection_depth` is that of fields in `__schema` and `__type`."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0

    def beside(self, other: "Extent") -> "Extent":
        """The size of both together, next to each other."""
        return Extent(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            min(self.aliases + other.aliases, CEILING),
            min(self.directives + other.directives, CEILING),
            min(self.fields + other.fields, CEILING),
        )

    def or_larger(self, other: "Extent") -> "Extent":
        """The larger of both in each measure."""
        return Extent(*map(max, self, other))

    def below(self, depth: int, *, is_introspection: bool) -> "Extent":
        """The size of this fragment where it is spread below that many fields."""
        outside, inside = self.depth, self.introspection_depth
        if is_introspection:
            outside, inside = 0, max(outside, inside)
        return self._replace(
            depth=depth + outside if outside else 0, introspection_depth=depth + inside if inside else 0
        )


class Spread(NamedTuple):
    """A use of a fragment: below how many fields, and whether in introspection."""

    fragment: str
    depth: int
    is_introspection: bool


class Profile:
    """One definition by itself: its size, and the fragments that it spreads."""

    def __init__(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        annotated = (definition, *(definition.variable_definitions or ()))
        self.depth = self.introspection_depth = self.aliases = self.fields = 0
        self.directives = sum(len(node.directives or ()) for node in annotated)
        self.spreads: list[Spread] = []
        self._stack = [(definition.selection_set, 0, False)]
        while self._stack:
            selection_set, depth, is_introspection = self._stack.pop()
            for selection in selection_set.selections:
                self._visit(selection, depth, is_introspection)

    @property
    def extent(self) -> Extent:
        """The size without the fragments that it spreads."""
        return Extent(self.depth, self.introspection_depth, self.aliases, self.directives, self.fields)

    def _visit(self, selection: SelectionNode, depth: int, is_introspection: bool) -> None:
        self.directives += len(selection.directives or ())
        if isinstance(selection, FieldNode):
            self._visit_field(selection, depth + 1, is_introspection or selection.name.value in INTROSPECTION)
        elif isinstance(selection, FragmentSpreadNode):
            self.spreads.append(Spread(selection.name.value, depth, is_introspection))
        elif isinstance(selection, InlineFragmentNode):
            self._stack.append((selection.selection_set, depth, is_introspection))

    def _visit_field(self, field: FieldNode, depth: int, is_introspection: bool) -> None:
        self.fields += 1
        self.aliases += field.alias is not None
        if is_introspection:
            self.introspection_depth = max(self.introspection_depth, depth)
        else:
            self.depth = max(self.depth, depth)
        if field.selection_set:
            self._stack.append((field.selection_set, depth, is_introspection))


def dependencies_first(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """The fragments, each after those it spreads; a spread that closes a cycle is passed over."""
    entered: set[str] = set()
    for root in profiles:
        path = [(root, iter(profiles[root].spreads))] if root not in entered else []
        entered.add(root)
        while path:
            name, spreads = path[-1]
            following = next((s.fragment for s in spreads if s.fragment not in entered), None)
            if following is None:
                yield name
                path.pop()
            else:
                entered.add(following)
                path.append((following, iter(profiles[following].spreads if following in profiles else ())))


def total(profile: Profile, fragments: Mapping[str, Extent]) -> Extent:
    """A definition's size with its fragments; unknown ones and those of a cycle add nothing."""
    extent = profile.extent
    for spread in profile.spreads:
        if fragment := fragments.get(spread.fragment):
            extent = extent.beside(fragment.below(spread.depth, is_introspection=spread.is_introspection))
    return extent


def fragment_extents(profiles: Mapping[str, Profile]) -> dict[str, Extent]:
    """The size of each fragment with all that it spreads."""
    extents: dict[str, Extent] = {}
    for name in dependencies_first(profiles):
        if name in profiles:
            extents[name] = total(profiles[name], extents)
    return extents
