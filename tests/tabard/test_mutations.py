"""A mutation's input and payload are derived from its function, as the contract has them."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import pytest
import strawberry
from graphql import GraphQLSchema, parse, print_type, validate

from tabard import Company, Deal, Public, Record, Work, Workspace
from tabard.assembly import assemble
from tabard.nouns.node import Deleted
from tests.tabard.samples import plugin, renewals


@strawberry.input(description="A part.")
class AlphaPart:
    amount: Decimal = strawberry.field(description="How much.")


def made() -> GraphQLSchema:
    """A graph with a mutation of each kind."""
    alpha = plugin(policy=Public)

    @alpha.mutation(description="Sets it all.")
    async def alpha_set(
        work: Work,
        company: Company,
        deal: Deal | None,
        due_on: date,
        share: Decimal = Decimal("0.5"),
        parts: list[AlphaPart] | None = None,
        other_company: Company | None = None,
        later: Annotated[Deal | None, strawberry.argument(description="The next deal.")] = None,
        note: Annotated[str, strawberry.argument(description="x")] = "none",
    ) -> Company:
        return company

    @alpha.mutation(description="Asks for nothing.")
    async def alpha_reset(work: Work) -> None: ...

    @alpha.mutation(description="Gives a workspace.")
    async def alpha_open(work: Work, name: str) -> Workspace | None: ...

    @alpha.mutation(description="Gives any record.")
    async def alpha_touch(work: Work, id: strawberry.ID) -> Record:
        raise NotImplementedError

    @alpha.mutation(description="Deletes it.")
    async def alpha_delete(work: Work, id: strawberry.ID) -> Deleted:
        raise NotImplementedError

    @alpha.mutation(description="Has a name of its own.", name="alpha_rename")
    async def function(work: Work, given: int) -> None: ...

    return assemble([alpha]).graphql_schema


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return made()


def shape(schema: GraphQLSchema, name: str) -> list[str]:
    """The fields of a type as SDL, without descriptions."""
    lines, quoted = [], False
    for line in print_type(schema.type_map[name]).splitlines():
        text = line.strip()
        is_text = quoted or text.startswith('"""')
        quoted = quoted != (text.count('"""') == 1)
        if not is_text and text not in ("", "}"):
            lines.append(text)
    return lines[1:]


def test_rows_are_sent_as_ids_and_values_as_they_are(schema: GraphQLSchema) -> None:
    assert shape(schema, "AlphaSetInput") == [
        "company: ID!",
        "deal: ID",
        "dueOn: Date!",
        'share: Decimal! = "0.5"',
        "parts: [AlphaPart!] = null",
        "otherCompany: ID = null",
        "later: ID = null",
        'note: String! = "none"',
    ]


def test_every_part_of_the_input_says_what_it_is(schema: GraphQLSchema) -> None:
    fields = schema.type_map["AlphaSetInput"].fields  # type: ignore[attr-defined]

    assert fields["company"].description == "Global id of the company."
    assert fields["otherCompany"].description == "Global id of the other company."
    assert fields["dueOn"].description == "The due on."
    assert fields["note"].description == "x"
    assert fields["later"].description == "The next deal."
    assert schema.type_map["AlphaSetInput"].description == "Input of `alphaSet`."


def test_payload_has_the_result_by_its_noun_and_user_errors(schema: GraphQLSchema) -> None:
    assert shape(schema, "AlphaSetPayload") == ["userErrors: [UserError!]!", "company: Company"]
    assert shape(schema, "AlphaOpenPayload") == ["userErrors: [UserError!]!", "workspace: Workspace"]
    assert shape(schema, "AlphaTouchPayload") == ["userErrors: [UserError!]!", "record: Record"]
    assert shape(schema, "AlphaDeletePayload") == ["userErrors: [UserError!]!", "deletedId: ID"]
    assert schema.type_map["AlphaSetPayload"].description == "Result of `alphaSet`."


def test_mutation_without_result_has_user_errors_only(schema: GraphQLSchema) -> None:
    assert shape(schema, "AlphaResetPayload") == ["userErrors: [UserError!]!"]


def test_mutation_without_parameters_takes_no_input(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    assert schema.mutation_type.fields["alphaReset"].args == {}
    assert "AlphaResetInput" not in schema.type_map


def test_mutation_may_have_another_name_than_its_function(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    assert str(schema.mutation_type.fields["alphaRename"].type) == "AlphaRenamePayload"
    assert "function" not in schema.mutation_type.fields


@pytest.mark.promise("P5")
def test_input_lists_exactly_the_functions_parameters(schema: GraphQLSchema) -> None:
    assert shape(schema, "AlphaRenameInput") == ["given: Int!"]


def test_third_partys_mutation_reads_as_the_contract_says() -> None:
    schema = assemble([renewals()]).graphql_schema

    assert shape(schema, "RenewalSetInput") == ["company: ID!", "dueOn: Date!"]
    assert shape(schema, "RenewalSetPayload") == ["userErrors: [UserError!]!", "company: Company"]
    assert shape(schema, "RenewalsSettingsUpdateInput") == [
        "workspace: ID!",
        "settings: RenewalsSettingsPatch!",
        "ifVersion: Int = null",
    ]
    assert shape(schema, "RenewalsSettingsPatch") == ["horizonDays: Int"]


@pytest.mark.promise("P5")
def test_value_that_the_input_does_not_list_is_refused() -> None:
    schema = assemble([renewals()]).graphql_schema
    document = (
        'mutation { renewalSet(input: { company: "x", dueOn: "2026-01-01", portalId: 2 }) { __typename } }'
    )

    errors = validate(schema, parse(document), hide_suggestions=True)

    assert len(errors) == 1
    assert errors[0].message.startswith(
        "Expected value of type 'RenewalSetInput' not to include unknown field 'portalId'"
    )
