"""Corpus: documents made to keep a limiter or a validator busy, of any size."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeVar

from graphql import build_schema

from gateway.documents.tokens import count_tokens

T = TypeVar("T")
Shape = Callable[[int], str]

SCHEMA: Final = build_schema(
    "type Query { a: Query b: Query c: Query d: Query leaf: String text(n: Int): Int }"
)
OVERLAPPING: Final = "graphql.validation.rules.overlapping_fields_can_be_merged"
LIMITER: Final = frozenset(
    {"gateway.documents.limiter", "gateway.documents.extent", "gateway.documents.overlap"}
)


def chained(count: int, body: Callable[[int], str]) -> str:
    """Fragments F0 to F`count`, of which the last is a leaf and the first is selected."""
    fragments = (f"fragment F{number} on Query {{ {body(number)} }}" for number in range(count))
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{count} on Query {{ leaf }}"])


def laddered(count: int) -> str:
    """Each level merges another subset of two fragments that never end."""
    ladder = chained(count, lambda n: f"a {{ ...X{n} ...F{n + 1} }} b {{ ...Y{n} ...F{n + 1} }}")
    rungs = (
        f"fragment {name}{n} on Query {{ a {{ leaf }} b {{ leaf }} }}" for n in range(count) for name in "XY"
    )
    return " ".join([ladder, *rungs])


SHAPES: Final[dict[str, Shape]] = {
    "doubled": lambda count: chained(count, lambda n: f"...F{n + 1} ...F{n + 1}"),
    "branching": lambda count: chained(count, lambda n: f"a {{ ...F{n + 1} }} b {{ ...F{n + 1} }}"),
    "chain": lambda count: chained(count, lambda n: f"leaf ...F{n + 1}"),
    "cycle": lambda count: chained(count, lambda n: f"...F{(n + 1) % count} a {{ ...F{n // 2} }}"),
    "all to all": lambda count: chained(count, lambda n: " ".join(f"...F{m}" for m in range(count + 1))),
    "all to later": lambda count: chained(count, lambda n: " ".join(f"...F{m}" for m in range(n + 1, count + 1))),
    "ladder": laddered,
    "merged": lambda count: f"{{ a {{ {'... on Query { b { c { d { leaf } } } } ' * count} }} }}",
    "merged fragments": lambda count: chained(count, lambda n: f"a {{ b {{ c {{ leaf }} }} }} ...F{n + 1}"),
    "inline": lambda count: f"{{ {'... { a { leaf } ' * count} leaf {'} ' * count} }}",
    "wide": lambda count: f"{{ a {{ {'leaf ' * count} }} }}",
    "wide arguments": lambda count: f"{{ a {{ {'text(n: 1) ' * count} }} }}",
    "deep": lambda count: f"{{ {'a { ' * count} leaf {'} ' * count} }}",
}  # fmt: skip


def sized(shape: Shape, tokens: int) -> str:
    """The largest document of a shape with at most so many tokens."""
    low, high = 1, tokens
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count_tokens(shape(middle)) <= tokens else (low, middle - 1)
    return shape(low)


def scrambled(chance: random.Random, tokens: int) -> str:
    """A document of chance: fragments that spread each other, nest, repeat and merge."""
    count = chance.randrange(1, 30)
    fragments = [f"F{number}" for number in range(count)]
    parts = [f"{{ {selections(chance, fragments, 3)} ...{chance.choice(fragments)} }}"]
    parts += [f"fragment {name} on Query {{ {selections(chance, fragments, 3)} }}" for name in fragments]
    while parts and count_tokens(" ".join(parts)) > tokens:
        parts.pop()
    return " ".join(parts) or scrambled(chance, tokens)


def selections(chance: random.Random, fragments: list[str], depth: int) -> str:
    """Some selections, which may spread the fragments."""
    found = []
    for _ in range(chance.randrange(1, 7)):
        kind = chance.randrange(4 if depth else 2)
        if kind == 0:
            found.append(chance.choice(["leaf", "text(n: 1)", "text(n: 2)", "x: leaf"]))
        elif kind == 1:
            found.append(f"...{chance.choice(fragments)}")
        else:
            name = chance.choice("abcd") if kind == 2 else "... on Query"
            found.append(f"{name} {{ {selections(chance, fragments, depth - 1)} }}")
    return " ".join(found)


def calls(work: Callable[[], T]) -> tuple[T, Counter[str]]:
    """The result, and how often each module was called; under `comparisons` what validation spent on them."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            counted[module] += 1
            if module == OVERLAPPING and frame.f_code.co_name == "spend_complexity_budget":
                counted["comparisons"] += frame.f_locals["cost"]

    sys.setprofile(count)
    try:
        result = work()
    finally:
        sys.setprofile(None)
    return result, counted
