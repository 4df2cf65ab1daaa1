"""Errors: what went wrong in which row; located at once, and sorted when the operation is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from graphql import FieldNode, GraphQLError, located_error

from gateway.execution.places import Place

Key = tuple[int, ...]


class Position(NamedTuple):
    """Where a row is: below which root, in which order among all, by which path.

    `rest` is how much of the path is left where a null of this row stays.
    """

    root: int
    order: Key
    path: tuple[str | int, ...]
    rest: int


class FieldError(NamedTuple):
    """One failure. Those that were located below by graphql-core null nothing here."""

    at: Position
    errors: Sequence[GraphQLError]
    is_null: bool


class FieldErrors:
    """The failures of one run.

    They are located as they come: in a long list that is chunk by chunk, as it is completed.
    """

    def __init__(self) -> None:
        self._found: list[FieldError] = []
        self._positions: dict[tuple[Place, int], Position] = {}

    def add(self, place: Place, row: int, nodes: list[FieldNode], error: Exception) -> None:
        """A field, or an item of its list, has failed."""
        position = self._position(place, row)
        located = located_error(error, nodes, list(position.path))
        self._found.append(FieldError(position, (located,), is_null=True))

    def keep(self, place: Place, row: int, errors: Sequence[GraphQLError]) -> None:
        """Errors at or below a row that stay where they are."""
        if errors:
            self._found.append(FieldError(self._position(place, row), errors, is_null=False))

    def located(self) -> dict[int, list[GraphQLError]]:
        """For each root that has any, its errors in the order of the document.

        Below a nulled place those up to the one that nulled it.
        """
        by_root: dict[int, list[FieldError]] = defaultdict(list)
        for found in self._found:
            by_root[found.at.root].append(found)
        return {root: _sorted(some) for root, some in by_root.items()}

    def _position(self, place: Place, row: int) -> Position:
        if place.parent is None:
            return Position(row, (), (), 0)
        above = (place.parent, place.above(row))
        position = self._positions.get(above)
        if position is None:
            position = self._positions[above] = self._position(*above)
        key = place.key(row)
        if key is None:
            return position
        root, order, path, rest = position
        order = (*order, place.order(row))
        return Position(root, order, (*path, key), len(order) if place.is_nullable else rest)


def _sorted(some: list[FieldError]) -> list[GraphQLError]:
    nulled: set[Key] = set()
    errors: list[GraphQLError] = []
    for (_, order, _, rest), found, is_null in sorted(some, key=lambda error: error.at.order):
        if any(order[:length] in nulled for length in range(len(order) + 1)):
            continue
        errors += found
        if is_null:
            nulled.add(order[:rest])
    return errors
