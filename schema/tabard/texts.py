"""Texts: a column of dates or instants that are kept as text, and read only where somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, final


@final
class Texts(Sequence[Any]):
    """Values of `kind` as its `isoformat` writes them, or null: whoever writes them again has no work.

    To everybody else it is a sequence of the values themselves.
    """

    __slots__ = ("kind", "texts")

    def __init__(self, kind: type[date], texts: Sequence[str | None]) -> None:
        self.kind = kind
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Texts(self.kind, self.texts[place])
        text = self.texts[place]
        return None if text is None else self.kind.fromisoformat(text)

    def __iter__(self) -> Iterator[Any]:
        read = self.kind.fromisoformat
        return (None if text is None else read(text) for text in self.texts)
