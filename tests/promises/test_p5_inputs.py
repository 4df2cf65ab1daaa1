"""P5: an input sets only what it lists: neither an input object nor a property's key reaches anything else."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from graphql.utilities import validate_input_value
from hypothesis import given
from hypothesis import strategies as st

from tabard.naming import camel
from tabard.testing import Gateway
from tests.promises.support.worlds import all_plugins, schema, tenant_tables

pytestmark = pytest.mark.promise("P5")

SCALARS: Final = {"Boolean": True, "CurrencyCode": "EUR", "Date": "2026-01-31", "Decimal": "1", "Int": 1}
SCALARS_LATER: Final = {"DateTime": "2026-01-31T12:00:00Z", "TimeZone": "UTC", "Locale": "en"}
CREATE: Final = """mutation ($type: String!, $properties: [PropertyInput!]!) {
  recordCreate(input: { objectType: $type, properties: $properties }) { userErrors { code reason path } }
}"""
UPDATE: Final = """mutation ($record: ID!, $properties: [PropertyInput!]!) {
  recordUpdate(input: { record: $record, properties: $properties }) { userErrors { code reason path } }
}"""


def input_types() -> list[GraphQLInputObjectType]:
    """Every input object of the graph."""
    types = schema().graphql_schema.type_map.values()
    found = [type_ for type_ in types if isinstance(type_, GraphQLInputObjectType)]
    return sorted(found, key=lambda type_: type_.name)


def filled(type_: GraphQLInputType) -> Any:
    """A value that fits."""
    if isinstance(type_, GraphQLNonNull):
        return filled(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [filled(type_.of_type)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        fields = list(type_.fields.items())
        wanted = (
            fields[:1] if type_.is_one_of else [item for item in fields if is_required_input_field(item[1])]
        )
        return {name: filled(item.type) for name, item in wanted}
    return (SCALARS | SCALARS_LATER).get(type_.name, "word")


def problems(type_: GraphQLInputObjectType, value: Any) -> list[str]:
    """What is wrong with a value for an input."""
    found: list[str] = []
    validate_input_value(value, type_, lambda error, path: found.append(error.message))
    return found


# What tables hold and what people are called who would like to be somebody else.
OWNED: Final = sorted(
    {form for table in tenant_tables() for column in table.c for form in (column.name, camel(column.name))}
    | {"portal", "viewer", "actor", "isDefault", "sharedWith", "__class__", "__proto__", "__typename"}
)
NAMES: Final = (
    st.sampled_from(OWNED) | st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,20}", fullmatch=True) | st.text()
)


@pytest.mark.parametrize("type_", input_types(), ids=lambda type_: type_.name)
def test_an_input_with_what_it_does_not_list_is_refused(type_: GraphQLInputObjectType) -> None:
    assert problems(type_, filled(type_)) == []

    @given(NAMES.filter(lambda name: name not in type_.fields), st.sampled_from([None, 1, "x", True, [], {}]))
    def check(name: str, value: Any) -> None:
        said = problems(type_, filled(type_) | {name: value})
        assert any(f"not to include unknown field '{name}'" in line for line in said), said

    check()


def server_owned() -> Iterator[tuple[str, str]]:
    """Record type and key: each column that is no property, by its own name and as the graph spells names."""
    for noun, record in schema().registry.records.items():
        listed = {item.key for item in record.properties}
        for column in record.table.c:
            for key in {column.name, camel(column.name), column.name.removesuffix("_id")} - listed:
                yield noun, key
    yield from ((noun, key) for noun in schema().registry.records for key in ("created_at", "updated_at"))


async def test_no_property_key_reaches_a_column_of_the_servers(demo_url: str) -> None:
    async with Gateway.on(demo_url, *all_plugins()) as gateway:
        owned = sorted(set(server_owned()))
        records = {noun: await gateway.some_id(noun) for noun in {noun for noun, _ in owned}}
        before = await rows(gateway)

        for noun, key in owned:
            reasons = [await refusal(gateway, noun, records[noun], key, kind) for kind in ("text", "number")]
            assert set(reasons) <= {"property.unknown", "property.read_only"}, (noun, key, reasons)

        assert len(owned) > 50
        assert await rows(gateway) == before


async def refusal(gateway: Gateway, noun: str, record: str, key: str, kind: str) -> str:
    """Why neither a new record nor a stored one takes the key; the same for both."""
    properties = [{"key": key, "value": {kind: "7"}}]
    made, changed = await asyncio.gather(
        gateway.query(CREATE, {"type": noun, "properties": properties}),
        gateway.query(UPDATE, {"record": record, "properties": properties}),
    )
    (one,), (other,) = made["recordCreate"]["userErrors"], changed["recordUpdate"]["userErrors"]
    assert one == other
    assert one["path"] == ["input", "properties", "0"]
    return str(one["reason"])


async def rows(gateway: Gateway) -> list[list[tuple[Any, ...]]]:
    """All rows of all record types."""
    tables = [record.table for record in schema().registry.records.values()]
    return [await gateway.fetch(sa.select(table).order_by(table.c.id)) for table in tables]
