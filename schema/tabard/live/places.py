"""Places: where subscribers go on, as cursors that they keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from tabard.cursors import Cursors
from tabard.errors import CursorExpired
from tabard.events import Place

# How long a subscriber may be away and go on without a loss.
KEPT: Final = timedelta(days=3)


class Places:
    """Writes and reads the cursors of events; one is good for every subscription of its portal.

    A cursor says when it was made: the events behind it are kept for `kept` from then on.
    """

    def __init__(self, cursors: Cursors, now: Callable[[], datetime], kept: timedelta = KEPT) -> None:
        self._cursors = cursors
        self._now = now
        self.kept = kept

    def encode(self, portal_id: int | None, place: Place) -> str:
        """The cursor of a place."""
        return self._cursors.encode(_scope(portal_id), [*place, int(self._now().timestamp() * 1000)])

    def decode(self, portal_id: int | None, cursor: str, head: Place) -> Place:
        """The cursor's place; raises InvalidCursor, or CursorExpired when events behind it may be gone."""
        position, id, milliseconds = self._cursors.decode(_scope(portal_id), cursor, 3)
        place = Place(position, id)
        is_kept = self._now() - datetime.fromtimestamp(milliseconds / 1000, UTC) < self.kept
        # Behind the head are places of a database that was put back to an earlier state since.
        if not is_kept or place > head:
            raise CursorExpired(
                "The events after this cursor are not kept any more; "
                "read afresh what you show, then subscribe without `after`."
            )
        return place


def _scope(portal_id: int | None) -> str:
    return f"events:{portal_id}"
