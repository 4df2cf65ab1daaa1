"""The contract: the committed schema is what the code gives."""

from pathlib import Path

from tabard.assembly import assemble, sdl
from tests.support.databases import bundled

CONTRACT = Path(__file__).resolve().parents[1] / "schema" / "schema.graphql"
COMMAND = "tabard schema > schema/schema.graphql"


def test_the_committed_schema_is_what_core_and_bundled_plugins_give() -> None:
    assert CONTRACT.read_text() == sdl(assemble(bundled())), (
        f"the contract changed; run `{COMMAND}` and review it"
    )
