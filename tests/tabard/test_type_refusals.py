"""Types and fields that the graph cannot have are refused by name."""

import enum
from typing import Any

import pytest
import strawberry

from tabard import (
    Company,
    Contact,
    Node,
    Reader,
)
from tabard.connection import Connection
from tests.tabard.samples import Bare, give, plugin, refused


@strawberry.type
class AlphaThing:
    id: strawberry.Private[int]
    name: str


def same(name: str) -> type:
    """A new type of the name."""
    return strawberry.type(type(name, (), {"__annotations__": {"number": int}, "__module__": __name__}))


def test_type_that_two_plugins_define() -> None:
    left, right = plugin(noun="Thing"), plugin("beta", noun="Thing")
    give(left, "Query", "left", same("Thing") | None)
    give(right, "Query", "right", same("Thing") | None)
    where = "tests.tabard.test_type_refusals.Thing"

    assert refused(left, right) == [
        f"the type Thing is defined by 'alpha' ({where}) and 'beta' ({where}); rename one"
    ]


def test_type_that_the_core_defines() -> None:
    made = plugin(noun="Company")
    give(made, "Query", "left", same("Company") | None)

    assert refused(made) == [
        (
            "the type Company is defined by 'alpha' (tests.tabard.test_type_refusals.Company) and "
            "'core' (tabard.nouns.crm.Company); rename one"
        )
    ]


def test_type_without_the_plugins_noun() -> None:
    made = plugin(noun="Renewal")
    give(made, "Query", "thing", AlphaThing | None)

    assert refused(made) == [
        "the type AlphaThing of plugin 'alpha' lacks the noun 'Renewal'; write noun= and put it in the name"
    ]


def test_type_of_a_plugin_without_noun() -> None:
    made = plugin(noun=None)
    give(made, "Query", "thing", AlphaThing | None)

    assert refused(made) == [
        "the type AlphaThing of plugin 'alpha' lacks a noun; write noun= and put it in the name"
    ]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Bare, "Bare is no GraphQL type; decorate the class with @strawberry.type"),
        (list[Bare], "Bare is no GraphQL type; decorate the class with @strawberry.type"),
        (bytes, "bytes is no GraphQL type; decorate the class with @strawberry.type"),
        (
            dict[str, int],
            "dict[str, int] is no GraphQL type; write a class for it, decorated with @strawberry.type",
        ),
    ],
)
def test_annotation_that_graphql_does_not_know(annotation: Any, words: str) -> None:
    made = plugin()
    give(made, Company, "score", annotation | None)

    assert refused(made) == [f"Company.score of plugin 'alpha': {words}"]


def test_argument_that_graphql_does_not_know() -> None:
    made = plugin()

    @made.query(description="A number.")
    async def number(reader: Reader, *, given: Bare) -> int | None:
        return None

    assert refused(made) == [
        "Query.number of plugin 'alpha': Bare is no GraphQL type; decorate the class with @strawberry.type"
    ]


@pytest.mark.parametrize("owner", [Bare, int])
def test_owner_that_is_no_type(owner: type) -> None:
    made = plugin()
    give(made, owner, "score")

    assert refused(made) == [
        (
            f"{owner.__name__}.score of plugin 'alpha': {owner.__name__} is no GraphQL type; "
            "decorate the class with @strawberry.type"
        )
    ]


@strawberry.input
class AlphaInput:
    number: int


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Node, "Node"),
        (AlphaInput, "AlphaInput"),
        (Connection, "Connection"),
        ("PropertyValue", "PropertyValue"),
    ],
)
def test_owner_that_cannot_be_extended(owner: type | str, name: str) -> None:
    made = plugin()
    give(made, owner, "score")

    assert (
        f"{name}.score of plugin 'alpha': {name} is not a plain object type, so it cannot be extended"
        in refused(made)
    )


def test_field_of_mutation_that_is_no_mutation() -> None:
    made = plugin()
    give(made, "Mutation", "thing_change")

    assert refused(made) == [
        "Mutation.thingChange of plugin 'alpha': a field of Mutation is made by @plugin.mutation"
    ]


def test_field_that_is_not_nullable() -> None:
    made = plugin()
    give(made, Company, "score", int)

    assert refused(made) == [
        "Company.score of plugin 'alpha' must be nullable, so that its failure stays its own: `| None`"
    ]


def test_root_field_that_does_not_say_what_it_gives() -> None:
    made = plugin()

    @made.query(description="A number.")
    async def number(reader: Reader):  # type: ignore[no-untyped-def]  # noqa: ANN202 (that is the mistake)
        return 1

    assert refused(made) == [
        "Query.number of plugin 'alpha' must be nullable, so that its failure stays its own: `| None`"
    ]


def test_field_without_description() -> None:
    made = plugin()
    give(made, Company, "score", description="  ")

    assert refused(made) == [
        "Company.score of plugin 'alpha' has no description; frontends read it in the schema"
    ]


def test_field_by_a_key_that_the_type_lacks() -> None:
    made = plugin()
    made.one(Company, "best_contact", to=Contact, key="contact_id", description="The best.")

    assert refused(made) == [
        "Company.bestContact of plugin 'alpha': Company has no attribute 'contact_id'; name one in `key=`"
    ]


def test_field_of_query_by_a_key() -> None:
    made = plugin()
    made.one("Query", "best_contact", to=Contact, key="id", description="The best.")

    assert refused(made) == [
        "Query.bestContact of plugin 'alpha': Query is no row, so it has no attribute 'id'; write @plugin.query"
    ]


@strawberry.enum
class Plan(enum.Enum):
    FREE = "FREE"


def test_schema_that_strawberry_refuses_names_what_is_wrong() -> None:
    made = plugin()
    give(made, "Query", "alpha", Plan | None)

    assert refused(made) == ["the schema is not valid: Type Plan is defined multiple times in the schema"]


def test_schema_that_graphql_refuses_names_what_is_wrong() -> None:
    made = plugin()
    give(made, "Query", "alpha", AlphaInput | None)

    assert refused(made) == [
        (
            "the schema is not valid: Invalid Schema. Errors: "
            "The type of Query.alpha must be Output Type but got: AlphaInput."
        )
    ]
