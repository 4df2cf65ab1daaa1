"""Places: where the rows of a column stand in the response; paths are worked out only when read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING, Final

from graphql.pyutils import Path

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan


class Place:
    """One step into the response, taken by all rows at once; `row` numbers count within the step."""

    __slots__ = ("parent",)

    def __init__(self, parent: Place | None) -> None:
        self.parent = parent

    @property
    def is_nullable(self) -> bool:
        """Whether a null that has nowhere to stay can stay here."""
        return False

    def above(self, row: int) -> int:
        """The parent's row that the row stands in."""
        return row

    def key(self, row: int) -> str | int | None:
        """What the step adds to a path; None for nothing."""
        return None

    def order(self, row: int) -> int:
        """Where the row comes among those beside it in the document."""
        return 0

    def path(self, row: int) -> Path | None:
        """The path of a row, as resolvers see it."""
        return self.parent.path(self.above(row)) if self.parent is not None else None


class RootPlace(Place):
    """The operation itself: a row for each root, whose null is `data: null`."""

    __slots__ = ()

    @property
    def is_nullable(self) -> bool:
        return True


ROOT: Final = RootPlace(None)


class FieldPlace(Place):
    """A field of the objects above; each row is the field of one object."""

    __slots__ = ("_field", "_paths")

    def __init__(self, parent: Place, field: FieldPlan) -> None:
        self.parent = parent
        self._field = field
        self._paths: dict[int, Path] | None = None

    @property
    def is_nullable(self) -> bool:
        return self._field.shape.is_nullable

    def key(self, row: int) -> str | int | None:
        return self._field.name

    def order(self, row: int) -> int:
        return self._field.order

    def path(self, row: int) -> Path | None:
        if self._paths is None:
            self._paths = {}
        path = self._paths.get(row)
        if path is None:
            path = self._paths[row] = Path(super().path(row), self._field.name, self._field.parent.name)
        return path


class ItemsPlace(Place):
    """The items of all lists above, one after the other; `sizes` are the lists' lengths, None without a list."""

    __slots__ = ("_is_nullable", "_owners", "_sizes", "_starts")

    def __init__(self, parent: Place, sizes: Sequence[int | None], is_nullable: bool) -> None:
        self.parent = parent
        self._is_nullable = is_nullable
        self._sizes = sizes
        self._owners: list[int] | None = None
        self._starts: list[int] = []

    @property
    def is_nullable(self) -> bool:
        return self._is_nullable

    def above(self, row: int) -> int:
        if self._owners is None:
            sizes = [size or 0 for size in self._sizes]
            self._owners = list(chain.from_iterable(map(repeat, range(len(sizes)), sizes)))
            self._starts = list(accumulate(sizes, initial=0))
        return self._owners[row]

    def key(self, row: int) -> str | int | None:
        return self.order(row)

    def order(self, row: int) -> int:
        owner = self.above(row)
        return row - self._starts[owner]

    def path(self, row: int) -> Path | None:
        return Path(super().path(row), self.order(row), None)


class SomePlace(Place):
    """Some of the rows above: those that are not null, or those of one type."""

    __slots__ = ("_rows",)

    def __init__(self, parent: Place, rows: Sequence[int]) -> None:
        self.parent = parent
        self._rows = rows

    def above(self, row: int) -> int:
        return self._rows[row]


def root_row(place: Place, row: int) -> int:
    """The root that a row is below."""
    while place.parent is not None:
        row, place = place.above(row), place.parent
    return row
