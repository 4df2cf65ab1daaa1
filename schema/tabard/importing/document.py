"""The mapping file as TOML: reading its keys one by one, and gathering all that is wrong with it."""

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tabard.errors import MappingRefused
from tabard.importing.places import Place, line_numbers, spoken


class Document:
    """A mapping file. What is wrong with it is gathered, so that all of it is reported at once."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        text = _text(path)
        try:
            table = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise MappingRefused([f"{self.name} is not valid TOML: {error}"]) from error
        self._lines = line_numbers(text)
        self._problems: dict[str, None] = {}
        self.root = Section(self, (), table)

    def problem(self, place: Place, sentence: str) -> None:
        """Notes what is wrong at a place."""
        line = next(
            (self._lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in self._lines), None
        )
        at = f"{self.name} line {line}" if line else self.name
        self._problems[f"{at} ({spoken(place)}): {sentence}" if place else f"{at}: {sentence}"] = None

    def refuse(self) -> None:
        """Raises MappingRefused when there was a problem."""
        if self._problems:
            raise MappingRefused(list(self._problems))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MappingRefused(
            [f"the mapping file {path} cannot be read: {error.strerror or error}"]
        ) from error
    except UnicodeDecodeError as error:
        raise MappingRefused([f"the mapping file {path} is not UTF-8 text; save it as UTF-8"]) from error


@dataclass(frozen=True)
class Section:
    """A table of the mapping file."""

    document: Document
    place: Place
    table: Mapping[str, Any]

    def problem(self, sentence: str, *place: str | int) -> None:
        """Notes what is wrong here, or at a key below."""
        self.document.problem((*self.place, *place), sentence)

    def only(self, keys: Collection[str]) -> None:
        """Notes each key that is not one of `keys`."""
        for key in self.table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"the keys here are {listed(sorted(keys))}"
                self.problem(f"there is no key '{key}'; {hint}", key)

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def text(self, key: str, default: str = "") -> str:
        """The text at a key; anything else is a problem."""
        value = self.table.get(key, default)
        if isinstance(value, str):
            return value
        self.problem("this must be text in quotes", key)
        return default

    def needed(self, key: str, meaning: str) -> str:
        """The text at a key that must be there: not having it is a problem."""
        value = self.text(key)
        if not value and (key not in self.table or isinstance(self.table[key], str)):
            self.problem(f"'{key}' is missing: {meaning}")
        return value

    def choice(self, key: str, choices: Collection[str], default: str) -> str:
        """The text at a key, one of `choices`."""
        value = self.text(key, default)
        if value in choices:
            return value
        self.problem(f"{value!r} must be one of {listed(choices)}", key)
        return default

    def texts(self, key: str, default: Collection[str] = ()) -> tuple[str, ...]:
        """The texts at a key: a list, or one by itself."""
        value = self.table.get(key, default)
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list | tuple | frozenset) and all(isinstance(item, str) for item in values):
            return tuple(values)
        self.problem("this must be text in quotes, or a list of them", key)
        return tuple(default)

    def flag(self, key: str, default: bool = False) -> bool:
        """The true or false at a key."""
        value = self.table.get(key, default)
        if isinstance(value, bool):
            return value
        self.problem("this must be true or false, without quotes", key)
        return default

    def number(self, key: str) -> Decimal | None:
        """The number at a key, exact."""
        value = self.table.get(key)
        if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
            number = None if value is None else Decimal(value)
            if number is None or number.is_finite():
                return number
        self.problem("this must be a number, without quotes", key)
        return None

    def part(self, key: str) -> "Section":
        """The table at a key; empty when there is none."""
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.problem(f"this must be a table, begun by [{'.'.join(map(str, self.place))}.{key}]", key)
            value = {}
        return Section(self.document, (*self.place, key), value)

    def parts(self, key: str) -> list["Section"]:
        """The tables listed at a key."""
        value = self.table.get(key, [])
        if not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            self.problem(f"this must be a list of tables, each begun by [[{key}]]", key)
            value = []
        return [
            Section(self.document, (*self.place, key, index), item)
            for index, item in enumerate(value, start=1)
        ]


def listed(words: Collection[str]) -> str:
    """Words for a sentence: `'a', 'b' or 'c'`."""
    quoted = [f"'{word}'" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
