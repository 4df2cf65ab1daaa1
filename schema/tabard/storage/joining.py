"""Joining: changes that PostgreSQL takes as one statement, in one round trip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final

from tabard.storage.writes import Change, CompiledWrite

KEPT: Final = 1_000
_PLACE: Final = re.compile(r"\$(\d+)")


def joined(changes: Sequence[Change]) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
    """Texts to run one after the other, each with the values of each time that it runs."""
    for group in _groups(changes):
        if len(group) == 1:
            yield group[0].write.text, group[0].rows
        else:
            text = _text(tuple(change.write for change in group))
            yield text, [tuple(chain.from_iterable(change.rows[0] for change in group))]


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that may run at the same moment: none sees what another of its group does."""
    group: list[Change] = []
    for change in changes:
        if group and not (_is_single(group[-1]) and _is_single(change) and _is_apart(change, group)):
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _is_single(change: Change) -> bool:
    return len(change.rows) == 1 and not change.write.reads


def _is_apart(change: Change, group: list[Change]) -> bool:
    return all(change.write.table is not other.write.table for other in group)


@lru_cache(maxsize=KEPT)
def _text(writes: tuple[CompiledWrite, ...]) -> str:
    """One statement of several: the last, beside the others in WITH, with the values numbered through."""
    texts, before = [], 0
    for write in writes:
        texts.append(_PLACE.sub(partial(_moved, before), write.text))
        before += len(set(_PLACE.findall(write.text)))
    others = ", ".join(f"tabard_{number} AS ({text})" for number, text in enumerate(texts[:-1]))
    return f"WITH {others} {texts[-1]}"


def _moved(before: int, place: re.Match[str]) -> str:
    return f"${int(place[1]) + before}"
