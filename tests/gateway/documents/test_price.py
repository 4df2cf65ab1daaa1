"""Prices: what an operation may cost, known before anything is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import build_schema, execute_sync, get_introspection_query, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.documents import Documents
from gateway.documents.price import Quote
from gateway.documents.pricing import prices
from gateway.limits import Limits
from gateway.refusal import LimitExceeded

SCHEMA = build_schema("""
    type Query { a: Thing list: [Thing!] page(first: Int, last: Int): ThingConnection sized(first: Int = 3): [Thing]
      nodes(ids: [ID!]!): [Node] node: Node words: [String!] word: String }
    interface Node { id: ID  a: Thing }
    type Thing implements Node { id: ID a: Thing list: [Thing!] page(first: Int, last: Int): ThingConnection }
    type Other implements Node { id: ID a: Thing page(first: Int): ThingConnection }
    type ThingConnection { edges: [Edge!]! nodes: [Thing!]! pageInfo: PageInfo! totalCount: Int! }
    type Edge { cursor: String! node: Thing! }
    type PageInfo { hasNextPage: Boolean! }
    type Mutation { change(first: Int): Thing again: Thing }
""")
OPERATIONS = Path(__file__).resolve().parents[3] / "schema"


def quote(text: str, **variables: Any) -> Quote:
    """The price of a document's only operation."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    (price,) = prices(SCHEMA, document).values()
    return price.quote(variables)


@pytest.mark.parametrize(
    ("text", "nodes", "cost"),
    [
        ("{ word words __typename }", 0, 1),
        ("{ a { id } }", 0, 2),
        ("{ a { a { a { id } } } }", 0, 4),
        ("{ list { id } }", 10, 2),
        ("{ list { a { id } } }", 10, 12),
        ("{ list { list { a { id } } } }", 110, 112),
        ("{ page { nodes { id } } }", 25, 3),
        ("{ page(first: 2) { nodes { a { id } } } }", 2, 5),
        ("{ page(last: 7) { nodes { id } } }", 7, 3),
        ("{ page(first: 2) { edges { node { id } } pageInfo { hasNextPage } totalCount } }", 2, 6),
        ("{ page(first: 100) { nodes { page(first: 50) { nodes { id } } } } }", 5_100, 203),
        ("{ page(first: 0) { nodes { page { nodes { id } } } } }", 0, 3),
        ("{ page(first: null) { nodes { id } } }", 25, 3),
        ("{ sized { id } }", 3, 2),
        ("{ sized(first: 9) { id } }", 9, 2),
        ('{ nodes(ids: ["a", "b"]) { id } }', 2, 2),
        ('{ nodes(ids: "a") { id } }', 1, 2),
        ("mutation { change { id } again { id } }", 0, 23),
        ("{ __schema { types { name } } a { id } }", 0, 102),
    ],
)
def test_objects_and_lists_cost_one_each_for_every_parent(text: str, nodes: int, cost: int) -> None:
    assert quote(text)[:2] == (nodes, cost)


@pytest.mark.parametrize(
    ("text", "nodes", "cost"),
    [
        ("{ a { id } a { a { id } } }", 0, 3),
        ("{ ...F ...F } fragment F on Query { a { id } }", 0, 2),
        ("{ ...F ... { a { a { id } } } } fragment F on Query { a { id } }", 0, 3),
        ("{ page(first: 4) { ...C } } fragment C on ThingConnection { nodes { a { id } } }", 4, 7),
        ("{ x: a { id } y: a { id } }", 0, 3),
        ("{ node { a { id } ... on Thing { a { a { id } } } } }", 0, 4),
        (
            "{ node { ... on Thing { p: page(first: 2) { nodes { id } } } ... on Other { p: a { id } } } }",
            2,
            4,
        ),
    ],
)
def test_what_merges_in_the_answer_is_priced_once(text: str, nodes: int, cost: int) -> None:
    assert quote(text)[:2] == (nodes, cost)


@pytest.mark.parametrize(
    ("variables", "nodes", "page"),
    [
        ({}, 30, 30),
        ({"n": 7}, 7, 7),
        ({"n": None}, 25, 0),
        ({"n": -3}, 0, 0),
        ({"n": 7.0}, 7, 7),
        ({"n": True}, 25, 0),
        ({"n": "7"}, 25, 0),
        ({"n": 2**40}, 25, 0),
        ({"n": [1]}, 25, 0),
        ({"n": 1e308}, 25, 0),
        ({"n": 2**31 - 1}, 2**31 - 1, 2**31 - 1),
    ],
)
def test_variables_size_pages_and_what_is_no_size_is_left_to_their_coercion(
    variables: dict[str, Any], nodes: int, page: int
) -> None:
    found = quote("query ($n: Int = 30) { page(first: $n) { nodes { id } } }", **variables)
    assert (found.nodes, found.page) == (min(nodes, 1_000_000_000), page)


def test_lists_of_ids_are_as_long_as_their_variable() -> None:
    text = "query ($ids: [ID!]! , $one: ID!) { nodes(ids: $ids) { id } b: nodes(ids: [$one, $one]) { id } }"
    assert quote(text, ids=["a"] * 40, one="a").nodes == 42


def test_a_price_that_nobody_could_count_is_a_large_number() -> None:
    text = "{ page(first: 100) { nodes " * 12 + "{ id }" + "} }" * 12
    deep = text.replace("} }" * 12, "} " * 24)
    assert quote(deep).nodes == 1_000_000_000


def test_a_document_is_priced_once_for_all_variables() -> None:
    text = "query ($n: Int) { page(first: $n) { nodes { list { a { list { id } } } } } }"
    (price,) = prices(SCHEMA, parse(text)).values()
    assert [len(step.links) for step in price.steps] == [1]
    assert price.quote({"n": 2}).nodes == 2 * (1 + 10 * (1 + 10))


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("measure", "text"),
    [
        ("page", "{ page(first: 101) { nodes { id } } }"),
        ("nodes", "{ page(first: 100) { nodes { page(first: 100) { nodes { id } } } } }"),
        ("cost", "{ page(first: 100) { nodes { page(first: 51) { nodes { a { id } } } } } }"),
    ],
)
def test_more_than_is_allowed_is_refused_with_limit_and_actual(measure: str, text: str) -> None:
    found = quote(text)
    with pytest.raises(LimitExceeded) as refusal:
        found.require(Limits())
    assert refusal.value.extensions["actual"] == getattr(found, measure)
    assert refusal.value.extensions["limit"] == getattr(Limits(), measure)


FIELDS = ["a", "list", "page(first: 1)", "page(first: $n)", "page"]


@st.composite
def things(draw: st.DrawFn, depth: int) -> str:
    """What is selected on a thing, with fragments."""
    parts = ["id"]
    for number in range(draw(st.integers(0, 2)) if depth else 0):
        inner = draw(things(depth - 1))
        name = draw(st.sampled_from(FIELDS))
        body = f"{{ {inner} }}"
        if name.startswith("page"):
            body = draw(st.sampled_from([f"{{ nodes {body} }}", f"{{ edges {{ node {body} }} totalCount }}"]))
        field = f"f{number}: {name} {body}"
        parts.append(draw(st.sampled_from([field, f"... {{ {field} }}", f"... on Thing {{ {field} id }}"])))
    return " ".join(parts)


def thing(number: int) -> dict[str, Any]:
    """A thing with as much below it as the price supposes; values are made when they are asked for."""

    def page(_: Any, first: int | None = None, last: int | None = None) -> dict[str, Any]:
        size = first if first is not None else 25
        items = [thing(number + 1)] * size
        return {"nodes": items, "edges": [{"node": item} for item in items], "totalCount": size}

    def several(_: Any) -> list[Any]:
        return [thing(number + 1)] * 10

    return {"id": "1", "a": lambda _: thing(number + 1), "list": several, "page": page}


def counted(data: Any) -> Iterator[tuple[int, int]]:
    """Items of lists, and named objects and lists, in an answer."""
    for value in data.values() if isinstance(data, dict) else data:
        if isinstance(value, (dict, list)):
            yield (len(value) if isinstance(value, list) else 0, int(isinstance(data, dict)))
            yield from counted(value)


@given(things(2), st.integers(0, 3))
def test_a_full_answer_has_exactly_what_was_priced(selection: str, size: int) -> None:
    text = f"query ($n: Int) {{ a {{ {selection} }} }}"
    text = text.replace("($n: Int)", "" if "$n" not in selection else "($n: Int)")
    result = execute_sync(SCHEMA, parse(text), {"a": thing(0)}, variable_values={"n": size})
    assert result.errors is None
    pairs = list(counted(result.data))
    found = quote(text, n=size)
    assert (found.nodes, found.cost) == (sum(p[0] for p in pairs), 1 + sum(p[1] for p in pairs))


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.recursive(
            st.sampled_from([1, None, 'It says ":[].', 'It says \\":{', '":[']),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
            ),
        ),
    )
)
def test_an_answer_costs_what_it_names_and_nothing_for_what_its_texts_say(data: dict[str, Any]) -> None:
    assert Quote(0, 1_000, 0, 1).spent(orjson.dumps(data)) == 1 + sum(pair[1] for pair in counted(data))


def test_everything_that_frontends_start_from_fits_the_defaults() -> None:
    schema = build_schema((OPERATIONS / "schema.graphql").read_text(encoding="utf-8"))
    documents = Documents(schema, Limits())
    texts = [path.read_text(encoding="utf-8") for path in sorted(OPERATIONS.glob("operations/*.graphql"))]
    introspection = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True
    )
    assert len(texts) >= 12
    for text in [*texts, introspection]:
        checked = documents.get(text)
        assert checked.errors == ()
        for operation in checked.operations.values():
            operation.price.quote({}).require(Limits())
