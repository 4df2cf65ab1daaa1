"""The limiter: what it counts, what it refuses, and how little it looks at."""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import pytest
from graphql import DocumentNode, Node, SelectionNode, Visitor, get_introspection_query, parse, visit
from hypothesis import given
from hypothesis import strategies as st

from gateway.codes import Code
from gateway.documents.limiter import Dimensions, measure
from gateway.limits import Limits

LIMITS = Limits()
T = TypeVar("T")


def dimensions(text: str) -> Dimensions:
    """How large a document is."""
    return measure(parse(text), LIMITS)


def refused(text: str) -> list[tuple[str, int, int]]:
    """Code, limit and actual size of each refusal."""
    refusals = dimensions(text).refusals(LIMITS)
    return [(r.code, r.extensions["limit"], r.extensions["actual"]) for r in refusals]


def doubled(fragments: int, leaf: str = "leaf") -> str:
    """A chain of fragments, each of which spreads the next one twice."""
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(fragments))
    return f"{{ ...F0 }} {chain} fragment F{fragments} on Query {{ {leaf} }}"


def branching(fragments: int) -> str:
    """A chain of fragments, each of which spreads the next one below two fields."""
    chain = "".join(
        f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }} " for n in range(fragments)
    )
    return f"{{ ...F0 }} {chain} fragment F{fragments} on Query {{ leaf }}"


def nested(depth: int, *, root: str = "a") -> str:
    """Fields nested as deeply as asked."""
    return f"{{ {root} " + "{ a " * (depth - 1) + "}" * depth


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (nested(13), (Code.DEPTH_LIMIT_EXCEEDED, 12, 13)),
        (nested(21, root="__schema"), (Code.DEPTH_LIMIT_EXCEEDED, 20, 21)),
        ("{ a {" + " ".join(f"a{n}: b" for n in range(31)) + "} }", (Code.ALIAS_LIMIT_EXCEEDED, 30, 31)),
        ("{ a " + "@x " * 51 + "}", (Code.DIRECTIVE_LIMIT_EXCEEDED, 50, 51)),
        ("query ($a: Int " + "@x " * 51 + ") { a }", (Code.DIRECTIVE_LIMIT_EXCEEDED, 50, 51)),
        ("{" + " ".join(f"a{n}" for n in range(21)) + "}", (Code.ROOT_FIELD_LIMIT_EXCEEDED, 20, 21)),
        ("mutation {" + " ".join(f"a{n}" for n in range(11)) + "}", (Code.MUTATION_LIMIT_EXCEEDED, 10, 11)),
        (
            "{ a }" + "".join(f"fragment F{n} on A {{ a }}" for n in range(101)),
            (Code.FRAGMENT_LIMIT_EXCEEDED, 100, 101),
        ),
        (
            f"query ({' '.join(f'$v{n}: Int' for n in range(101))}) {{ a }}",
            (Code.VARIABLE_LIMIT_EXCEEDED, 100, 101),
        ),
        (branching(10).replace("leaf", "a b c"), (Code.FIELD_LIMIT_EXCEEDED, 3_000, 5_118)),
        ("{" + "a " * 41 + "}", (Code.DUPLICATE_LIMIT_EXCEEDED, 40, 41)),
    ],
)
def test_each_limit_refuses_what_is_one_too_many(text: str, refusal: tuple[str, int, int]) -> None:
    assert refused(text) == [refusal]


@pytest.mark.parametrize(
    "text",
    [
        nested(12),
        nested(20, root="__schema"),
        "{ a {" + " ".join(f"a{n}: b" for n in range(30)) + "} }",
        "{ a " + "@x " * 50 + "}",
        "{" + " ".join(f"a{n}" for n in range(20)) + "}",
        "mutation {" + " ".join(f"a{n}" for n in range(10)) + "}",
        "{ a }" + "".join(f"fragment F{n} on A {{ a }}" for n in range(100)),
        f"query ({' '.join(f'$v{n}: Int' for n in range(100))}) {{ a }}",
        "{" + "a " * 40 + "}",
    ],
)
def test_each_limit_lets_through_what_is_just_enough(text: str) -> None:
    assert refused(text) == []


def test_the_standard_introspection_query_with_all_its_options_fits() -> None:
    text = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert refused(text) == []
    assert dimensions(text).introspection_depth == 15
    assert dimensions(text).depth == 0


def test_a_document_that_exceeds_several_limits_learns_of_all() -> None:
    text = "{" + " ".join(f"a{n}: a " + "@x " * 3 for n in range(31)) + "}"
    assert [code for code, _, _ in refused(text)] == [
        Code.ALIAS_LIMIT_EXCEEDED,
        Code.DIRECTIVE_LIMIT_EXCEEDED,
        Code.ROOT_FIELD_LIMIT_EXCEEDED,
    ]


def test_fragments_count_wherever_they_are_spread() -> None:
    text = "{ a { ...F } b { ... @x { ...F } } } fragment F on A @x { c: d { e: f @x } }"
    assert dimensions(text)[:5] == (3, 0, 4, 5, 6)


def test_inline_fragments_are_no_depth() -> None:
    assert dimensions("{ ... { ... on A { a { ... { b } } } } }").depth == 2


def test_fields_below_introspection_count_apart_even_through_fragments() -> None:
    text = "{ __schema { ...F } a { b } } fragment F on A { c { d { e } } }"
    assert dimensions(text)[:2] == (2, 4)


def test_each_operation_is_measured_by_itself() -> None:
    text = "query A { a: a b: a } query B { c: a { d } } mutation C { e f g }"
    size = dimensions(text)
    assert (size.depth, size.aliases, size.root_fields, size.mutations) == (2, 2, 2, 3)


def test_root_fields_of_one_name_are_one_field() -> None:
    text = "{ a a ...F ... { a b } } fragment F on Query { a b ...F }"
    assert dimensions(text).root_fields == 2


def test_selections_meet_at_one_place_through_fragments_and_merged_fields() -> None:
    text = "{ a { x } ... { a { x } } ...F } fragment F on Query { a { x x } b { x } }"
    assert dimensions(text).duplicates == 4


def test_a_fragment_spread_often_at_one_place_is_compared_once() -> None:
    assert dimensions("{ ...F ...F ...F } fragment F on Query { a }").duplicates == 1


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on A { a ...F }",
        "{ ...F } fragment F on A { a { ...G } } fragment G on A { b { ...F } ...G }",
        "{ ...Missing a }",
        "fragment F on A { ...F }",
        "{ ...F } fragment F on A { a } fragment F on A { ...F }",
    ],
)
def test_cycles_and_unknown_fragments_are_left_to_validation(text: str) -> None:
    assert refused(text) == []


def test_fragments_that_double_each_other_are_refused_with_a_bounded_count() -> None:
    assert refused(doubled(25, "a: leaf @x")) == [
        (Code.ALIAS_LIMIT_EXCEEDED, 30, 1_000_000),
        (Code.DIRECTIVE_LIMIT_EXCEEDED, 50, 1_000_000),
        (Code.FIELD_LIMIT_EXCEEDED, 3_000, 1_000_000),
    ]


def visits(work: Callable[[], T]) -> Counter[str]:
    """How often each module of the limiter looked at a selection."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "_visit":
            counted[frame.f_globals["__name__"]] += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def selections(document: DocumentNode) -> int:
    """How many selections the text of a document has."""
    found: list[SelectionNode] = []

    class Finder(Visitor):
        """Meets each node once."""

        def enter(self, node: Node, *_: Any) -> None:
            if isinstance(node, SelectionNode):
                found.append(node)

    visit(document, Finder())
    return len(found)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("fragments", [5, 25, 50, 99])
@pytest.mark.parametrize("shape", [doubled, branching])
def test_each_selection_is_measured_once_however_often_it_is_spread(
    shape: Callable[[int], str], fragments: int
) -> None:
    document = parse(shape(fragments))
    counted = visits(lambda: measure(document, LIMITS))
    assert counted["gateway.documents.extent"] == selections(document)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("fragments", [25, 99])
@pytest.mark.parametrize("shape", [doubled, branching])
def test_the_search_for_overlaps_ends_at_its_limit(shape: Callable[[int], str], fragments: int) -> None:
    document = parse(shape(fragments))
    counted = visits(lambda: measure(document, LIMITS))
    assert counted["gateway.documents.overlap"] <= LIMITS.overlaps + selections(document)


def test_the_search_for_overlaps_ends_also_where_no_two_places_are_alike() -> None:
    """Each path through the levels merges another subset of the fragments, so there are 2 ** 11 places."""
    text = "{ ...L0 } fragment L11 on Q { leaf }"
    for n in range(11):
        text += f" fragment L{n} on Q {{ a {{ ...X{n} ...L{n + 1} }} b {{ ...Y{n} ...L{n + 1} }} }}"
        for name in (f"X{n}", f"Y{n}"):
            text += f" fragment {name} on Q {{ a {{ ...{name} }} b {{ ...{name} }} }}"
    document = parse(text)
    counted = visits(lambda: measure(document, LIMITS))
    assert counted["gateway.documents.overlap"] <= LIMITS.overlaps + selections(document)
    assert Code.OVERLAP_LIMIT_EXCEEDED in [code for code, _, _ in refused(text)]


FIELDS = st.sampled_from(["a", "x: a", "b @x", "y: b @x @x"])


@st.composite
def selection_sets(draw: st.DrawFn, fragments: list[str], depth: int) -> str:
    """Selections that spread some of the given fragments."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["leaf", "node", "inline", "spread"]))
        if kind == "spread" and fragments:
            parts.append(f"...{draw(st.sampled_from(fragments))} @x")
        elif kind == "inline" and depth:
            parts.append("... @x {" + draw(selection_sets(fragments, depth - 1)) + "}")
        elif kind == "node" and depth:
            parts.append(f"{draw(FIELDS)} {{{draw(selection_sets(fragments, depth - 1))}}}")
        else:
            parts.append(draw(FIELDS))
    return " ".join(parts)


@st.composite
def expandable(draw: st.DrawFn) -> tuple[str, str]:
    """A document with fragments, and the same with each spread written out as an inline fragment."""
    names = [f"F{number}" for number in range(draw(st.integers(0, 4)))]
    bodies: dict[str, str] = {}
    for name in names:
        bodies[name] = draw(selection_sets(list(bodies), 2))
    root = draw(selection_sets(names, 3))
    expanded = root
    for name in reversed(names):
        expanded = expanded.replace(f"...{name} @x", f"... @x {{{bodies[name]}}}")
    return f"{{{root}}}" + "".join(
        f" fragment {n} on Q {{{body}}}" for n, body in bodies.items()
    ), f"{{{expanded}}}"


@given(expandable())
def test_fragments_measure_the_same_as_their_text_in_place(texts: tuple[str, str]) -> None:
    with_fragments, expanded = (dimensions(text) for text in texts)
    assert with_fragments[:4] == expanded[:4]
    assert with_fragments.root_fields == expanded.root_fields
