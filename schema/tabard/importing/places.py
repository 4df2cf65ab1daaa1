"""Places: on which line of a mapping file each key stands, so that messages can say so."""

import re

Place = tuple[str | int, ...]

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]")
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(_NAME)


def line_numbers(text: str) -> dict[Place, int]:
    """The line of each table, array item (counted from 1) and key that begins a line."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header[2], counts, is_item=header[1] == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def _table(dotted: str, counts: dict[Place, int], *, is_item: bool) -> Place:
    """The place that a header names; an array stands for its latest item."""
    place: Place = ()
    names = _names(dotted)
    for position, name in enumerate(names, start=1):
        place = (*place, name)
        if is_item and position == len(names):
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _names(dotted: str) -> list[str]:
    return [name.strip("\"'") for name in _PART.findall(dotted)]


def spoken(place: Place) -> str:
    """A place for people: `("import", 3, "properties", "name")` -> `import 3, properties.name`."""
    words: list[str] = []
    dotted: list[str] = []
    for part in place:
        if isinstance(part, int):
            words.append(f"{'.'.join(dotted)} {part}")
            dotted = []
        else:
            dotted.append(part)
    return ", ".join([*words, ".".join(dotted)] if dotted else words)
