"""What a plugin's function does wrong costs its own field: it is named, counted, and the rest answers."""

import asyncio
import inspect
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import strawberry
from structlog.testing import capture_logs

from tabard import Argument, Columns, Plugin, Public, Read, Reader
from tabard.circuits import Circuits
from tabard.containment import BLOCKING_SECONDS, THREADS, Containment
from tabard.errors import BadUserInput, Fault, PluginFailure
from tabard.guard import Guarded
from tests.tabard.samples import answering, plugin

pytestmark = pytest.mark.promise("P16")

SHORT = 0.05
PATIENCE = 60.0


@pytest.fixture
async def containment() -> AsyncIterator[Containment]:
    """A containment that nobody is too late for, however busy the machine is."""
    made = Containment(PATIENCE)
    yield made
    made.close()


@pytest.fixture
async def hurried(containment: Containment) -> Containment:
    """The same with a short limit."""
    containment.limit = SHORT
    return containment


async def failure(containment: Containment, function: Callable[..., Any]) -> str:
    """The message of the failure that calling the function must be."""
    before = containment.failures["alpha"]
    with pytest.raises(PluginFailure) as caught, capture_logs() as logs:
        await containment.call("alpha", function)
    assert caught.value.extensions == {"code": "PLUGIN_ERROR", "plugin": "alpha"}
    assert containment.failures["alpha"] == before + 1
    assert [(log["event"], log["plugin"], log["function"]) for log in logs] == [
        ("plugin failed", "alpha", function.__name__)
    ]
    return str(caught.value)


BROKEN = "The plugin 'alpha' could not answer this field."
LATE = "The plugin 'alpha' did not answer within 0.05 s."
LEFT_ALONE = "The plugin 'alpha' did not answer 3 times in a row; it is asked again within 10 s."


async def test_result_passes_whether_the_function_is_asynchronous_or_not(containment: Containment) -> None:
    async def later(left: int, *, right: int) -> int:
        await asyncio.sleep(0)
        return left + right

    def now(left: int, *, right: int) -> int:
        return left + right

    assert await containment.call("alpha", later, 1, right=2) == 3
    assert await containment.call("alpha", now, 1, right=2) == 3
    assert not containment.failures
    assert not containment.blocked


async def test_a_coroutine_function_is_awaited_in_whatever_form_it_is_given(containment: Containment) -> None:
    async def later(left: int, right: int) -> int:
        await asyncio.sleep(0)
        return left + right

    class Adding:
        def __init__(self, left: int) -> None:
            self.left = left

        async def later(self, right: int) -> int:
            return await later(self.left, right)

    def given(left: int, right: int) -> Any:
        return later(left, right)

    forms: list[tuple[Callable[..., Any], tuple[int, ...]]] = [
        (partial(later, 1), (2,)),
        (Adding(1).later, (2,)),
    ]
    if sys.version_info >= (3, 12):
        forms.append((inspect.markcoroutinefunction(given), (1, 2)))
    assert [await containment.call("alpha", form, *args) for form, args in forms] == [3] * len(forms)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"),
        SystemExit(3),
        KeyboardInterrupt(),
        StopIteration(1),
        StopAsyncIteration(),
        RecursionError(),
        MemoryError(),
        TimeoutError("of its own"),
        BaseExceptionGroup("several", [ValueError(), SystemExit()]),
        type("Odd", (BaseException,), {})(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_is_raised_becomes_the_plugins_failure(
    containment: Containment, error: BaseException
) -> None:
    async def later() -> None:
        await asyncio.sleep(0)
        raise error

    async def at_once() -> None:
        raise error

    def now() -> None:
        raise error

    for function in (later, at_once, now):
        assert await failure(containment, function) == BROKEN


async def test_function_that_cancels_itself_does_not_cancel_the_request(containment: Containment) -> None:
    async def cancels() -> None:
        raise asyncio.CancelledError

    assert await failure(containment, cancels) == "The plugin 'alpha' cancelled itself."


async def test_function_that_waits_for_a_cancelled_task_does_not_cancel_the_request(
    containment: Containment,
) -> None:
    async def waits() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    assert await failure(containment, waits) == "The plugin 'alpha' cancelled itself."


@pytest.mark.promise("P22")
async def test_cancelled_request_stays_cancelled_and_is_nobodys_failure() -> None:
    containment = Containment(PATIENCE)
    started = asyncio.Event()
    ended: list[str] = []

    async def waits() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    request = asyncio.ensure_future(containment.call("alpha", waits))
    await started.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request

    assert ended == ["cleaned up"]
    assert not containment.failures


async def test_asynchronous_function_that_hangs_is_ended_at_the_limit(hurried: Containment) -> None:
    ended: list[str] = []

    async def hangs() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    assert await failure(hurried, hangs) == LATE
    assert ended == ["cleaned up"]


async def test_limit_counts_from_the_call_and_not_from_when_the_function_waits_first(
    hurried: Containment,
) -> None:
    async def busy() -> None:
        time.sleep(2 * SHORT)  # noqa: ASYNC251 - it holds the loop
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert await failure(hurried, busy) == LATE


async def test_synchronous_function_that_hangs_is_left_behind_at_the_limit(hurried: Containment) -> None:
    release = threading.Event()

    def hangs() -> None:
        release.wait(60)

    try:
        assert await failure(hurried, hangs) == LATE
    finally:
        release.set()


async def test_functions_that_hang_starve_only_their_own_plugin(hurried: Containment) -> None:
    release = threading.Event()

    def hangs() -> None:
        release.wait(60)

    def answers() -> str:
        return "here"

    try:
        calls = [hurried.call("alpha", hangs) for _ in range(THREADS)]
        late = await asyncio.gather(*calls, return_exceptions=True)
        assert [str(error) for error in late] == [LATE] * THREADS
        assert await failure(hurried, answers) == LATE
        hurried.limit = PATIENCE
        assert await hurried.call("beta", answers) == "here"
    finally:
        release.set()


async def test_late_failure_is_told_apart_from_a_time_limit_of_the_functions_own(
    containment: Containment,
) -> None:
    async def gives_up() -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(60)

    assert await failure(containment, gives_up) == BROKEN


@pytest.mark.parametrize(
    "error", [BadUserInput("Ask for less."), Fault("INVALID", "No."), PluginFailure("beta")]
)
async def test_errors_meant_for_clients_pass_as_they_are(containment: Containment, error: Exception) -> None:
    async def later() -> None:
        raise error

    def now() -> None:
        raise error

    for function in (later, now):
        with pytest.raises(type(error)) as caught:
            await containment.call("alpha", function)
        assert caught.value is error
    assert not containment.failures


async def test_step_that_blocks_the_loop_is_named_and_still_answers() -> None:
    containment = Containment(PATIENCE)

    async def blocks() -> str:
        await asyncio.sleep(0)
        time.sleep(BLOCKING_SECONDS * 1.5)  # noqa: ASYNC251 (that is the mistake)
        return "late"

    with capture_logs() as logs:
        assert await containment.call("alpha", blocks) == "late"

    assert containment.blocked == {"alpha": 1}
    assert logs[0].pop("seconds") >= BLOCKING_SECONDS
    assert logs == [
        {
            "event": "plugin blocked the event loop",
            "log_level": "warning",
            "plugin": "alpha",
            "function": "blocks",
            "remedy": "make the function synchronous, so that it runs on a thread",
        }
    ]


async def test_waiting_is_not_blocking() -> None:
    containment = Containment(PATIENCE)

    async def waits() -> None:
        await asyncio.sleep(BLOCKING_SECONDS * 1.5)

    def works_on_a_thread() -> None:
        time.sleep(BLOCKING_SECONDS * 1.5)

    await containment.call("alpha", waits)
    await containment.call("alpha", works_on_a_thread)

    assert not containment.blocked
    containment.close()


async def test_closing_does_not_wait_for_a_function_that_hangs(hurried: Containment) -> None:
    release = threading.Event()

    def hangs() -> None:
        release.wait(60)

    await failure(hurried, hangs)
    hurried.close()
    release.set()

    assert not any(
        thread.name.startswith("tabard-alpha") and thread.daemon for thread in threading.enumerate()
    )


# Through the graph


@strawberry.type
class AlphaThing:
    number: int

    @strawberry.field(description="Breaks.")
    def broken(self) -> str | None:
        raise ZeroDivisionError("secret")

    @strawberry.field(description="Exits.")
    async def exits(self) -> str | None:
        raise SystemExit(3)


def careless() -> Plugin:
    """A plugin with every mistake, and with a field that works."""
    made = plugin(policy=Public)

    @made.query(description="Works.")
    async def works(reader: Reader) -> AlphaThing | None:
        return AlphaThing(number=1)

    @made.query(description="Raises.")
    async def raises(reader: Reader) -> AlphaThing | None:
        raise ZeroDivisionError("secret")

    @made.query(description="Exits.")
    def leaves(reader: Reader) -> AlphaThing | None:
        raise SystemExit(3)

    @made.query(description="Gives text for a number.")
    async def misnumbered(reader: Reader) -> AlphaThing | None:
        return AlphaThing(number="secret")  # type: ignore[arg-type]

    @made.query(description="Gives a number for an object.")
    async def mistyped(reader: Reader) -> AlphaThing | None:
        return 5  # type: ignore[return-value]

    @made.query(description="Gives no list.")
    async def unlisted(reader: Reader) -> list[AlphaThing] | None:
        return 5  # type: ignore[return-value]

    add_fields(made)
    return made


def add_fields(made: Plugin) -> None:
    """The mistakes on a type."""

    @made.field(AlphaThing, key="number", description="Gives no mapping.")
    async def unmapped(reader: Reader, numbers: list[int]) -> dict[int, str]:
        return ["secret"]  # type: ignore[return-value]

    @made.field(AlphaThing, description="Gives too few values.")
    async def short(reader: Reader, things: list[AlphaThing]) -> list[str | None]:
        return []


async def test_every_mistake_costs_its_own_field_and_names_the_plugin(tmp_path: Path) -> None:
    document = """{
      works { number broken exits unmapped short }
      raises { number } leaves { number } misnumbered { number } mistyped { number } unlisted { number }
      __typename
    }"""
    async with answering(tmp_path, careless()) as answers:
        with capture_logs():
            answer = await answers.ask(document)

    assert answer.data == {
        "works": {"number": 1, "broken": None, "exits": None, "unmapped": None, "short": None},
        "raises": None, "leaves": None, "misnumbered": None, "mistyped": None, "unlisted": None,
        "__typename": "Query",
    }  # fmt: skip
    told = {".".join(map(str, path)): (code, message) for path, code, message in answer.errors}
    assert [message for _, message in told.values() if "secret" in message] == []
    failed = ["works.broken", "works.exits", "works.unmapped", "works.short"]
    failed += ["raises", "leaves", "misnumbered.number", "mistyped.number", "unlisted"]
    assert told == dict.fromkeys(failed, ("PLUGIN_ERROR", BROKEN))


async def test_slow_plugin_leaves_its_neighbours_unharmed(tmp_path: Path) -> None:
    slow, quick = plugin("alpha", policy=Public), plugin("beta", noun="Beta", policy=Public)

    @slow.query(description="Hangs.")
    async def hangs(reader: Reader) -> int | None:
        await asyncio.sleep(60)
        return 1

    @quick.query(description="Answers.")
    async def answers_now(reader: Reader) -> int | None:
        return 1

    async with answering(tmp_path, slow, quick, limit=SHORT) as answers:
        with capture_logs():
            answer = await answers.ask("{ hangs answersNow }")

    assert answer.data == {"hangs": None, "answersNow": 1}
    assert answer.errors == [(["hangs"], "PLUGIN_ERROR", LATE)]


async def test_wrong_value_in_many_rows_is_logged_once_and_told_ten_times(tmp_path: Path) -> None:
    made = plugin(policy=Public)

    @made.query(description="Gives text for numbers.")
    async def things(reader: Reader) -> list[AlphaThing | None] | None:
        return [AlphaThing(number="secret") for _ in range(30)]  # type: ignore[arg-type]

    async with answering(tmp_path, made) as answers:
        with capture_logs() as logs:
            answer = await answers.ask("{ ...all } fragment all on Query { things { n: number } }")
        failures = answers.graph.containment.failures

    assert len(logs) == 1
    assert failures == {"alpha": 1}
    assert [path for path, *_ in answer.errors] == [["things", place, "n"] for place in range(10)]
    assert {code for _, code, _ in answer.errors} == {"PLUGIN_ERROR"}
    assert answer.errors[-1][2] == f"{BROKEN} (20 more like this.)"


async def test_a_function_that_is_late_again_and_again_is_left_alone_until_it_answers() -> None:
    now = 100.0
    containment = Containment(SHORT, Circuits(lambda: now))
    calls, hangs = 0, True

    async def asks_another_server() -> str:
        nonlocal calls
        calls += 1
        if hangs:
            await asyncio.sleep(60)
        return "answer"

    async def other() -> str:
        return "other"

    async def outcome() -> str:
        try:
            return str(await containment.call("alpha", asks_another_server))
        except PluginFailure as error:
            return str(error)

    assert [await outcome() for _ in range(5)] == [LATE, LATE, LATE, LEFT_ALONE, LEFT_ALONE]
    assert calls == 3
    assert containment.failures == {"alpha": 5}
    assert await containment.call("alpha", other) == "other"
    now += Circuits.PAUSE
    assert [await outcome() for _ in range(2)] == [LATE, LEFT_ALONE]
    hangs = False
    now += Circuits.PAUSE
    assert [await outcome() for _ in range(2)] == ["answer", "answer"]
    assert calls == 6


@pytest.mark.parametrize("error", [None, ValueError(), BadUserInput("Ask for less."), SystemExit(3)])
async def test_a_function_that_answers_between_is_not_left_alone(
    hurried: Containment, error: BaseException | None
) -> None:
    async def asks(seconds: float) -> None:
        await asyncio.sleep(seconds)
        if error is not None:
            raise error

    for _ in range(3):
        for seconds in (60, 60, 0):
            with suppress(PluginFailure, BadUserInput):
                await hurried.call("alpha", asks, seconds)
    with pytest.raises(PluginFailure, match=r"within 0\.05 s"):
        await hurried.call("alpha", asks, 60)


async def test_a_resolver_of_a_plugin_that_does_not_answer_costs_its_own_field() -> None:
    async def hangs() -> None:
        await asyncio.sleep(60)

    guarded = Guarded("Company.score", hangs, (), "alpha", SHORT)
    with pytest.raises(PluginFailure) as caught:
        await guarded.contained(hangs)
    assert str(caught.value) == LATE


async def test_a_read_cannot_change_the_arguments_that_the_next_request_is_given(tmp_path: Path) -> None:
    made = plugin(policy=Public)

    @made.rows(
        "Query", to=AlphaThing, arguments=[Argument("first", int)], description="As many as asked for."
    )
    async def numbered(reader: Reader, read: Read) -> Columns:
        return Columns(number=[read.args.pop("first")])  # type: ignore[attr-defined]

    async with answering(tmp_path, made) as answers:
        with capture_logs():
            answer = await answers.ask("{ numbered(first: 3) { number } }")

    assert (answer.data, answer.errors) == ({"numbered": None}, [(["numbered"], "PLUGIN_ERROR", BROKEN)])
