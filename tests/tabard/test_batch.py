"""Batches are read like lists of objects, and make the objects only then."""

from itertools import pairwise
from typing import Any

import strawberry
from hypothesis import given
from hypothesis import strategies as st

from tabard.reads.batch import Grouped, Picked, RowBatch, at, joined, spread


@strawberry.type
class Item:
    name: str
    size: int
    parent: "Item | None" = None
    parts: list["Item"] = strawberry.field(default_factory=list)


ROWS = st.lists(st.tuples(st.text(max_size=3), st.integers()), min_size=1, max_size=8)


def batch(rows: list[tuple[str, int]]) -> RowBatch:
    return RowBatch(Item, {"name": [name for name, _ in rows], "size": [size for _, size in rows]})


def shown(values: Any) -> Any:
    """What one sees of objects: their attributes."""
    if isinstance(values, Item):
        return {name: shown(value) for name, value in vars(values).items()}
    return [shown(value) for value in values] if isinstance(values, list) else values


def test_objects_are_made_once_and_are_of_the_type() -> None:
    rows = batch([("a", 1), ("b", 2)])

    assert [type(item) for item in rows] == [Item, Item]
    assert rows[0] is next(iter(rows)) is rows.objects[0]
    assert (rows[1].name, rows[1].size, len(rows)) == ("b", 2, 2)


def test_rows_without_columns_are_still_rows() -> None:
    assert [type(item) for item in RowBatch(Item, {}, 3)] == [Item] * 3


@given(ROWS, st.data())
def test_what_is_picked_or_grouped_is_what_a_list_would_give(
    rows: list[tuple[str, int]], data: st.DataObject
) -> None:
    place = st.integers(0, len(rows) - 1)
    places = data.draw(st.lists(st.none() | place))
    groups = data.draw(st.lists(st.none() | st.lists(place), min_size=len(rows), max_size=len(rows)))
    picked, grouped = Picked(batch(rows), places), Grouped(batch(rows), groups)
    objects = [{"name": name, "size": size} for name, size in rows]

    assert shown(list(picked)) == [None if place is None else objects[place] for place in places]
    assert shown(list(grouped)) == [
        None if group is None else [objects[place] for place in group] for group in groups
    ]
    assert shown([picked[index] for index in range(len(picked))]) == shown(list(picked))
    assert shown([grouped[index] for index in range(len(grouped))]) == shown(list(grouped))

    again = data.draw(st.lists(place))
    assert shown(list(batch(rows).picked(again))) == [objects[place] for place in again]
    for column in (batch(rows), picked, grouped, objects):
        chosen = [place for place in again if place < len(column)]
        assert shown(list(at(column, chosen))) == [shown(list(column))[place] for place in chosen]
        spaced = spread(column, range(1, len(column) + 1), len(column) + 2)
        assert shown(list(spaced)) == [None, *shown(list(column)), None]


@given(ROWS, st.data())
def test_places_that_follow_each_other_are_cut_out_of_any_column(
    rows: list[tuple[str, int]], data: st.DataObject
) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(rows)), min_size=1)))
    groups: list[Any] = [range(start, end) for start, end in pairwise(ends)]
    groups = data.draw(st.just(groups) | st.permutations(groups) | st.just([group[::-1] for group in groups]))
    places, whole = joined(groups), batch(rows)
    expected = [place for group in groups for place in group]

    assert list(places) == expected
    assert not isinstance(places, range) or places.step == 1
    for column in (
        whole,
        Picked(whole, range(len(rows))),
        [{"name": name, "size": size} for name, size in rows],
    ):
        assert shown(list(at(column, places))) == [shown(list(column))[place] for place in expected]
    assert whole.picked(range(len(rows))) is whole


def test_columns_may_be_batches_again() -> None:
    inner = batch([("x", 1), ("y", 2), ("z", 3)])
    outer = RowBatch(
        Item,
        {
            "name": ["a", "b"],
            "size": [1, 2],
            "parent": Picked(inner, [None, 2]),
            "parts": Grouped(inner, [range(2), []]),
        },
    )
    expected = [
        {
            "name": "a",
            "size": 1,
            "parent": None,
            "parts": [{"name": "x", "size": 1}, {"name": "y", "size": 2}],
        },
        {"name": "b", "size": 2, "parent": {"name": "z", "size": 3}, "parts": []},
    ]

    assert shown(list(outer)) == expected
    assert shown(list(outer.picked([1, 0, 1]))) == [expected[1], expected[0], expected[1]]
