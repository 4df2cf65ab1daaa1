"""Ids: 63-bit integers made by the application, and the opaque global ids clients see.

An id is 41 bits of milliseconds since 2025, 10 bits of node and 12 bits of counter: unique across
processes, and in order of creation within one.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
NODE_BITS, COUNTER_BITS = 10, 12
MAX_NODE = (1 << NODE_BITS) - 1
MAX_COUNTER = (1 << COUNTER_BITS) - 1
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
DIGITS = frozenset(ALPHABET)
AS_PYTHONS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
TRIPLES = [f"{one}{two}{three}" for one in ALPHABET for two in ALPHABET for three in ALPHABET]
LENGTH = 13


class IdFactory:
    """Makes ids for one leased node number; safe to share between threads.

    A clock that steps back keeps the last millisecond; a full counter moves on to the next one.
    """

    def __init__(self, node: int, clock: Callable[[], float] = time.time) -> None:
        if not 0 <= node <= MAX_NODE:
            raise ValueError(f"node must be between 0 and {MAX_NODE}, not {node}")
        self._node = node
        self._clock = clock
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = -1

    def __call__(self) -> int:
        with self._lock:
            self._advance(int(self._clock() * 1000) - EPOCH_MS)
            return (self._millisecond << NODE_BITS | self._node) << COUNTER_BITS | self._counter

    def take(self, count: int) -> list[int]:
        """`count` fresh ids, in order."""
        return [self() for _ in range(count)]

    def _advance(self, now: int) -> None:
        if now > self._millisecond:
            self._millisecond, self._counter = now, 0
        elif self._counter < MAX_COUNTER:
            self._counter += 1
        else:
            self._millisecond, self._counter = self._millisecond + 1, 0


def instant_of(id: int) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp(((id >> NODE_BITS + COUNTER_BITS) + EPOCH_MS) / 1000, UTC)


def first_id_of(instant: datetime) -> int:
    """The smallest id that can have been made at the instant or later."""
    milliseconds = int(instant.timestamp() * 1000) - EPOCH_MS
    return max(milliseconds, 0) << NODE_BITS + COUNTER_BITS


def encode_global_id(noun: str, id: int) -> str:
    """The global id of a row: its noun and 13 characters, e.g. `company_01hx3v9k2m0qe`."""
    return encode_global_ids(noun, (id,))[0]


def encode_global_ids(noun: str, ids: Sequence[int]) -> list[str]:
    """The global ids of rows of one noun."""
    return [
        f"{noun}_{ALPHABET[id >> 60]}{TRIPLES[id >> 45 & 32767]}"
        f"{TRIPLES[id >> 30 & 32767]}{TRIPLES[id >> 15 & 32767]}{TRIPLES[id & 32767]}"
        for id in ids
    ]


def decode_global_id(value: str) -> tuple[str, int] | None:
    """Noun and id of a global id, or None for anything that `encode_global_id` did not write."""
    noun, separator, digits = value.rpartition("_")
    if not separator or not noun or len(digits) != LENGTH or not DIGITS.issuperset(digits):
        return None
    id = int(digits.translate(AS_PYTHONS), 32)
    return (noun, id) if id < 1 << 63 else None
