"""The pulse: what is taken for a lost database, what not, and what follows."""

import asyncio
import time

import pytest

from tabard.errors import Unavailable
from tabard.storage.pulse import Pulse

PATIENCE = 60


class Patient:
    """A database that answers, fails or keeps still as the test says; cutting its line ends a silence."""

    def __init__(self) -> None:
        self.is_silent = False
        self.error: Exception | None = None
        self.cuts = 0
        self.beats = 0
        self._line = asyncio.Event()
        self.pulse = Pulse(self.beat, self.cut, interval=0.001, patience=0.01)

    async def beat(self) -> None:
        self.beats += 1
        if self.is_silent:
            self._line.clear()
            await self._line.wait()
            raise ConnectionError
        if self.error is not None:
            raise self.error

    def cut(self) -> None:
        self.cuts += 1
        self._line.set()

    async def until(self, is_lost: bool) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.pulse.is_lost is not is_lost:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)

    async def beats_more(self) -> None:
        seen = self.beats
        async with asyncio.timeout(PATIENCE):
            while self.beats < seen + 3:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)


async def test_a_database_that_answers_is_not_lost() -> None:
    patient = Patient()
    patient.pulse.start()
    await patient.beats_more()
    assert (patient.pulse.is_lost, patient.cuts) == (False, 0)
    patient.pulse.require()
    await patient.pulse.stop()


@pytest.mark.promise("P21")
async def test_a_silent_database_is_lost_refused_and_found_again() -> None:
    patient = Patient()
    patient.pulse.start()
    patient.is_silent = True
    await patient.until(is_lost=True)
    assert patient.cuts > 0
    with pytest.raises(Unavailable):
        patient.pulse.require()
    patient.is_silent = False
    await patient.until(is_lost=False)
    patient.pulse.require()
    await patient.pulse.stop()


async def test_a_database_that_fails_is_lost_too() -> None:
    patient = Patient()
    patient.error = OSError("refused")
    patient.pulse.start()
    await patient.until(is_lost=True)
    patient.error = None
    await patient.until(is_lost=False)
    await patient.pulse.stop()


async def test_a_busy_loop_is_no_sign_of_a_lost_database() -> None:
    answer = asyncio.Event()
    cuts = []
    asked = asyncio.Event()

    async def beat() -> None:
        asked.set()
        await answer.wait()

    pulse = Pulse(beat, lambda: cuts.append(1), interval=0.001, patience=0.05)
    pulse.start()
    await asked.wait()
    # The answer arrives while something holds the loop for longer than the patience.
    asyncio.get_running_loop().call_soon(answer.set)
    time.sleep(0.1)  # noqa: ASYNC251 - that is the point
    await asyncio.sleep(0.01)
    assert (pulse.is_lost, cuts) == (False, [])
    await pulse.stop()


@pytest.mark.parametrize("in_a_row", [1, 2])
async def test_a_beat_that_runs_out_of_time_early_is_repeated_once(in_a_row: int) -> None:
    patient = Patient()
    late = iter([TimeoutError()] * in_a_row)

    async def beat() -> None:
        patient.error = next(late, None)
        await patient.beat()

    pulse = Pulse(beat, patient.cut, interval=0.001)
    pulse.start()
    await patient.beats_more()
    assert patient.cuts == in_a_row - 1
    await pulse.stop()


async def test_a_pulse_that_is_stopped_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    patient = Patient()
    patient.pulse.start()
    patient.pulse.start()
    await patient.beats_more()
    await patient.pulse.stop()
    await patient.pulse.stop()
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before
