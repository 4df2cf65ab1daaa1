"""Level: one field position of one operation, where all parents are served at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tabard.selection import Selection

if TYPE_CHECKING:
    from tabard.context import Context


class Level(NamedTuple):
    """What a declared read needs beside the parents' keys.

    `position` is the response path without list indexes; `plugin` the name that owns the field.
    `selection` and `memo` live as long as the plan of the document: what depends on the selection alone,
    such as a compiled statement, a read computes once and keeps in `memo`. Never what a viewer, an
    argument or a key brought.
    """

    context: Context
    plugin: str
    position: tuple[str, ...]
    selection: Selection
    args: Mapping[str, Any]
    memo: dict[Any, Any]

    def attributes(self, selection: Selection, type_: type) -> frozenset[str]:
        """The attributes of `type_` that the selection needs, `id` among them for rows of a table."""
        needed = selection.needed.get(type_)
        if needed is None:
            needed = selection.needed[type_] = self.context.graph.attributes(selection, type_)
        return needed


class DeclaredRead(Protocol):
    """How the values of one field are read."""

    @property
    def key(self) -> str | None:
        """The parent's attribute that is the key; None when the parent itself is."""
        ...

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        """One value for each key, in order; keys may repeat and are never None.

        A list, or columns as in `tabard.reads.batch`: then no object is made for a row.
        """
        ...

    def child(self) -> type | None:
        """The type whose columns the selection below this field asks for, if it is read here."""
        ...
