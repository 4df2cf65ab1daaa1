"""P19: no update is lost: what clients were told of a record fits one order of all they did."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.promises.support.history import Apply, History, Seen, Step, ordered, written
from tests.soak.frame import Rounds
from tests.soak.histories import SERVERS, play_all

pytestmark = pytest.mark.promise("P19")

HISTORIES = 15
FIRST = Seen(1, "a")


async def test_histories_of_a_record_that_many_change_at_once_are_explained_by_one_order(
    demo_url: str,
) -> None:
    kind = demo_url.partition("+")[0].partition(":")[0]
    rounds = Rounds("histories", kind, HISTORIES, 1)

    await play_all(demo_url, SERVERS[kind], rounds)

    assert [turn.failure for turn in rounds.failed] == []
    assert sum(turn.counts["written"] for turn in rounds.done) > HISTORIES
    assert sum(turn.counts["refused"] for turn in rounds.done) > 0


def test_a_lost_update_is_found() -> None:
    history = History(FIRST)
    begun = history.now(), history.now()
    history.wrote(begun[0], "b", 1, Seen(2, "b"))
    history.wrote(begun[1], "c", 1, Seen(2, "c"))

    assert not history.is_linearizable


def test_a_stale_read_is_found() -> None:
    history = History(FIRST)
    history.wrote(history.now(), "b", None, Seen(2, "b"))
    history.read(history.now(), FIRST)

    assert not history.is_linearizable


def test_a_refusal_for_no_reason_is_found() -> None:
    history = History(FIRST)
    history.refused(history.now(), if_version=1, current=1)

    assert not history.is_linearizable


def test_a_write_that_was_given_up_explains_what_comes_later_or_nothing() -> None:
    history = History(FIRST)
    history.lost(history.now(), "b", 1)
    history.read(history.now(), FIRST)
    assert history.is_linearizable
    history.read(history.now(), Seen(2, "b"))
    assert history.is_linearizable
    history.read(history.now(), FIRST)

    assert not history.is_linearizable


def test_a_payload_may_show_what_others_wrote_after_it() -> None:
    history = History(FIRST)
    one, other = history.now(), history.now()
    history.wrote(other, "b", None, Seen(3, "b"))
    history.wrote(one, "c", None, Seen(3, "b"))

    assert history.is_linearizable


@st.composite
def small_histories(draw: st.DrawFn) -> list[Step]:
    """Up to five steps at moments drawn by chance, told what may or may not be so."""
    steps = []
    for _ in range(draw(st.integers(1, 5))):
        begun, ended = sorted(draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))
        seen = Seen(draw(st.integers(1, 3)), draw(st.sampled_from("ab")))
        if draw(st.booleans()):
            steps.append(Step(f"read {seen}", begun, ended, _reads(seen)))
        else:
            version = draw(st.none() | st.integers(1, 3))
            lost = draw(st.booleans())
            end = float("inf") if lost else ended
            steps.append(
                Step(f"write {seen.value}", begun, end, _writes(seen.value, version), may_not_happen=lost)
            )
    return steps


def _reads(seen: Seen) -> Apply:
    return lambda state: state if state == seen else None


def _writes(value: str, version: int | None) -> Apply:
    return lambda state: written(state, value, version)


def orders(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """Every order of the steps, with and without those that may not have happened."""
    certain = [step for step in steps if not step.may_not_happen]
    lost = [step for step in steps if step.may_not_happen]
    for count in range(len(lost) + 1):
        for some in combinations(lost, count):
            yield from permutations([*certain, *some])


def explains(order: Sequence[Step]) -> bool:
    """Whether no step ended before an earlier one began, and each was told what the order makes of it."""
    state: Seen | None = FIRST
    for place, step in enumerate(order):
        if state is None or any(step.ended < earlier.begun for earlier in order[:place]):
            return False
        state = step.apply(state)
    return state is not None


@given(small_histories())
def test_the_search_finds_what_trying_every_order_finds(steps: list[Step]) -> None:
    assert ordered(FIRST, steps) == any(map(explains, orders(steps)))
