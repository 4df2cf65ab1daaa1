"""What a change may leave out it cannot be told to be nothing, however deep in the input it stands."""

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry

from tabard import Permission, Plugin, Reader, Work
from tabard.testing import Gateway
from tests.tabard.samples import bundled, plugin

CHANGE = "mutation ($input: AlphaSetInput!) { alphaSet(input: $input) { userErrors { code reason path message } } }"


@strawberry.input(description="A colour.")
class AlphaShade:
    name: strawberry.Maybe[str] = strawberry.field(description="Its name.")
    depth: strawberry.Maybe[int | None] = strawberry.field(description="How deep it is.")


@strawberry.input(description="A part.")
class AlphaPart:
    shade: strawberry.Maybe[AlphaShade] = strawberry.field(description="Its colour.")
    others: list[AlphaShade] = strawberry.field(description="Other colours.", default_factory=list)


ASKED: list[Any] = []


def alpha() -> Plugin:
    """Changes whose inputs nest, and a question that may be left out."""
    made = plugin(policy=Permission.WORKSPACE)

    @made.mutation(description="Sets it.")
    async def alpha_set(
        work: Work,
        part: AlphaPart | None = None,
        parts: strawberry.Maybe[list[AlphaPart]] = None,
        note: strawberry.Maybe[str] = None,
    ) -> None:
        ASKED.append((part, parts, note))

    @made.query(description="Says it again.")
    async def alpha_said(reader: Reader, *, what: strawberry.Maybe[str] = None) -> str | None:
        return what.value if what else "nothing"

    return made


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    ASKED.clear()
    return [*bundled(), alpha()]


MISPLACED = [
    ({"note": None}, ["input", "note"]),
    ({"parts": None}, ["input", "parts"]),
    ({"part": {"shade": None}}, ["input", "part", "shade"]),
    ({"part": {"shade": {"name": None}}}, ["input", "part", "shade", "name"]),
    ({"part": {"others": [{}, {"name": None}]}}, ["input", "part", "others", "1", "name"]),
    ({"parts": [{}, {"shade": {"depth": 1, "name": None}}]}, ["input", "parts", "1", "shade", "name"]),
]


async def test_a_null_where_there_can_be_none_is_refused_with_its_place(gateway: Gateway) -> None:
    for given, path in MISPLACED:
        for document, variables in ((CHANGE, {"input": given}), (_written(given), {})):
            answer = await gateway.execute(document, variables)
            assert answer.errors == [], (given, answer.errors)
            (error,) = answer.data["alphaSet"]["userErrors"]  # type: ignore[index]
            assert error == {
                "code": "REQUIRED",
                "reason": "input.null",
                "path": path,
                "message": f"`{path[-1]}` cannot be null; leave it out to keep it as it is.",
            }
    assert ASKED == []


async def test_everything_else_arrives_as_it_was_sent(gateway: Gateway) -> None:
    given = {"part": {"shade": {"name": "blue", "depth": None}}, "parts": [{"others": [{}]}], "note": "x"}
    for sent in (given, {"part": None}, {}):
        data = await gateway.query(CHANGE, {"input": sent})
        assert data["alphaSet"]["userErrors"] == []
    shade = AlphaShade(name=strawberry.Some("blue"), depth=strawberry.Some(None))
    other = AlphaPart(shade=None, others=[AlphaShade(name=None, depth=None)])
    full = AlphaPart(shade=strawberry.Some(shade), others=[])
    assert [
        (full, strawberry.Some([other]), strawberry.Some("x")), (None, None, None), (None, None, None)
    ] == ASKED  # fmt: skip


async def test_a_question_with_a_null_where_there_can_be_none_is_the_clients_mistake(
    gateway: Gateway,
) -> None:
    for document in ("{ alphaSaid(what: null) }", "query ($what: String = null) { alphaSaid(what: $what) }"):
        answer = await gateway.execute(document)
        assert answer.codes == ["BAD_USER_INPUT"], answer.errors
        assert "leave it out" in answer.errors[0].message
        assert answer.data == {"alphaSaid": None}
    assert await gateway.query("{ alphaSaid }") == {"alphaSaid": "nothing"}


def _written(value: Any) -> str:
    """The change with its input as literals."""
    return (
        f"mutation {{ alphaSet(input: {_literal(value)}) {{ userErrors {{ code reason path message }} }} }}"
    )


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name}: {_literal(item)}' for name, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return "null" if value is None else str(value)
