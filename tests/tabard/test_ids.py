"""Ids are unique, ordered and 63 bits wide; global ids are typed and read back only what was written."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard import Company, decode_id
from tabard.storage.ids import (
    ALPHABET,
    EPOCH_MS,
    MAX_COUNTER,
    MAX_NODE,
    IdFactory,
    decode_global_id,
    encode_global_id,
    instant_of,
)

IDS = st.integers(0, (1 << 63) - 1)
NOUNS = st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@given(NOUNS, IDS)
def test_global_id_reads_back_as_its_noun_and_id(noun: str, id: int) -> None:
    assert decode_global_id(encode_global_id(noun, id)) == (noun, id)


@given(IDS, IDS)
def test_global_ids_sort_as_their_ids(one: int, other: int) -> None:
    assert (one < other) == (encode_global_id("deal", one) < encode_global_id("deal", other))


@pytest.mark.promise("P6")
@given(st.text(max_size=40))
def test_any_text_is_no_id_or_the_one_way_to_write_it(text: str) -> None:
    decoded = decode_global_id(text)

    assert decoded is None or encode_global_id(*decoded) == text


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "forged",
    [
        "",
        "company",
        "company_",
        "_0000000000001",
        "0000000000001",
        "company_000000000001",
        "company_00000000000001",
        "company_000000000000i",
        "company_000000000000A",
        "company_000000000000١",
        "company_zzzzzzzzzzzzz",
        "company_8000000000000",
        "company_0000000000001 ",
    ],
)
def test_forged_id_is_none(forged: str) -> None:
    assert decode_global_id(forged) is None


def test_largest_id_has_sixty_three_bits() -> None:
    assert decode_global_id("company_7zzzzzzzzzzzz") == ("company", (1 << 63) - 1)


def test_alphabet_has_no_letters_that_people_mix_up() -> None:
    assert not set("ilou") & set(ALPHABET)


def test_id_of_another_type_is_not_this_types() -> None:
    assert decode_id(Company, encode_global_id("company", 5)) == 5
    assert decode_id(Company, encode_global_id("deal", 5)) is None
    assert decode_id(Company, "nonsense") is None


@given(st.lists(st.floats(1_767_225_600, 1_767_225_601), min_size=2, max_size=50))
def test_ids_grow_whatever_the_clock_does(times: list[float]) -> None:
    clock = iter(times)
    make = IdFactory(3, lambda: next(clock))

    made = [make() for _ in times]

    assert made == sorted(set(made))


def test_clock_that_steps_back_keeps_the_last_millisecond() -> None:
    clock = iter([NOON.timestamp(), NOON.timestamp() - 3600])
    make = IdFactory(0, lambda: next(clock))

    first, second = make(), make()

    assert second == first + 1
    assert instant_of(second) == NOON


def test_full_counter_moves_on_to_the_next_millisecond() -> None:
    make = IdFactory(0, NOON.timestamp)

    made = make.take(MAX_COUNTER + 2)

    assert len(set(made)) == len(made)
    assert (instant_of(made[-1]) - instant_of(made[0])).total_seconds() == 0.001


def test_nodes_never_make_the_same_id() -> None:
    made = [IdFactory(node, NOON.timestamp).take(5) for node in range(MAX_NODE + 1)]

    assert len({id for ids in made for id in ids}) == 5 * (MAX_NODE + 1)


@pytest.mark.parametrize("node", [-1, MAX_NODE + 1])
def test_node_out_of_range_is_refused(node: int) -> None:
    with pytest.raises(ValueError, match=f"^node must be between 0 and 1023, not {node}$"):
        IdFactory(node)


def test_threads_share_a_factory_without_doubles() -> None:
    make = IdFactory(1, NOON.timestamp)
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.extend(make.take(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 2000


def test_id_tells_when_it_was_made() -> None:
    assert instant_of(IdFactory(9, NOON.timestamp)()) == NOON
    assert instant_of(0) == datetime.fromtimestamp(EPOCH_MS / 1000, UTC)


def test_ids_fit_until_2094() -> None:
    last = datetime(2094, 9, 6, tzinfo=UTC)

    assert IdFactory(MAX_NODE, last.timestamp)() < 1 << 63
