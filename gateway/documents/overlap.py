"""Overlap: how often selections of a document meet at one place of its response.

Validation compares every two selections of one response name that may meet. This module walks the same
places first, so that a document which would keep validation busy is refused before.
"""

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


class Place:
    """All fields selected at one place of the response, by response name.

    Gathers what the given selection sets select together, each fragment once, and counts the selections
    looked at.
    """

    def __init__(self, sets: Iterable[SelectionSetNode], fragments: Fragments) -> None:
        self.fields: dict[str, list[FieldNode]] = {}
        self.visits = 0
        self._fragments = fragments
        self._spread: set[str] = set()
        self._pending = list(sets)
        while self._pending:
            for selection in self._pending.pop().selections:
                self._visit(selection)

    def _visit(self, selection: SelectionNode) -> None:
        self.visits += 1
        if isinstance(selection, FieldNode):
            name = (selection.alias or selection.name).value
            self.fields.setdefault(name, []).append(selection)
        elif isinstance(selection, InlineFragmentNode):
            self._pending.append(selection.selection_set)
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in self._spread:
            self._spread.add(selection.name.value)
            if fragment := self._fragments.get(selection.name.value):
                self._pending.append(fragment.selection_set)

    @property
    def duplicates(self) -> int:
        """How often the most frequent response name is selected here."""
        return max(map(len, self.fields.values()), default=0)

    @property
    def work(self) -> int:
        """How many selections and pairs of selections validation looks at here."""
        return self.visits + sum(len(nodes) * (len(nodes) - 1) // 2 for nodes in self.fields.values())

    def inner(self) -> Iterator[tuple[SelectionSetNode, ...]]:
        """The selection sets that meet at each place below."""
        for nodes in self.fields.values():
            if sets := tuple(node.selection_set for node in nodes if node.selection_set):
                yield sets


class Overlap:
    """Adds up, over the definitions of one document, what meets at each place of their responses.

    Places that merge the same selection sets are visited once; the walk ends when `work` passes `ceiling`.
    """

    def __init__(self, fragments: Fragments, ceiling: int) -> None:
        self.duplicates = 0
        self.work = 0
        self._fragments = fragments
        self._ceiling = ceiling
        self._seen: set[frozenset[int]] = set()

    @property
    def is_exhausted(self) -> bool:
        """Whether the document already is more work than is allowed."""
        return self.work > self._ceiling

    def add(self, root: SelectionSetNode) -> int:
        """Walks all places below a definition's selections; returns how many fields are at its top."""
        top = self._look((root,))
        pending = list(top.inner())
        while pending and not self.is_exhausted:
            sets = pending.pop()
            identity = frozenset(map(id, sets))
            if identity not in self._seen:
                self._seen.add(identity)
                pending.extend(self._look(sets).inner())
        return len(top.fields)

    def _look(self, sets: tuple[SelectionSetNode, ...]) -> Place:
        here = Place(sets, self._fragments)
        self.duplicates = max(self.duplicates, here.duplicates)
        self.work += here.work
        return here
