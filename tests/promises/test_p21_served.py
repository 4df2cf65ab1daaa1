"""P21 and P22: a served process goes through an outage with its writers, readers and streams, and loses nothing."""

import pytest

from tests.soak.frame import Rounds
from tests.soak.outage import FAULTS, outages
from tests.support.postgres import NoPostgresError


@pytest.mark.promise("P18", "P21", "P22", "P26")
async def test_no_change_and_no_event_is_lost_while_the_database_goes_and_comes() -> None:
    try:
        async with outages() as made:
            assert list(made.faults) == list(FAULTS)
            for seed, name in enumerate(("stopped", "half_open")):
                (turn,) = Rounds("outage", name, 1, seed)
                with turn:
                    await made.play(turn, name)
                assert turn.failure is None
                assert turn.counts["changes"] > 0
    except NoPostgresError as absence:
        pytest.skip(f"NO OUTAGE OF A SERVED DATABASE WAS TESTED: {absence}")
