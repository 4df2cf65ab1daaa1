"""The rate: each caller's points, what takes them and what gives them back."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rate import RateSettings, Stock, TokenBuckets, Unlimited
from gateway.refusal import Refusal
from gateway.shared_rate import SharedStocks
from gateway.stocks import stock_of
from tests.support.clocks import Clock

SETTINGS = RateSettings(points=100, restored_per_second=10)


@pytest.fixture(params=["own", "shared"])
async def stock(request: pytest.FixtureRequest) -> AsyncIterator[Stock]:
    """A stock of this process, or one that processes share."""
    is_shared = request.param == "shared"
    made = (
        SharedStocks.at(request.getfixturevalue("store").url, SETTINGS)
        if is_shared
        else TokenBuckets(SETTINGS)
    )
    yield made
    await made.close()


async def test_points_are_taken_until_there_are_too_few(stock: Stock) -> None:
    first = await stock.take("a", 60)
    assert first is not None
    assert (first.limit, first.restored_per_second, first.cost) == (100, 10, 60)
    assert 40 <= first.remaining <= 41
    with pytest.raises(Refusal) as refusal:
        await stock.take("a", 90)
    assert refusal.value.extensions["code"] == "RATE_LIMITED"
    assert 1 <= refusal.value.extensions["retryAfter"] <= 10
    await stock.take("a", 40)


async def test_a_refused_request_takes_nothing_and_others_have_their_own(stock: Stock) -> None:
    await stock.take("a", 100)
    for _ in range(3):
        with pytest.raises(Refusal):
            await stock.take("a", 100)
    assert await stock.take("b", 100) is not None


async def test_what_is_given_back_can_be_spent_again(stock: Stock) -> None:
    await stock.take("a", 100)
    await stock.give_back("a", 90)
    again = await stock.take("a", 80)
    assert again is not None
    assert 10 <= again.remaining <= 11


async def test_points_come_back_with_time_up_to_a_full_stock() -> None:
    clock = Clock()
    stock = TokenBuckets(SETTINGS, clock)
    await stock.take("a", 100)
    clock.now += 3
    assert (await stock.take("a", 30)).remaining == 0
    clock.now += 3_600
    assert (await stock.take("a", 1)).remaining == 99
    await stock.give_back("a", 50)
    assert (await stock.take("a", 0)).remaining == 100


async def test_the_wait_is_as_long_as_the_points_need() -> None:
    stock = TokenBuckets(SETTINGS, Clock())
    await stock.take("a", 95)
    with pytest.raises(Refusal) as refusal:
        await stock.take("a", 50)
    assert refusal.value.extensions["retryAfter"] == 5


async def test_only_so_many_callers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rate.MOST_CALLERS", 2)
    stock = TokenBuckets(SETTINGS, Clock())
    for caller in ("a", "b", "a", "c"):
        await stock.take(caller, 50)
    with pytest.raises(Refusal):
        await stock.take("a", 50)
    assert (await stock.take("b", 100)).remaining == 0


@given(st.lists(st.tuples(st.integers(0, 100), st.floats(0, 5), st.floats(0, 1)), max_size=30))
async def test_nobody_gets_more_than_a_full_stock_and_what_came_back(
    requests: list[tuple[int, float, float]],
) -> None:
    clock = Clock()
    stock, spent = TokenBuckets(SETTINGS, clock), 0.0
    for points, seconds, share in requests:
        clock.now += seconds
        try:
            await stock.take("a", points)
        except Refusal:
            continue
        unused = int(points * share)
        await stock.give_back("a", unused)
        spent += points - unused
        assert spent <= 100 + 10 * (clock.now - 1_000) + 1e-6


def test_an_operator_may_set_no_rate_or_a_storage() -> None:
    assert isinstance(stock_of(RateSettings(points=0)), Unlimited)
    assert isinstance(stock_of(RateSettings()), TokenBuckets)
    for scheme in ("redis", "rediss", "valkey", "valkeys", "unix"):
        settings = RateSettings.model_validate({"storage": f"{scheme}://user:secret@store:6379/0"})
        assert isinstance(stock_of(settings), SharedStocks)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "settings", [{"rate": {"points": 10, "restored_per_second": 1}, "limits": {"cost": 10}}]
)
async def test_a_caller_who_asks_too_much_is_told_when_to_come_back(client: httpx2.AsyncClient) -> None:
    dear = {"query": "{ company(id: 1) { parent { parent { parent { parent { parent { id } } } } } } }"}
    assert (await client.post("/graphql", json=dear)).json()["extensions"]["cost"]["actual"] == 7
    refused = await client.post("/graphql", json=dear)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "4")
    (error,) = refused.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["retryAfter"]) == ("RATE_LIMITED", 4)
    other = await client.post("/graphql", json=dear, headers={"authorization": "Bearer good"})
    assert other.status_code == 200


@pytest.mark.parametrize("settings", [{"rate": {"points": 5_000, "restored_per_second": 1}}])
async def test_what_an_answer_did_not_cost_is_given_back(client: httpx2.AsyncClient) -> None:
    cheap = {"query": "{ companies(first: 100) { a: parent { id } b: parent { id } c: parent { id } } }"}
    for _ in range(20):
        response = await client.post("/graphql", json=cheap)
        assert response.json()["extensions"]["cost"] == {
            "requested": 302, "actual": 5, "nodes": 100, "limit": 5_000
        }  # fmt: skip


async def test_an_answer_tells_its_cost(client: httpx2.AsyncClient) -> None:
    text = "query ($n: Int) { companies(first: $n) { parent { id } } hello }"
    response = await client.post("/graphql", json={"query": text, "variables": {"n": 4}})
    assert response.json()["extensions"] == {
        "cost": {"requested": 6, "actual": 3, "nodes": 4, "limit": 5_000}
    }
