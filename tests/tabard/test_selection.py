"""A selection knows every field that a query selects below one field, however it is written."""

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from tabard.selection import Selection

SCHEMA = build_schema(
    """
    interface Node { id: ID }
    interface Record implements Node { id: ID name: String owner: User }
    type Company implements Node & Record { id: ID name: String size: Int owner: User deals: [Deal] }
    type Deal implements Node & Record { id: ID name: String amount: Int owner: User company: Company }
    type User implements Node { id: ID name: String }
    union Anything = Company | Deal | User
    type Query { node: Node record: Record anything: Anything company: Company }
    """
)


def selection(document: str, **variables: bool) -> Selection:
    """What is selected below the only root field of a valid document."""
    parsed = parse(document)
    assert validate(SCHEMA, parsed) == []
    return Selection(_roots(parsed), SCHEMA, _fragments(parsed), variables)


def _roots(document: DocumentNode) -> list[FieldNode]:
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    found = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    return {node.name.value: node for node in found}


def names(found: Selection, type_name: str) -> set[str]:
    return set(found.fields(type_name))


def test_plain_fields_are_selected() -> None:
    found = selection("{ company { id name } }")

    assert names(found, "Company") == {"id", "name"}


def test_alias_counts_as_its_field() -> None:
    found = selection("{ company { a: name b: name c: owner { id } d: owner { name } } }")

    assert names(found, "Company") == {"name", "owner"}
    assert names(found.below("Company", "owner"), "User") == {"id", "name"}


def test_root_field_selected_twice_is_merged() -> None:
    found = selection("{ company { name } company { size owner { id } } }")

    assert names(found, "Company") == {"name", "size", "owner"}


def test_inline_fragment_counts_for_the_types_it_applies_to() -> None:
    found = selection(
        "{ node { ... { id } ... on Record { name } ... on Company { size } ... on Deal { amount } } }"
    )

    assert names(found, "Company") == {"id", "name", "size"}
    assert names(found, "Deal") == {"id", "name", "amount"}
    assert names(found, "User") == {"id"}


def test_union_and_interface_conditions_reach_their_members() -> None:
    found = selection("{ anything { ... on Node { id } ... on Anything { ... on User { name } } } }")

    assert names(found, "User") == {"id", "name"}
    assert names(found, "Deal") == {"id"}


def test_fragments_nest_and_repeat() -> None:
    found = selection(
        "{ record { ...A ...A ...B } }"
        " fragment A on Record { name owner { ...U } }"
        " fragment B on Company { ...A size deals { id ...D } }"
        " fragment D on Deal { amount company { name } }"
        " fragment U on User { name }"
    )

    assert names(found, "Company") == {"name", "owner", "size", "deals"}
    assert names(found, "Deal") == {"name", "owner"}
    assert names(found.below("Company", "deals"), "Deal") == {"id", "amount", "company"}
    assert names(found.below("Company", "deals").below("Deal", "company"), "Company") == {"name"}
    assert names(found.below("Company", "owner"), "User") == {"name"}


@pytest.mark.parametrize(
    ("yes", "expected"), [(True, {"id", "size", "owner"}), (False, {"id", "name", "deals"})]
)
def test_what_is_skipped_is_not_selected(yes: bool, expected: set[str]) -> None:
    found = selection(
        "query ($yes: Boolean!) { company { id @skip(if: false) deals @include(if: false) { id }"
        " name @skip(if: $yes) ... @include(if: $yes) { size } ...O @include(if: $yes)"
        " ... on Record @skip(if: $yes) { ...D } } }"
        " fragment O on Company { owner { id } } fragment D on Company { deals { id } }",
        yes=yes,
    )

    assert names(found, "Company") == expected


def test_selection_below_is_worked_out_once() -> None:
    found = selection("{ company { owner { id } deals { owner { id } } } }")

    assert found.below("Company", "owner", "deals") is found.below("Company", "owner", "deals")
    assert found.below("Company", "owner") is not found.below("Company", "deals")


def test_below_merges_several_fields() -> None:
    found = selection("{ company { owner { id } deals { owner { name } } } }")
    deals = found.below("Company", "deals")

    assert names(found.below("Company", "owner", "deals"), "User") == {"id", "owner"}
    assert names(deals.below("Deal", "owner", "company"), "User") == {"name"}


def test_nothing_is_below_what_is_not_selected() -> None:
    found = selection("{ company { id } }").below("Company", "owner")

    assert names(found, "User") == set()


def test_selects_tells_of_any_of_the_fields() -> None:
    found = selection("{ company { id ... on Record { name } } }")

    assert found.selects("Company", "size", "name")
    assert not found.selects("Company", "size", "owner")


def test_typename_is_a_field_like_others() -> None:
    assert names(selection("{ company { __typename } }"), "Company") == {"__typename"}


@given(st.lists(st.sampled_from(["id", "name", "size"]), min_size=1), st.randoms(use_true_random=False))
def test_every_way_to_write_the_same_fields_selects_the_same(fields: list[str], random: object) -> None:
    shuffle = random.shuffle  # type: ignore[attr-defined]
    ways = [
        [name, f"x{place}: {name}", f"... {{ {name} }}", f"... on Company {{ {name} }}"]
        for place, name in enumerate(fields)
    ]
    parts = [way[number % 4] for number, way in enumerate(ways)] + [
        f"...F{place}" for place, _ in enumerate(fields)
    ]
    shuffle(parts)
    fragments = [f"fragment F{place} on Company {{ {name} }}" for place, name in enumerate(fields)]

    found = selection(f"{{ company {{ {' '.join(parts)} }} }} {' '.join(fragments)}")

    assert names(found, "Company") == set(fields)


@pytest.mark.promise("P9")
def test_fragment_spread_in_a_chain_is_walked_in_reason() -> None:
    depth = 12
    chain = "".join(f" fragment F{n} on Company {{ ...F{n + 1} name }}" for n in range(depth))

    found = selection(f"{{ company {{ ...F0 }} }}{chain} fragment F{depth} on Company {{ size }}")

    assert len(found.fields("Company")["name"]) == depth
