"""What goes wrong in a function of the core's own is told as the server's, for nobody can see to a plugin 'core'."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tabard.circuits import Circuits
from tabard.containment import Containment
from tabard.records.tables import company
from tabard.registry import BUILT_IN
from tabard.testing import Answer, Gateway
from tests.support.databases import bundled, connected

pytestmark = pytest.mark.promise("P16")

SHORT: Final = 0.05
PATIENCE: Final = 60.0
RENAME: Final = """mutation ($record: ID!, $name: String!) {
  recordUpdate(input: { record: $record, properties: [{ key: "name", value: { text: $name } }] }) {
    record { ... on Company { name } } userErrors { code }
  }
}"""


def told(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    """Messages and extensions of an answer's errors."""
    return [(error.message, dict(error.extensions or {})) for error in answer.errors]


async def test_a_change_that_comes_too_late_says_what_can_be_done_about_it(demo_postgres_url: str) -> None:
    async with Gateway.on(demo_postgres_url, *bundled(), plugin_limit=SHORT) as gateway:
        given = {"record": await gateway.some_id("company"), "name": "Renamed"}

        async def rename() -> Answer:
            return await gateway.execute(RENAME, given, persona="super-admin")

        async with connected(demo_postgres_url) as connection:
            # Somebody else changes the same company, and takes their time.
            await connection.execute(sa.select(company.c.id).with_for_update())
            late = [told(await rename()) for _ in range(Circuits.MOST + 1)]
        gateway.graph.containment.limit = PATIENCE
        done = await rename()
    what = f"This took longer than {SHORT:g} s, so nothing of it is kept."
    message = f"{what} Ask for less at once, or send it again."
    # Nobody is kept from changing records because somebody had to wait for one.
    assert late == [[(message, {"code": "DEADLINE_EXCEEDED"})]] * len(late)
    assert done.data == {"recordUpdate": {"record": {"name": "Renamed"}, "userErrors": []}}


async def test_an_exception_is_the_servers_failure_and_no_plugins() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("secret")

    containment = Containment(SHORT)
    with capture_logs() as logs, pytest.raises(RuntimeError) as raised:
        await containment.call(BUILT_IN, fails)
    assert str(raised.value) == "the core's function fails could not answer this field"
    assert isinstance(raised.value.__cause__, LookupError)
    assert (dict(containment.failures), logs) == ({}, [])
