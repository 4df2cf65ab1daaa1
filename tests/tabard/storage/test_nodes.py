"""Node numbers: two processes never hold the same one, so that their ids never meet."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tabard.assembly import assemble
from tabard.errors import DatabaseNotReady, Unavailable
from tabard.records.tables import node_lease
from tabard.storage.database import Database
from tabard.storage.ids import MAX_NODE, instant_of
from tabard.storage.nodes import CLOCK_SKEW, LEASE, NodeLease, leased


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self) -> float:
        return self.now.timestamp()

    def pass_(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind."""
    database = Database(migrated_url, assemble([]).registry.tables)
    yield database
    await database.close()


async def occupy(database: Database, nodes: range, until: datetime) -> None:
    """Leases numbers to somebody else."""
    async with database.system("test") as connection:
        rows = [{"node": node, "holder": "somebody else", "expires_at": until} for node in nodes]
        await connection.execute(sa.insert(node_lease), rows)


async def holders(database: Database) -> dict[int, str]:
    async with database.system("test") as connection:
        return {row.node: row.holder for row in await connection.execute(sa.select(node_lease))}


async def test_processes_that_start_together_get_numbers_of_their_own(database: Database) -> None:
    leases = [NodeLease(database) for _ in range(12)]
    await asyncio.gather(*(lease.take() for lease in leases))
    assert len({lease.node for lease in leases}) == 12
    assert len({lease() for lease in leases for _ in range(50)}) == 600


async def test_of_two_that_want_the_last_number_one_gets_it(database: Database, clock: Clock) -> None:
    await occupy(database, range(MAX_NODE), clock.now + LEASE)
    leases = [NodeLease(database, clock) for _ in range(2)]
    outcomes = await asyncio.gather(*(lease.take() for lease in leases), return_exceptions=True)
    assert sorted(str(lease.node) for lease in leases) == [str(MAX_NODE), "None"]
    (refusal,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refusal, DatabaseNotReady)


async def test_when_all_numbers_are_leased_the_start_is_refused(database: Database, clock: Clock) -> None:
    await occupy(database, range(MAX_NODE + 1), clock.now + LEASE)
    with pytest.raises(DatabaseNotReady) as refused:
        await NodeLease(database, clock).take()
    assert str(refused.value) == (
        "all 1,024 node numbers are leased; stop a process, or wait 0:11:00 for the leases of those that died"
    )


async def test_the_number_of_a_dead_process_is_free_when_its_lease_and_the_skew_have_passed(
    database: Database, clock: Clock
) -> None:
    await occupy(database, range(MAX_NODE + 1), clock.now)
    clock.pass_(CLOCK_SKEW)
    with pytest.raises(DatabaseNotReady):
        await NodeLease(database, clock).take()
    clock.pass_(timedelta(milliseconds=1))
    lease = NodeLease(database, clock)
    await lease.take()
    assert "somebody else" not in (await holders(database))[lease.node or 0]


async def test_no_ids_are_made_when_the_lease_has_ended(database: Database, clock: Clock) -> None:
    lease = NodeLease(database, clock)
    with pytest.raises(Unavailable):
        lease()
    await lease.take()
    clock.pass_(LEASE - timedelta(seconds=1))
    lease()
    clock.pass_(timedelta(seconds=1))
    with pytest.raises(Unavailable) as refused:
        lease()
    assert refused.value.extensions["retryAfter"] == 5


async def test_a_renewed_lease_goes_on_with_its_number(database: Database, clock: Clock) -> None:
    lease = NodeLease(database, clock)
    await lease.take()
    node = lease.node
    clock.pass_(LEASE / 2)
    await lease.renew()
    clock.pass_(LEASE / 2)
    assert instant_of(lease()) == clock.now
    assert lease.node == node


async def test_a_lease_that_was_lost_meanwhile_gets_another_number(database: Database, clock: Clock) -> None:
    lease = NodeLease(database, clock)
    await lease.take()
    lost = lease.node
    clock.pass_(2 * LEASE)
    async with database.system("test") as connection:
        theirs = {"holder": "somebody else", "expires_at": clock.now + LEASE}
        await connection.execute(sa.update(node_lease).values(**theirs))
    await lease.renew()
    assert instant_of(lease()) == clock.now
    assert lease.node != lost
    assert (await holders(database))[lost or 0] == "somebody else"


async def test_a_number_given_back_is_free_once_its_last_id_lies_in_the_past(
    database: Database, clock: Clock
) -> None:
    await occupy(database, range(MAX_NODE), clock.now + 2 * LEASE)
    first, second = NodeLease(database, clock), NodeLease(database, clock)
    await first.take()
    last = first()
    await first.release()
    with pytest.raises(Unavailable):
        first()
    with pytest.raises(DatabaseNotReady):
        await second.take()
    clock.pass_(timedelta(milliseconds=2))
    await second.take()
    assert second.node == MAX_NODE
    assert second() > last


async def test_a_short_task_gives_its_number_back(database: Database) -> None:
    async with leased(database) as new_id:
        assert new_id() < new_id()
    with pytest.raises(Unavailable):
        new_id()
