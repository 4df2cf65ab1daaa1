"""P18: what was acknowledged is there once after a crash, and everything else at most once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.promises.support.traces import Traces, traces, versions
from tests.promises.support.writers import CREATE, LINK, UPDATE, Change, Client, State
from tests.soak.frame import Rounds
from tests.soak.kill import Kills
from tests.support.servers import RunningServer, token

pytestmark = pytest.mark.promise("P18")

KILLS = 5
MOST = 30


async def test_a_killed_server_loses_nothing_that_was_acknowledged_and_does_nothing_twice(
    demo_url: str, tmp_path: Path
) -> None:
    rounds = Rounds("kill", "the suite", KILLS, 1)
    kills = await asyncio.to_thread(Kills, demo_url, tmp_path, MOST)
    try:
        for turn in rounds:
            with turn:
                await kills.play(turn)
    finally:
        kills.close()

    assert [turn.failure for turn in rounds.failed] == []
    assert sum(turn.counts["acknowledged"] for turn in rounds.done) > KILLS


async def test_a_change_that_is_lost_doubled_or_half_there_would_be_found(
    demo_sqlite_url: str, tmp_path: Path
) -> None:
    before, since = await versions(demo_sqlite_url), datetime.now(UTC)
    server = await asyncio.to_thread(RunningServer, tmp_path, demo_sqlite_url)
    try:
        async with Client(server.address, token(demo_sqlite_url)) as client:
            company, other, _ = (await client.shared()).companies
            made = [
                Change("made", CREATE, {"name": "made"}),
                Change("changed", UPDATE, {"record": company, "name": "changed"}),
                Change("linked", LINK, {"record": company, "to": other}),
            ]
            for change in made:
                await client.send(change)
    finally:
        server.kill()
    found = await traces(demo_sqlite_url, since, before)
    found.check(made)

    def is_found(**broken: object) -> bool:
        try:
            Traces(**{**vars(found), **broken}).check(made)
        except AssertionError:
            return True
        return False

    assert {change.state for change in made} == {State.ACKNOWLEDGED}
    for counted in ("texts", "audited", "links", "keys", "changes", "events"):
        counter = getattr(found, counted)
        assert is_found(**{counted: counter + counter}), f"doubled {counted}"
        assert is_found(**{counted: type(counter)()}), f"lost {counted}"
    assert is_found(before={id: version + 1 for id, version in before.items()})
    unsent = Change("unsent", CREATE, {"name": "unsent"}, State.ACKNOWLEDGED)
    with pytest.raises(AssertionError, match=r"'unsent'.* has left its traces"):
        found.check([unsent])
