"""Errors: what went wrong in which row; sorted and located when the operation is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError, located_error

from gateway.execution.places import Place, root_row, steps

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One failure: the row it is at, and the exception. `kept` were located below by graphql-core."""

    place: Place
    row: int
    nodes: list[FieldNode]
    error: Exception | None
    kept: Sequence[GraphQLError] = ()


class FieldErrors:
    """The failures of one run."""

    def __init__(self) -> None:
        self._found: list[FieldError] = []

    def add(self, place: Place, row: int, nodes: list[FieldNode], error: Exception) -> None:
        """A field, or an item of its list, has failed."""
        self._found.append(FieldError(place, row, nodes, error))

    def keep(self, place: Place, row: int, errors: Sequence[GraphQLError]) -> None:
        """Errors at or below a row that stay where they are."""
        self._found.append(FieldError(place, row, [], None, errors))

    def located(self) -> dict[int, list[GraphQLError]]:
        """For each root that has any, its errors in the order of the document.

        Below a nulled place those up to the one that nulled it.
        """
        by_root: dict[int, list[FieldError]] = defaultdict(list)
        for found in self._found:
            by_root[root_row(found.place, found.row)].append(found)
        return {root: _sorted(some) for root, some in by_root.items()}


def _sorted(some: list[FieldError]) -> list[GraphQLError]:
    ranked = sorted(((_key(found), found) for found in some), key=lambda pair: pair[0])
    nulled: set[Key] = set()
    errors: list[GraphQLError] = []
    for key, found in ranked:
        if nulled and any(key[:length] in nulled for length in range(len(key) + 1)):
            continue
        errors.extend(found.kept)
        if found.error is not None:
            nulled.add(key[: _rest(found)])
            errors.append(_located(found, found.error))
    return errors


def _key(found: FieldError) -> Key:
    return tuple(place.order(row) for place, row in steps(found.place, found.row))


def _rest(found: FieldError) -> int:
    """How much of the path is left where the null stays."""
    path = steps(found.place, found.row)
    while path and not path[-1][0].is_nullable:
        path.pop()
    return len(path)


def _located(found: FieldError, error: Exception) -> GraphQLError:
    path = [key for place, row in steps(found.place, found.row) if (key := place.key(row)) is not None]
    return located_error(error, found.nodes, path)
