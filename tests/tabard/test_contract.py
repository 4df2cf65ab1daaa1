"""The assembled schema keeps the conventions of the contract: names, words, shapes and nullability."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from tabard.assembly import AssembledSchema, assemble
from tabard.fields import DeclaredField
from tabard.scalars import SCALARS
from tests.tabard.samples import bundled

CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*\Z")
PASCAL = re.compile(r"[A-Z][a-zA-Z0-9]*\Z")
SCREAMING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z")
Field = GraphQLField | GraphQLInputField | GraphQLArgument


@pytest.fixture(scope="module")
def assembled() -> AssembledSchema:
    """Core and bundled plugins."""
    return assemble(bundled())


@pytest.fixture(scope="module")
def schema(assembled: AssembledSchema) -> GraphQLSchema:
    return assembled.graphql_schema


def types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for type_ in schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def elements(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Every element with a name, by its coordinate."""
    for type_ in types(schema):
        yield type_.name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{name}", value) for name, value in type_.values.items())
    yield from fields(schema)
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive
            yield from ((f"@{directive.name}({name}:)", item) for name, item in directive.args.items())


def fields(schema: GraphQLSchema) -> Iterator[tuple[str, Field]]:
    """Every field, argument and input field."""
    for type_ in types(schema):
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field
                yield from ((f"{type_.name}.{name}({key}:)", item) for key, item in field.args.items())
        elif isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{type_.name}.{name}", item) for name, item in type_.fields.items())


def last(coordinate: str) -> str:
    """The element's own name."""
    return re.split(r"[.(]", coordinate.rstrip(":)"))[-1]


def test_everything_has_a_description(schema: GraphQLSchema) -> None:
    bare = [coordinate for coordinate, item in elements(schema) if not (item.description or "").strip()]

    assert bare == []


def test_descriptions_are_sentences_for_people(schema: GraphQLSchema) -> None:
    def is_sentence(text: str) -> bool:
        return (text[0].isupper() or not text[0].isalpha()) and text.rstrip().endswith((".", "`"))

    assert [place for place, item in elements(schema) if not is_sentence(item.description or "x")] == []


def test_names_have_the_case_of_their_kind(schema: GraphQLSchema) -> None:
    wrong = [type_.name for type_ in types(schema) if not PASCAL.match(type_.name)]
    wrong += [place for place, _ in fields(schema) if not CAMEL.match(last(place))]
    for type_ in types(schema):
        if isinstance(type_, GraphQLEnumType):
            wrong += [f"{type_.name}.{name}" for name in type_.values if not SCREAMING.match(name)]

    assert wrong == []


# The fields of property values are named for their kind, and a switch for what it switches.
EXCEPTIONS = {
    *("DatePropertyValue.date", "DateTimePropertyValue.dateTime", "BooleanPropertyValue.boolean"),
    *("PropertyValueInput.date", "PropertyValueInput.dateTime", "PropertyValueInput.boolean"),
    *("PropertyValueInput.clear", "WorkspaceTabSetVisibleInput.visible"),
}


@pytest.mark.parametrize(
    ("type_name", "is_right"),
    [
        ("DateTime", re.compile(r"[a-z]\w*At\Z").match),
        ("Date", re.compile(r"[a-z]\w*On\Z").match),
        ("Boolean", re.compile(r"(is|has|confirm)[A-Z]").match),
    ],
)
def test_dates_instants_and_booleans_are_named_as_such(
    schema: GraphQLSchema, type_name: str, is_right: Callable[[str], object]
) -> None:
    named = {place for place, item in fields(schema) if get_named_type(item.type).name == type_name}

    assert {place for place in named - EXCEPTIONS if not is_right(last(place))} == set()


def test_ids_are_global_and_required(schema: GraphQLSchema) -> None:
    for type_ in types(schema):
        if isinstance(type_, GraphQLObjectType) and "id" in type_.fields:
            assert str(type_.fields["id"].type) == "ID!", type_.name
            assert "Node" in [interface.name for interface in type_.interfaces], type_.name
    assert [
        place for place, item in fields(schema) if "Id" in last(place) and str(item.type) in ("Int", "Int!")
    ] == []


def test_list_items_are_not_null(schema: GraphQLSchema) -> None:
    def has_null_items(type_: Any) -> bool:
        if isinstance(type_, GraphQLNonNull):
            return has_null_items(type_.of_type)
        return isinstance(type_, GraphQLList) and not isinstance(type_.of_type, GraphQLNonNull)

    # Query.nodes answers in the order of the ids, with null for each that is not there.
    assert [place for place, item in fields(schema) if has_null_items(item.type)] == ["Query.nodes"]


def test_contributed_fields_are_nullable(schema: GraphQLSchema) -> None:
    for place, item in fields(schema):
        if isinstance(item, GraphQLField) and isinstance(
            item.extensions.get("strawberry-definition"), DeclaredField
        ):
            assert not isinstance(item.type, GraphQLNonNull), place


def test_connections_page_and_are_null_only_with_an_error(schema: GraphQLSchema) -> None:
    found = 0
    for place, item in fields(schema):
        if isinstance(item, GraphQLField) and get_named_type(item.type).name.endswith("Connection"):
            found += 1
            assert {"first", "after", "last", "before"} <= item.args.keys(), place
            definition = item.extensions["strawberry-definition"]
            assert [type(directive).__name__ for directive in definition.directives] == ["SemanticNonNull"], (
                place
            )

    assert found > 10


def test_connection_types_have_relays_shape(schema: GraphQLSchema) -> None:
    for type_ in types(schema):
        if isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection"):
            noun = type_.name.removesuffix("Connection")
            assert {name: str(field.type) for name, field in type_.fields.items()} == {
                "edges": f"[{noun}Edge!]!",
                "nodes": f"[{noun}!]!",
                "pageInfo": "PageInfo!",
                "totalCount": "Int!",
            }


def test_mutations_take_one_input_and_give_a_payload_with_user_errors(schema: GraphQLSchema) -> None:
    mutation = schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        pascal = name[:1].upper() + name[1:]
        assert {key: str(item.type) for key, item in field.args.items()} == {"input": f"{pascal}Input!"}, name
        payload = field.type
        assert isinstance(payload, GraphQLObjectType)
        assert payload.name == f"{pascal}Payload"
        shape = {key: str(item.type) for key, item in payload.fields.items()}
        assert shape.pop("userErrors") == "[UserError!]!"
        assert len(shape) <= 1, name
        assert not any(type_.endswith("!") for type_ in shape.values()), name


def test_mutations_are_named_noun_first(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    verbs = r"(Create|Update|Delete|Add|Remove|Set\w*|Move[A-Z]\w*|Merge|Follow|Unfollow|Save)"
    names = schema.mutation_type.fields

    assert [name for name in names if not re.fullmatch(rf"[a-z][a-zA-Z]*?{verbs}", name)] == []


def test_tabs_end_in_tab_and_belong_to_nullable_fields_of_workspace(assembled: AssembledSchema) -> None:
    workspace: Any = assembled.graphql_schema.type_map["Workspace"]

    for name, runtime in assembled.registry.tabs.items():
        assert str(workspace.fields[name].type) == runtime.tab.root.__name__
        assert runtime.tab.root.__name__.endswith("Tab")


def test_tab_settings_mutations_are_derived(assembled: AssembledSchema) -> None:
    mutation: Any = assembled.graphql_schema.mutation_type
    with_settings = [name for name, runtime in assembled.registry.tabs.items() if runtime.section]

    assert {"customers", "services", "revenue"} <= set(with_settings)
    for name in with_settings:
        settings: Any = mutation.fields[f"{name}SettingsUpdate"].args["input"].type.of_type.fields["settings"]
        assert str(settings.type) == f"{name.capitalize()}SettingsPatch!"
        assert not any(
            isinstance(item.type, GraphQLNonNull) for item in settings.type.of_type.fields.values()
        )


def test_user_error_codes_are_the_closed_set(schema: GraphQLSchema) -> None:
    codes: Any = schema.type_map["UserErrorCode"]

    assert set(codes.values) == {
        "INVALID", "REQUIRED", "NOT_FOUND", "FORBIDDEN", "CONFLICT", "STALE", "LIMIT_REACHED",
        "CONFIRMATION_REQUIRED",
    }  # fmt: skip


def test_scalars_name_their_specification(schema: GraphQLSchema) -> None:
    own = [type_ for type_ in types(schema) if isinstance(type_, GraphQLScalarType)]

    assert {type_.name for type_ in own} <= {scalar.name for scalar in SCALARS.values()}
    assert all(type_.specified_by_url for type_ in own)


def test_every_type_has_a_policy_and_an_owner(assembled: AssembledSchema) -> None:
    registry = assembled.registry

    for type_, owner in registry.types.items():
        definition = type_.__strawberry_definition__  # type: ignore[attr-defined]
        assert definition.is_input or type_ in registry.policies, definition.name
        assert owner in registry.plugins


def test_types_of_plugins_carry_their_noun(assembled: AssembledSchema) -> None:
    registry = assembled.registry

    for type_, owner in registry.types.items():
        noun = registry.plugins[owner].noun
        assert owner == "core" or (noun and noun in type_.__name__), type_.__name__


def test_no_property_key_is_a_name_of_the_schema(schema: GraphQLSchema) -> None:
    query = schema.query_type
    assert query is not None

    assert "propertyDefinitions" in query.fields
    assert str(query.fields["node"].type) == "Node"
    assert str(query.fields["nodes"].type) == "[Node]"


def test_breaking_words_of_the_contract_stay(schema: GraphQLSchema) -> None:
    query, workspace = schema.query_type, schema.type_map["Workspace"]
    assert query is not None
    assert isinstance(workspace, GraphQLObjectType)

    assert {"viewer", "node", "nodes", "workspace", "workspaces", "companies"} <= query.fields.keys()
    assert {"id", "name", "isDefault", "teams", "tabs"} <= workspace.fields.keys()
    assert {name: str(workspace.fields[name].type) for name in ("name", "isDefault", "teams", "tabs")} == {
        "name": "String!", "isDefault": "Boolean!", "teams": "[Team!]", "tabs": "[TabInfo!]",
    }  # fmt: skip
