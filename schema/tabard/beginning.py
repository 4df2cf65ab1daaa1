"""Beginning: the first step of work, which often is all of it; only what has to wait is worth a clock."""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def begin(work: Coroutine[Any, Any, T]) -> "T | Rest[T]":
    """What the work gives if it has to wait for nothing, else the rest of it."""
    try:
        waited = work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    return Rest(work, waited)


class Rest(Generic[T]):
    """Work that has begun and waits; await it, in the task that began it, before that waits for anything else.

    Who wants to see its further steps puts something round `work`.
    """

    def __init__(self, work: Coroutine[Any, Any, T], waited: object) -> None:
        self.work: Any = work
        self._waited = waited

    def __await__(self) -> Generator[Any, Any, T]:
        """Hands what the work waits for to the event loop, and what comes of it to the work."""
        try:
            while True:
                try:
                    yield self._waited
                except BaseException as error:  # noqa: BLE001 - it is the work's to deal with
                    self._waited = self.work.throw(error)
                else:
                    self._waited = self.work.send(None)
        except StopIteration as end:
            result: T = end.value
            return result
