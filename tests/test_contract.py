"""The contract: the committed schema is what the code gives."""

import re
from pathlib import Path

from graphql import GraphQLInputObjectType, build_schema

from tabard.assembly import assemble, sdl
from tests.support.databases import bundled

CONTRACT = Path(__file__).resolve().parents[1] / "schema" / "schema.graphql"
COMMAND = "tabard schema > schema/schema.graphql"


def test_the_committed_schema_is_what_core_and_bundled_plugins_give() -> None:
    assert CONTRACT.read_text() == sdl(assemble(bundled())), (
        f"the contract changed; run `{COMMAND}` and review it"
    )


def test_no_input_of_the_contract_says_no_more_than_its_name() -> None:
    inputs = [
        type_
        for type_ in build_schema(CONTRACT.read_text()).type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
    ]
    fields = {f"{type_.name}.{name}": field for type_ in inputs for name, field in type_.fields.items()}
    assert "WorkspaceUpdateInput.name" in fields
    assert [place for place, field in fields.items() if field.description == derived(place)] == []


def derived(place: str) -> str:
    """What frontends read about an input whose author says nothing."""
    name = place.split(".")[1]
    return f"The {re.sub('[A-Z]', lambda found: f' {found[0].lower()}', name)}."
