"""Patterns: the regular expressions of our own, and texts that would keep a careless one busy."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from gateway.problem import readable, without_suggestion

PACKAGES: Final = ("gateway", "tabard")
# What a pattern may be made to begin with again and again, without ever coming to its end.
PIECES: Final = (
    *("a", "A", "0", "_", "-", ".", " ", "\t", "\n", "\\", '"', "'", ",", ";", "=", "/", "{", "[", "#", "%"),
    *("a_", "a-", "a.", "a1", "\\u{0", '\\"', "a=b;", "a/b;", "a/b,", "; a=", '"a', "[[a.", "a = ", "+0.", "0000-"),
    *(", but encountered error '", " Did you mean ", "'; found", "# persona: ", "BEGIN ", "Bearer a", "aA", "%(1 a"),
)  # fmt: skip
# Those that are looked for anywhere in a text; the others have to fit the whole or its beginning.
SOUGHT: Final = frozenset({"TOKEN", "ITEM", "STRING", "NUL_ESCAPE", "NOTE", "_WORD", "_GAP", "_UNREADABLE"})
# They guard the use of a pattern that alone would take long.
GUARDED: Final = {"PARSER_FAILURE": readable, "SUGGESTION": without_suggestion}
TRIES: Final = 3


def readers() -> Iterator[tuple[str, Callable[[Any], object]]]:
    """What each pattern that a module of ours keeps does with a text, by the pattern's name."""
    for name, pattern in patterns():
        short = name.rpartition(".")[2]
        yield name, GUARDED.get(short) or (pattern.findall if short in SOUGHT else both(pattern))


def both(pattern: re.Pattern[Any]) -> Callable[[Any], object]:
    """Fits the pattern to the whole text, and to its beginning."""
    return lambda text: (pattern.fullmatch(text), pattern.match(text))


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every pattern that a module of ours keeps, by its name."""
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for item in pkgutil.walk_packages(path, f"{package}."):
            if ".migrations" in item.name:
                continue
            module = importlib.import_module(item.name)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    yield f"{item.name}.{name}", value


def seconds(name: str, read: Callable[[Any], object], piece: str, size: int) -> float:
    """How long it takes over the piece, repeated to so many characters, at best of a few tries."""
    text = (piece * (size // len(piece) + 1))[:size] + "\N{SNOWMAN}"
    given: Any = text.encode() if name.endswith(".STRING") else text
    found = []
    for _ in range(TRIES):
        started = time.perf_counter()
        read(given)
        found.append(time.perf_counter() - started)
    return min(found)
