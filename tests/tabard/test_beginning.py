"""Beginnings: work runs as far as it can at once, and its rest is as if nobody had begun it before."""

import asyncio
from contextvars import ContextVar

import pytest

from tabard.beginning import Rest, begin

WORD: ContextVar[str] = ContextVar("word", default="none")


async def test_work_that_waits_for_nothing_is_done_at_once() -> None:
    async def add() -> int:
        return 1 + 1

    assert begin(add()) == 2


async def test_work_that_waits_goes_on_where_it_was() -> None:
    steps: list[str] = []
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        steps.append("begun")
        word = await opened
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            steps.append(await asyncio.sleep(0, word))
        return "done"

    rest = begin(work())
    assert isinstance(rest, Rest)
    assert steps == ["begun"]
    opened.set_result("went on")
    assert await rest == "done"
    assert steps == ["begun", "went on"]


async def test_work_that_fails_at_once_fails_where_it_is_begun() -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError):
        begin(fail())


async def test_what_the_work_waits_for_may_fail_and_the_work_may_go_on() -> None:
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await opened
        except LookupError:
            return await asyncio.sleep(0, "mended")

    rest = begin(work())
    assert isinstance(rest, Rest)
    opened.set_exception(LookupError("nothing there"))
    assert await rest == "mended"


async def test_cancelling_reaches_the_work_once_and_it_cleans_up() -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    async def outer() -> None:
        rest = begin(work())
        assert isinstance(rest, Rest)
        await rest

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["up"]


async def test_work_may_swallow_a_cancellation_and_give_a_result() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "stayed"
        return "never"

    async def outer() -> str:
        rest = begin(stubborn())
        assert isinstance(rest, Rest)
        return await rest

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "stayed"


async def test_a_timeout_inside_the_work_ends_what_it_is_round() -> None:
    async def impatient() -> str:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            return "gave up"
        return "never"

    rest = begin(impatient())
    assert isinstance(rest, Rest)
    assert await rest == "gave up"


async def test_work_stays_in_the_context_of_its_task() -> None:
    async def work() -> None:
        WORD.set("first")
        await asyncio.sleep(0)
        assert WORD.get() == "first"
        WORD.set("second")

    rest = begin(work())
    assert isinstance(rest, Rest)
    assert WORD.get() == "first"
    await rest
    assert WORD.get() == "second"
