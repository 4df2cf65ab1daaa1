"""Frame: rounds of chance, each with its seed, its line while it runs, and its share of the summary."""

from __future__ import annotations

import argparse
import random
import secrets
import statistics
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType

MOST_SEEDS = 1_000_000
SHORT = 0.1


@dataclass
class Round:
    """One round; inside `with turn:` a failed assertion is told and counted, and the soak goes on."""

    soak: str
    target: str
    number: int
    total: int
    seed: int
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    figures: dict[str, list[float]] = field(default_factory=dict)
    failure: AssertionError | None = None

    @cached_property
    def random(self) -> random.Random:
        """All chance of the round."""
        return random.Random(self.seed)

    def count(self, name: str, number: int = 1) -> None:
        """Adds to a total of the summary."""
        self.counts[name] += number

    def tell(self, figures: str) -> None:
        """Says at once what was measured in another unit than seconds."""
        print(f"{self.title}: {figures}", flush=True)

    def measure(self, name: str, seconds: float) -> None:
        """Adds a duration, of which the summary tells the median and the longest."""
        self.figures.setdefault(name, []).append(seconds)

    def __enter__(self) -> Round:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None and not isinstance(error, AssertionError):
            print(f"{self.title}: {kind.__name__ if kind else ''}; {self.replay}", flush=True)
            return False
        self.failure = error
        print(f"{self.title}: {described(self.counts, self.figures)}", flush=True)
        if error is not None:
            print("".join(traceback.format_exception(error)) + f"FAILED; {self.replay}", flush=True)
        return True

    @property
    def title(self) -> str:
        """Which round it is."""
        return f"{self.soak} {self.target} {self.number}/{self.total} seed {self.seed}"

    @property
    def replay(self) -> str:
        """How to run the round again, alone."""
        chosen = f"--on {self.target} --seed {self.seed} --rounds 1"
        chosen += f" --seconds {self.seconds:g}" if self.seconds else ""
        return f"replay with `python3 dev.py soak {self.soak} {chosen}`"


@dataclass
class Rounds:
    """The rounds on one target, such as a kind of database; the seeds follow each other."""

    soak: str
    target: str
    total: int
    first_seed: int
    seconds: float = 0.0
    done: list[Round] = field(default_factory=list)

    def __iter__(self) -> Iterator[Round]:
        for number in range(self.total):
            seed = self.first_seed + number
            self.done.append(Round(self.soak, self.target, number + 1, self.total, seed, self.seconds))
            yield self.done[-1]

    @property
    def failed(self) -> list[Round]:
        """The rounds in which something did not hold."""
        return [item for item in self.done if item.failure is not None]

    @property
    def summary(self) -> str:
        """What came of it, on one line."""
        counts: Counter[str] = Counter()
        figures: dict[str, list[float]] = {}
        for item in self.done:
            counts.update(item.counts)
            for name, values in item.figures.items():
                figures.setdefault(name, []).extend(values)
        rounds = f"{len(self.done)} of {self.total} rounds, {len(self.failed)} failed"
        return f"SUMMARY {self.soak} on {self.target}: {rounds}; {described(counts, figures)}"


def described(counts: Mapping[str, int], figures: Mapping[str, Sequence[float]]) -> str:
    """Totals, and the median and longest of durations."""
    told = [f"{name} {number}" for name, number in counts.items()]
    for name, values in figures.items():
        longest = f", longest {spoken(max(values))}" if len(values) > 1 else ""
        told.append(f"{name} {spoken(statistics.median(values))}{longest}")
    return ", ".join(told) or "nothing counted"


def spoken(seconds: float) -> str:
    """A duration in the unit that fits it."""
    return f"{seconds:.2f} s" if seconds >= SHORT else f"{seconds * 1000:.2f} ms"


class Soak:
    """A soak by name, with how many rounds it plays on each target unless told otherwise.

    `python3 dev.py soak NAME [--on TARGET] [--rounds N] [--seed N]`, and `[--seconds N]` where a round lasts.
    """

    def __init__(
        self, name: str, description: str | None, rounds: Mapping[str, int], seconds: float = 0.0
    ) -> None:
        self.name = name
        self._rounds = rounds
        self.parser = argparse.ArgumentParser(
            prog=f"dev.py soak {name}", description=description, allow_abbrev=False
        )
        self.parser.add_argument("--on", choices=list(rounds), help="one target only (default all)")
        self.parser.add_argument("--rounds", type=int, help=f"rounds on each target (default {dict(rounds)})")
        self.parser.add_argument("--seed", type=int, help="seed of the first round (default a random one)")
        self.parser.set_defaults(seconds=seconds)
        if seconds:
            said = f"how long each round lasts (default {seconds:g})"
            self.parser.add_argument("--seconds", type=float, help=said)

    def run(self, play: Callable[[Rounds], None], arguments: Sequence[str] | None = None) -> int:
        """Plays all rounds; the exit code is 1 when one failed. `play` runs each in `with turn:`."""
        options = self.parser.parse_args(arguments)
        seed = secrets.randbelow(MOST_SEEDS) if options.seed is None else options.seed
        wanted = {options.on: self._rounds[options.on]} if options.on else self._rounds
        played = [
            Rounds(self.name, target, options.rounds or count, seed, options.seconds)
            for target, count in wanted.items()
        ]
        try:
            for rounds in played:
                play(rounds)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        finally:
            for rounds in played:
                print(rounds.summary, flush=True)
        return 1 if any(rounds.failed for rounds in played) else 0
