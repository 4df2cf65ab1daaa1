"""P11: what would end a process, raised inside a driver or where nobody waits, costs one request and no more."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2
import pytest
from structlog.testing import capture_logs

from gateway.codes import Code
from tests.promises.support.drivers import DriverTrap, trapped_drivers
from tests.promises.support.failures import failure
from tests.promises.test_p11_errors import INSIDE, WRITE
from tests.support.services import PATIENCE, Running, serving

pytestmark = pytest.mark.promise("P11")

KINDS: Final = ("SystemExit", "KeyboardInterrupt", "Odd", "StopIteration", "CancelledError")
# Statements of one level, one after the other, and one that SQLite runs on a thread.
READ: Final = """{ viewer { name } workspace { name }
    companies(first: 2) { totalCount nodes { name owner { name } } } deals(first: 2) { nodes { name } } }"""
# As many as the requests make of a driver.
MOST_CALLS: Final = 8
CODES: Final = {Code.INTERNAL_SERVER_ERROR, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED}


@pytest.fixture(autouse=True)
def _logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged; to draw that many tracebacks takes minutes."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> DriverTrap:
    """Made before the server, so that every connection has it."""
    return trapped_drivers(monkeypatch)


def codes_of(answer: httpx2.Response) -> set[str]:
    """The codes of an answer, which tells nothing of the inside."""
    assert not INSIDE.search(answer.text), answer.text
    told = answer.json()
    payload = (told.get("data") or {}).get("value") or {}
    errors = [*told.get("errors", ()), *payload.get("userErrors", ())]
    return {error.get("extensions", error)["code"] for error in errors}


Ask = Callable[[str], httpx2.Response]


@contextmanager
def asking(running: Running) -> Iterator[Ask]:
    """A client who asks as a super admin, one request after the other; the answers, whatever they are."""
    headers = {"authorization": f"Bearer {running.token('super-admin')}"}
    with httpx2.Client(base_url=running.http, timeout=PATIENCE, headers=headers) as client:
        yield lambda query: client.post("/graphql", json={"query": query})


def settled(ask: Ask, query: str) -> set[str]:
    """The codes of an answer, once the database is not thought to be lost any more."""
    while Code.UNAVAILABLE in (codes := codes_of(ask(query))):
        pass
    return codes


@pytest.mark.parametrize("query", [READ, WRITE], ids=["read", "write"])
def test_whatever_a_driver_raises_at_whichever_call_costs_one_request(
    demo_url: str, trap: DriverTrap, query: str
) -> None:
    told: Counter[str] = Counter()
    with serving(demo_url) as running, asking(running) as ask:
        for kind, passes in itertools.product(KINDS, range(MOST_CALLS)):
            trap.set(kind, passes)
            codes = codes_of(ask(query))
            assert codes <= CODES, (kind, passes, codes)
            told[kind] += len(codes)
            trap.passes = None
            # What the server does besides may have been hit, such as the pulse, which looks again soon.
            assert settled(ask, query) == set(), (kind, passes)
        assert running.service.database.checked_out == 0
    assert min(told[kind] for kind in KINDS) > 1


def test_whatever_is_raised_while_a_driver_connects_costs_one_request(
    demo_url: str, trap: DriverTrap
) -> None:
    with serving(demo_url) as running, asking(running) as ask:
        # No connection has been made yet for requests, and none is made as long as this fails.
        for kind in KINDS:
            trap.set(kind, 0)
            assert codes_of(ask(READ)) & CODES, kind
        assert settled(ask, READ) == set()
        assert running.service.database.checked_out == 0


@pytest.mark.promise("P16")
@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "Odd"])
def test_a_task_or_a_callback_that_a_plugin_left_behind_does_not_end_the_server(
    demo_sqlite_url: str, kind: str
) -> None:
    def raises() -> None:
        raise failure(kind)

    async def left_behind() -> None:
        await asyncio.sleep(0)
        raises()

    async def leave() -> None:
        loop = asyncio.get_running_loop()
        tasks.append(loop.create_task(left_behind()))
        loop.call_soon(raises)
        loop.call_later(0.001, raises)
        loop.call_later(0.002, is_over.set)
        await is_over.wait()

    tasks: list[asyncio.Task[None]] = []
    is_over = asyncio.Event()
    with serving(demo_sqlite_url) as running, asking(running) as ask:
        running.within(leave())
        assert type(tasks[0].exception()) is type(failure(kind))
        assert codes_of(ask(READ)) == set()
