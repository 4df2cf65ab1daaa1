"""Pages: what a connection's field answers with, for all parents of a level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from tabard.connection import Connection, Edge, Page, PageInfo
from tabard.entities import Entity, entity_of
from tabard.naming import noun_of
from tabard.reads.batch import Grouped, RowBatch
from tabard.reads.level import Level
from tabard.reads.listings import AFTER, COUNT, SORT, Cut, Listing, together
from tabard.reads.related import NONE, PARENT, runs
from tabard.reads.tops import LIMIT
from tabard.storage.session import Found
from tabard.storage.statements import Prepared

PAGE_ARGUMENTS: Final = ("first", "after", "last", "before")
# A select may be another for each length of a list that a client sends: what is kept has an end.
MOST_KEPT: Final = 64
ENDS: Final = {"startCursor": ("start_cursor", 0), "endCursor": ("end_cursor", -1)}
Cells = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Shape:
    """What a query selects of a connection; `kept` holds what has been made for it, with the query's plan."""

    entity: Entity
    names: list[str]
    selected: frozenset[str]
    has_edge_cursors: bool
    ends: tuple[tuple[str, int], ...]
    """Of which ends of a page the cursors are selected: the attribute's name, and where the row is."""
    kept: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, level: Level, to: type) -> Shape:
        """The shape of a level's selection."""
        shape: Shape | None = level.memo.get(cls)
        if shape is None:
            connection, edge = f"{to.__name__}Connection", f"{to.__name__}Edge"
            nodes = level.selection.below(connection, "nodes")
            edges = level.selection.below(connection, "edges")
            below = edges.below(edge, "node")
            info = level.selection.below(connection, "pageInfo")
            shape = level.memo[cls] = cls(
                entity_of(to),
                sorted(level.attributes(nodes, to) | level.attributes(below, to)),
                frozenset(level.selection.fields(connection)),
                edges.selects(edge, "cursor"),
                tuple(end for field, end in ENDS.items() if info.selects("PageInfo", field)),
            )
        return shape

    @cached_property
    def has_rows(self) -> bool:
        """Whether rows must be read."""
        return bool(self.selected & {"nodes", "edges", "pageInfo"})

    @cached_property
    def has_cursors(self) -> bool:
        """Whether the rows' places must be read."""
        return self.has_edge_cursors or bool(self.ends)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made for the key, or is made now."""
        made = self.kept.get(key)
        if made is None:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            made = self.kept[key] = make()
        return made


class Pages:
    """The page that the arguments ask for, cut from listings."""

    def __init__(self, level: Level, shape: Shape, scope: str) -> None:
        self._level = level
        self._shape = shape
        self._page = Page.from_arguments(level.args)
        self._field = scope
        self._order = ""
        self._values: list[Any] | None = None

    async def one(
        self, key: Any, listing: Listing, given: Mapping[str, Any], parents: Sequence[Any]
    ) -> Sequence[Any]:
        """The connections of parents whose rows one listing holds, by the keys that its runs have.

        `key` names the listing's form, for which the statements are prepared once.
        """
        cut, session = self._cut(listing), self._level.context.session
        rows: Rows | None = None
        if self._shape.has_rows:
            prepared = self._shape.once((key, cut), lambda: Prepared(listing.page(cut, self._dialect)))
            found = await session.find(prepared, {**given, **self._cursor()})
            rows = Rows.of_one(found, self._page.size) if listing.parent is None else Rows.of_many(found)
        counts: Mapping[Any, int] = {}
        if "totalCount" in self._shape.selected:
            prepared = self._shape.once((key, COUNT), lambda: Prepared(listing.count()))
            counts = _counts(await session.read(prepared, given, is_bounded=False))
        return self._connections(rows, counts, parents)

    async def several(self, listings: Sequence[Listing]) -> Sequence[Any]:
        """The connections of parents with a listing each, in one statement all the same."""
        session = self._level.context.session
        rows: Rows | None = None
        if self._shape.has_rows:
            pages = [listing.page(self._cut(listing), self._dialect) for listing in listings]
            rows = Rows.of_many(await session.find(together(pages), self._cursor()))
        counts: Mapping[Any, int] = {}
        if "totalCount" in self._shape.selected:
            counted = together([listing.count() for listing in listings])
            counts = _counts(await session.read(counted, is_bounded=False))
        return self._connections(rows, counts, range(len(listings)))

    @property
    def _dialect(self) -> str:
        return self._level.context.graph.database.dialect

    def _scope(self) -> str:
        arguments = sorted(
            (name, repr(value)) for name, value in self._level.args.items() if name not in PAGE_ARGUMENTS
        )
        portal, noun = self._level.context.viewer.portal_id, noun_of(self._shape.entity.type)
        return f"{portal}|{self._field}|{noun}|{arguments}|{self._order}"

    def _cut(self, listing: Listing) -> Cut:
        self._order = listing.order
        if self._page.cursor is not None and self._values is None:
            cursors = self._level.context.graph.cursors
            self._values = cursors.decode(self._scope(), self._page.cursor, len(listing.sort) + 1)
        nulls = None if self._values is None else tuple(value is None for value in self._values)
        return Cut(self._page.is_backward, nulls, self._shape.has_cursors)

    def _cursor(self) -> dict[str, Any]:
        given: dict[str, Any] = {LIMIT: self._page.size + 1}
        if self._values is not None:
            values = enumerate(self._values)
            given |= {f"{AFTER}{place}": value for place, value in values if value is not None}
        return given

    def _connections(
        self, rows: Rows | None, counts: Mapping[Any, int], parents: Sequence[Any]
    ) -> Sequence[Any]:
        columns: dict[str, Sequence[Any]] = {} if rows is None else self._rows(rows, parents)
        if "totalCount" in self._shape.selected:
            columns["total_count"] = [counts.get(parent, 0) for parent in parents]
        return RowBatch(Connection, columns, len(parents))

    def _rows(self, found: Rows, parents: Sequence[Any]) -> dict[str, Sequence[Any]]:
        shape, size, cells = self._shape, self._page.size, found.cells
        whole = [found.runs.get(parent, NONE) for parent in parents]
        places: list[range] = [run[:size] for run in whole]
        if self._page.is_backward:
            places = [run[::-1] for run in places]
        rows = RowBatch(shape.entity.type, shape.entity.values(shape.names, cells), len(cells["id"]))
        columns: dict[str, Sequence[Any]] = {}
        if "nodes" in shape.selected:
            columns["nodes"] = Grouped(rows, places)
        if "edges" in shape.selected:
            cursors = {"cursor": self._cursors(cells, range(len(rows)))} if shape.has_edge_cursors else {}
            columns["edges"] = Grouped(RowBatch(Edge, {**cursors, "node": rows}, len(rows)), places)
        if "pageInfo" in shape.selected:
            columns["page_info"] = self._infos(cells, whole, places)
        return columns

    def _infos(self, cells: Cells, whole: Sequence[range], places: Sequence[range]) -> RowBatch:
        has_cursor = [self._page.cursor is not None] * len(places)
        has_more = [len(run) > self._page.size for run in whole]
        ends = (has_cursor, has_more) if self._page.is_backward else (has_more, has_cursor)
        columns: dict[str, Sequence[Any]] = dict(
            zip(("has_next_page", "has_previous_page"), ends, strict=True)
        )
        for name, end in self._shape.ends:
            cursors = iter(self._cursors(cells, [run[end] for run in places if run]))
            columns[name] = [next(cursors) if run else None for run in places]
        return RowBatch(PageInfo, columns, len(places))

    def _cursors(self, cells: Cells, places: Sequence[int]) -> list[str]:
        columns = [column for name, column in cells.items() if name.startswith(SORT)]
        columns.append(cells["id"])
        return self._level.context.graph.cursors.encode_all(self._scope(), columns, places)


class Rows(NamedTuple):
    """The rows of pages as columns, and which of them are of which parent; there may be one more than the page has."""

    cells: Cells
    runs: Mapping[Any, range]

    @classmethod
    def of_one(cls, found: Found, size: int) -> Rows:
        """Those of one parent; what is behind the page is only counted."""
        return cls(Found(found.compiled, found.rows[:size]).columns(), {None: range(len(found.rows))})

    @classmethod
    def of_many(cls, found: Found) -> Rows:
        """Those of many parents, whose rows stand together."""
        cells = found.columns()
        return cls(cells, runs(cells[PARENT]))


def _counts(found: Cells) -> dict[Any, int]:
    parents = found[PARENT] if PARENT in found else [None] * len(found[COUNT])
    return dict(zip(parents, found[COUNT], strict=True))
