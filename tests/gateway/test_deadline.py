"""The deadline: what ends work early, and what does not."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from gateway.deadline import finish
from tabard.errors import DeadlineExceeded


async def stay() -> Message:
    """A client that waits for its answer."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def leave() -> Message:
    """A client that is gone."""
    return {"type": "http.disconnect"}


async def work() -> str:
    """Something that takes long."""
    await asyncio.Event().wait()
    return "never"


async def test_work_in_time_gives_its_result_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    assert await finish(asyncio.sleep(0, "done"), stay, 10) == "done"
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_work_is_ended_when_its_time_is_spent() -> None:
    with pytest.raises(DeadlineExceeded, match=r"ended after 0.01 seconds"):
        await finish(work(), stay, 0.01)


async def test_work_is_ended_when_the_client_is_gone() -> None:
    with pytest.raises(ClientDisconnect):
        async with asyncio.timeout(20):
            await finish(work(), leave, 3_600)


async def test_a_timeout_inside_the_work_is_its_own() -> None:
    async def impatient() -> None:
        async with asyncio.timeout(0):
            await work()

    with pytest.raises(TimeoutError):
        await finish(impatient(), stay, 10)


async def test_a_failure_of_the_work_is_passed_on() -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError):
        await finish(fail(), stay, 10)


async def test_cancelling_the_request_cancels_the_work() -> None:
    task = asyncio.create_task(finish(work(), stay, 10))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_cancels_itself_has_failed() -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="cancelled itself"):
        await finish(give_up(), stay, 10)
