"""P9: documents made to keep the limiter and the validator busy, and how long they do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

from graphql import GraphQLSyntaxError, parse, validate

from gateway.documents.limiter import measure
from gateway.limits import Limits
from tests.promises.support.corpus import LIMITER, SCHEMA, SHAPES, calls, scrambled, sized
from tests.soak.frame import Round, Rounds, Soak

LIMITS: Final = Limits()
OF_CHANCE: Final = 200
SMALLEST: Final = 60
STEPS_PER_BYTE: Final = 3
COMPARISONS: Final = 50_000
LIMITER_SECONDS: Final = 0.01
VALIDATION_SECONDS: Final = 0.1
TRIES: Final = 3
"""The best of a few tries is judged: the machine may have much else to do."""
CORPUS: Final = "corpus"


def texts(turn: Round) -> Iterator[str]:
    """Every shape at a size of chance, then documents of chance."""
    for shape in SHAPES.values():
        yield sized(shape, turn.random.randint(SMALLEST, LIMITS.tokens))
    for _ in range(OF_CHANCE):
        yield scrambled(turn.random, turn.random.randint(SMALLEST, LIMITS.tokens))


def check(text: str, turn: Round) -> None:
    """The limiter looks only so long, and what it lets through is validated soon."""
    try:
        document = parse(text, max_lexical_tokens=LIMITS.tokens)
    except GraphQLSyntaxError:
        turn.count("not parsed")
        return
    size, counted = calls(lambda: measure(document, LIMITS))
    assert sum(counted[module] for module in LIMITER) <= STEPS_PER_BYTE * len(text), text
    taken = min(seconds(lambda: measure(document, LIMITS)) for _ in range(TRIES))
    turn.measure("limiter", taken)
    assert taken <= LIMITER_SECONDS, text
    if size.refusals(LIMITS):
        turn.count("refused")
        return
    turn.count("let through")
    _, counted = calls(lambda: validate(SCHEMA, document, max_errors=LIMITS.errors))
    assert counted["comparisons"] <= COMPARISONS, text
    taken = min(seconds(lambda: validate(SCHEMA, document, max_errors=LIMITS.errors)) for _ in range(TRIES))
    turn.measure("validation", taken)
    assert taken <= VALIDATION_SECONDS, text


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def play(rounds: Rounds) -> None:
    """A corpus of its own in each round."""
    for turn in rounds:
        with turn:
            for text in texts(turn):
                check(text, turn)


if __name__ == "__main__":
    sys.exit(Soak("documents", __doc__, {CORPUS: 10}).run(play))
