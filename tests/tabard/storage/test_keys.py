"""Sets of keys in statements: one text for any number of them, on both databases."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tabard.columns import Identifier, Label
from tabard.storage.keys import key_rows, keys

BIGGEST = 2**63 - 1
WORDS = {1: "one", 2: "two", 3: 'th"ree', 4: "vier, fünf", BIGGEST: "biggest"}

metadata = sa.MetaData()
word = sa.Table(
    "word",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=False),
    sa.Column("word", Label(20)),
    sa.Column("weight", sa.Float),
    sa.Column("parent_id", sa.BigInteger),
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database of a few words."""
    engine = create_async_engine(database_url)
    rows = [{"id": id_, "word": text, "parent_id": None if id_ == 1 else 1} for id_, text in WORDS.items()]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(sa.insert(word), rows)
    yield engine
    await engine.dispose()


async def rows_of(engine: AsyncEngine, statement: Any) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([], []),
        ([2], [2]),
        ([3, 1, 1, 99], [1, 3]),
        ([BIGGEST], [BIGGEST]),
        ([-BIGGEST - 1], []),
        (list(range(5000)), [1, 2, 3, 4]),
    ],
)
async def test_keys_find_the_rows_of_any_list(engine: AsyncEngine, ids: list[int], found: list[int]) -> None:
    statement = sa.select(word.c.id).where(keys(word.c.id, ids)).order_by(word.c.id)
    assert await rows_of(engine, statement) == [(id_,) for id_ in found]


async def test_keys_can_be_text(engine: AsyncEngine) -> None:
    statement = sa.select(word.c.id).where(keys(word.c.word, ['th"ree', "vier, fünf", "'; --", ""]))
    assert sorted(await rows_of(engine, statement)) == [(3,), (4,)]


async def test_keys_combine_with_other_conditions(engine: AsyncEngine) -> None:
    chosen, others = keys(word.c.id, [1, 2]), keys(word.c.id, [2, 3])
    for condition, found in {
        ~chosen: [3, 4, BIGGEST],
        sa.and_(chosen, others): [2],
        sa.or_(chosen, others): [1, 2, 3],
        sa.and_(~chosen, ~others): [4, BIGGEST],
        chosen.is_(True): [1, 2],
        chosen == others: [2, 4, BIGGEST],
        keys(word.c.parent_id, [1]): [2, 3, 4, BIGGEST],
        ~keys(word.c.parent_id, [1]): [],
    }.items():
        statement = sa.select(word.c.id).where(condition).order_by(word.c.id)
        assert await rows_of(engine, statement) == [(id_,) for id_ in found]


async def test_keys_can_be_selected(engine: AsyncEngine) -> None:
    statement = sa.select(word.c.id, keys(word.c.id, [2]).label("chosen")).order_by(word.c.id).limit(2)
    assert await rows_of(engine, statement) == [(1, False), (2, True)]


async def test_the_text_is_the_same_for_any_number_of_keys(engine: AsyncEngine) -> None:
    seen: list[tuple[str, str]] = []

    @sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def listen(_: Any, __: Any, text: str, ___: Any, context: Any, ____: bool) -> None:
        seen.append((text, context.cache_hit.name))

    for ids, found in (([1], 1), ([1, 2, 3], 3), ([], 0)):
        assert len(await rows_of(engine, sa.select(word.c.id).where(keys(word.c.id, ids)))) == found
    assert len({text for text, _ in seen}) == 1
    assert [hit for _, hit in seen] == ["CACHE_MISS", "CACHE_HIT", "CACHE_HIT"]


async def test_lists_of_two_kinds_do_not_share_a_text(engine: AsyncEngine) -> None:
    assert await rows_of(engine, sa.select(key_rows([7]).c.key)) == [(7,)]
    assert await rows_of(engine, sa.select(key_rows(["7"], str).c.key)) == [("7",)]


async def test_key_rows_keep_every_key_in_its_place(engine: AsyncEngine) -> None:
    asked = key_rows([3, 99, 1, 3])
    statement = (
        sa.select(asked.c.position, asked.c.key, word.c.word)
        .outerjoin_from(asked, word, word.c.id == asked.c.key)
        .order_by(asked.c.position)
    )
    expected = [(1, 3, 'th"ree'), (2, 99, None), (3, 1, "one"), (4, 3, 'th"ree')]
    assert await rows_of(engine, statement) == expected


async def test_key_rows_can_be_text_and_have_a_name(engine: AsyncEngine) -> None:
    asked = key_rows(["two", "'; --"], str, name="asked")
    statement = sa.select(asked.c.key, word.c.id).outerjoin_from(asked, word, word.c.word == asked.c.key)
    assert sorted(await rows_of(engine, statement)) == [("'; --", None), ("two", 2)]
    assert "AS asked" in str(statement.compile(engine.sync_engine))


async def test_two_lists_join(engine: AsyncEngine) -> None:
    left, right = key_rows([1, 2, 3]), key_rows([2, 3, 4])
    statement = sa.select(left.c.key).join(right, right.c.key == left.c.key).order_by(left.c.key)
    assert await rows_of(engine, statement) == [(2,), (3,)]


async def test_the_top_row_of_each_key(engine: AsyncEngine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no LATERAL")
    asked = key_rows([1, 99])
    newest = (
        sa.select(word.c.id)
        .where(word.c.parent_id == asked.c.key)
        .order_by(word.c.id.desc())
        .limit(1)
        .lateral()
    )
    statement = sa.select(asked.c.key, newest.c.id).outerjoin_from(asked, newest, sa.true())
    assert sorted(await rows_of(engine, statement), key=str) == [(1, BIGGEST), (99, None)]


def test_keys_of_a_number_that_is_no_integer_are_refused() -> None:
    with pytest.raises(TypeError, match=r"finds integer or text keys; the column 'word\.weight' is Float"):
        keys(word.c.weight, [1])
