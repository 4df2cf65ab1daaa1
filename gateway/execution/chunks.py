"""Chunks: a long list is completed, and put together, a part at a time, so that others get their turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gateway.execution.columns import Column, Joined, Later, Values
from gateway.execution.places import Place, SomePlace
from tabard.reads.batch import at

if TYPE_CHECKING:
    from gateway.execution.run import Run

# A few milliseconds' work for ten plain fields.
CHUNK: Final = 5_000


def is_long(values: Values) -> bool:
    """Whether the values are too many for one turn of the loop."""
    return len(values) > CHUNK


def in_chunks(run: Run, values: Values, place: Place, complete: Callable[[Values, Place], Column]) -> Column:
    """The column that `complete` makes of many values, chunk by chunk, for a run that is awaited.

    A declared field is read for all chunks at once: its call is held until the last of them has joined it.
    """

    def part(start: int) -> Later:
        rows = range(start, min(start + CHUNK, len(values)))
        later = Later()

        def come() -> None:
            later.column = complete(at(values, rows), SomePlace(place, rows))

        run.waits.step(come)
        return later

    parts = [part(start) for start in range(0, len(values), CHUNK)]
    run.chunks += parts
    return Joined(parts)
