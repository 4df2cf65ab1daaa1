"""The rate that processes share: in a real Valkey, while it answers, while it does not, and when it is back."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from structlog.testing import capture_logs

from gateway.rate import RateSettings
from gateway.refusal import Refusal
from gateway.shared_rate import PAUSE_SECONDS, SharedStocks
from gateway.stocks import stock_of
from tabard.errors import ConfigurationInvalid
from tests.support.clocks import Clock
from tests.support.servers import PATIENCE, RunningServer, token
from tests.support.stores import Store

SETTINGS = RateSettings(points=100, restored_per_second=1)
# As many seconds it takes until the first of them come back.
POINTS: Final = 200
QUERY: Final = "{ viewer { name } workspace { name tabs { key } } }"


@pytest.fixture
def clock() -> Clock:
    """What the stocks go by when they leave a storage alone."""
    return Clock()


@pytest.fixture
async def stocks(store: Store, clock: Clock) -> AsyncIterator[list[SharedStocks]]:
    """Those of two processes."""
    made = [SharedStocks.at(store.url, SETTINGS) for _ in range(2)]
    for each in made:
        each._clock = clock
    yield made
    for each in made:
        await each.close()


async def test_callers_at_several_processes_at_once_get_no_more_than_one_stock(
    stocks: list[SharedStocks],
) -> None:
    async def is_let_in(number: int) -> bool:
        try:
            return await stocks[number % 2].take("a", 10) is not None
        except Refusal:
            return False

    assert sum(await asyncio.gather(*map(is_let_in, range(40)))) == 10
    with pytest.raises(Refusal) as refusal:
        await stocks[1].take("a", 50)
    assert refusal.value.extensions["retryAfter"] == 50
    await stocks[0].give_back("a", 30)
    again = await stocks[1].take("a", 30)
    assert again is not None
    assert again.remaining == 0


async def test_a_storage_that_has_gone_refuses_nobody_and_counts_again_when_it_is_back(
    store: Store, stocks: list[SharedStocks], clock: Clock
) -> None:
    first, second = stocks
    await first.take("a", 100)
    store.stop()
    try:
        with capture_logs() as logs:
            assert await first.take("a", 100) is None
            await first.give_back("a", 1)
        # The second call did not even try.
        assert [log["event"] for log in logs] == ["rate not known"]
    finally:
        store.start()
    assert await first.take("a", 100) is None
    clock.now += PAUSE_SECONDS
    with capture_logs() as logs:
        assert await first.take("a", 90) is not None
    assert [log["event"] for log in logs] == ["rate known again"]
    with pytest.raises(Refusal):
        await second.take("a", 90)


async def test_a_storage_that_does_not_answer_is_not_waited_for_and_confuses_nobody_later(
    store: Store, stocks: list[SharedStocks], clock: Clock
) -> None:
    first, second = stocks
    await first.take("a", 60)
    with store.frozen():
        assert await first.take("b", 10) is None
        assert await second.take("b", 10) is None
    clock.now += PAUSE_SECONDS
    # What was sent meanwhile may have been done; but no answer is taken for that to another question.
    for each in stocks:
        left = await each.take("a", 10)
        assert left is not None
        assert left.remaining in {20, 30}
        other = await each.take("c", 0)
        assert other is not None
        assert other.remaining == 100


async def test_a_storage_that_was_never_there_refuses_nobody() -> None:
    stocks = SharedStocks.at("redis://127.0.0.1:1", SETTINGS)
    with capture_logs() as logs:
        assert await stocks.take("a", 100) is None
    await stocks.close()
    assert [log["event"] for log in logs] == ["rate not known"]


@pytest.mark.parametrize(
    "url",
    [
        "memcached://user:secret@store",
        "redis+cluster://user:secret@store",
        "redis://user:secret@store:port",
        "user:secret@store",
    ],
)
def test_an_address_of_nothing_that_can_be_shared_is_told_with_what_to_write(url: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        stock_of(RateSettings.model_validate({"storage": url}))
    assert str(refused.value) == (
        "TABARD_RATE__STORAGE cannot be used: "
        "write it as redis://user:password@host:6379/0, or with rediss:// for TLS"
    )


def test_a_storage_that_nothing_here_speaks_to_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "valkey.asyncio", None)
    with pytest.raises(ConfigurationInvalid) as refused:
        stock_of(RateSettings.model_validate({"storage": "redis://store"}))
    assert str(refused.value) == (
        "TABARD_RATE__STORAGE cannot be used: what speaks to it is not installed: "
        "pip install 'tabard[shared-rate]'"
    )


@pytest.mark.promise("P8")
def test_two_servers_share_what_a_caller_has_and_go_on_without_the_storage(
    tmp_path: Path, demo_sqlite_url: str, store: Store
) -> None:
    settings = {
        "TABARD_LIMITS__COST": "50",
        "TABARD_RATE__POINTS": str(POINTS),
        "TABARD_RATE__RESTORED_PER_SECOND": "1",
        "TABARD_RATE__STORAGE": store.url,
    }
    headers = {"authorization": f"Bearer {token(demo_sqlite_url)}"}
    servers = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            servers.append(RunningServer(tmp_path / name, demo_sqlite_url, **settings))

        def ask(server: RunningServer) -> dict[str, Any]:
            answer = httpx2.post(
                f"{server.address}/graphql", json={"query": QUERY}, headers=headers, timeout=PATIENCE
            )
            return dict(answer.json())

        def spent() -> int:
            """What they give in turn, until one after the other gives nothing."""
            costs: list[int] = []
            refusals = 0
            for server in itertools.cycle(servers):
                told = ask(server)
                if "data" in told:
                    assert "errors" not in told
                    costs.append(told["extensions"]["cost"]["actual"])
                    refusals = 0
                    continue
                assert told["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
                refusals += 1
                if refusals == len(servers):
                    break
            return sum(costs)

        dearest = ask(servers[0])["extensions"]["cost"]["requested"]
        store.clear()
        assert POINTS - dearest < spent() <= POINTS
        with store.frozen():
            assert all("data" in ask(server) for server in servers)
        store.stop()
        try:
            assert all("data" in ask(server) for server in servers)
        finally:
            store.start()
        # As soon as both have noticed it.
        assert spent() > POINTS - dearest
    finally:
        for server in servers:
            server.kill()
