"""History: what clients asked of one record and were told, and whether one order explains it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

FOREVER: Final = float("inf")


@dataclass(frozen=True)
class Seen:
    """A record's state: its version and its value."""

    version: int
    value: str


Apply = Callable[[Seen], Seen | None]


@dataclass(frozen=True)
class Step:
    """One thing that happens to a record at one moment between `begun` and `ended`.

    `apply` returns the state afterwards, or None when what the client was told does not fit the state. A
    step that `may_not_happen` was never answered. `after` is the step of the same request that comes first.
    """

    told: str
    begun: float
    ended: float
    apply: Apply
    after: int | None = None
    may_not_happen: bool = False


@dataclass
class History:
    """The steps of all clients; moments are counted, not measured."""

    first: Seen
    steps: list[Step] = field(default_factory=list)
    moments: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def now(self) -> int:
        """A moment later than all before."""
        return next(self.moments)

    def read(self, begun: float, seen: Seen, after: int | None = None) -> None:
        """A client was shown this state."""
        self._add(f"read {seen}", begun, self.now(), lambda state: state if state == seen else None, after)

    def wrote(self, begun: float, value: str, if_version: int | None, seen: Seen) -> None:
        """A write was acknowledged; its payload, read afresh after it, showed a state."""
        ended = self.now()
        told = f"write {value} if {if_version}"
        self._add(told, begun, ended, lambda state: written(state, value, if_version))
        self.read(begun, seen, after=len(self.steps) - 1)

    def refused(self, begun: float, if_version: int, current: int) -> None:
        """A write was refused, because its version was not the current one."""

        def apply(state: Seen) -> Seen | None:
            return state if state.version == current != if_version else None

        self._add(f"refused if {if_version}, is {current}", begun, self.now(), apply)

    def lost(self, begun: float, value: str, if_version: int | None) -> None:
        """A write was given up by its client, and may have happened or happen yet."""
        told = f"perhaps write {value} if {if_version}"
        self.steps.append(
            Step(
                told,
                begun,
                FOREVER,
                lambda state: written(state, value, if_version),
                may_not_happen=True,
            )
        )

    def _add(
        self,
        told: str,
        begun: float,
        ended: float,
        apply: Apply,
        after: int | None = None,
    ) -> None:
        self.steps.append(Step(told, begun, ended, apply, after))

    @property
    def is_linearizable(self) -> bool:
        """Whether some order of the steps, each at a moment of its own, explains what all were told."""
        return ordered(self.first, self.steps)

    def __str__(self) -> str:
        lines = [f"  {step.begun:>4} to {step.ended:>4}: {step.told}" for step in self.steps]
        return "\n".join([f"from {self.first}", *lines])


def written(state: Seen, value: str, if_version: int | None) -> Seen | None:
    """The state after a write; a value that is there already changes nothing."""
    if if_version is not None and if_version != state.version:
        return None
    return state if value == state.value else Seen(state.version + 1, value)


def ordered(first: Seen, steps: Sequence[Step]) -> bool:
    """Searches depth first for an order; a set of steps that led to a state once is not tried again.

    The next step may be any that began before the earliest end of those that have not happened yet.
    """
    everything = (1 << len(steps)) - 1
    optional = sum(1 << place for place, step in enumerate(steps) if step.may_not_happen)
    tried: set[tuple[int, Seen]] = set()
    waiting = [(0, first)]
    while waiting:
        done, state = waiting.pop()
        if done | optional == everything:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        waiting += _next(steps, done, state)
    return False


def _next(steps: Sequence[Step], done: int, state: Seen) -> list[tuple[int, Seen]]:
    left = [(place, step) for place, step in enumerate(steps) if not done >> place & 1]
    earliest = min(step.ended for _, step in left)
    found = []
    for place, step in left:
        if step.begun > earliest or (step.after is not None and not done >> step.after & 1):
            continue
        after = step.apply(state)
        if after is not None:
            found.append((done | 1 << place, after))
    return found
