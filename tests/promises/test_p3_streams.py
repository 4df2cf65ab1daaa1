"""P3: whoever loses the right to a stream loses the stream; P20: the end of the server ends it well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.records import tables
from tests.gateway.live.changes import CHANGED, company_of, rename
from tests.support.events import told
from tests.support.services import Running, serving
from tests.support.sockets import opened

LOSSES: dict[str, tuple[sa.UpdateBase, str]] = {
    "the permission": (sa.delete(tables.user_permission), "PERMISSION_REQUIRED"),
    "the seat": (sa.update(tables.user).values(has_seat=False), "SEAT_REQUIRED"),
    "the account": (sa.update(tables.user).values(is_active=False), "USER_INACTIVE"),
}


@pytest.fixture
def settings() -> dict[str, Any]:
    return {}


@pytest.fixture
def server(demo_url: str, settings: dict[str, Any]) -> Iterator[Running]:
    """A server of the test's own, on either kind of database in turn."""
    with serving(demo_url, **settings) as running:
        yield running


async def lose(server: Running, persona: str, loss: str) -> str:
    """Takes something from a user; returns the reason that they are told."""
    statement, reason = LOSSES[loss]
    user = server.user(persona)
    table: Any = statement.table
    column = table.c.user_id if "user_id" in table.c else table.c.id

    async def work() -> None:
        async with server.service.database.system("a test takes a right") as connection:
            await connection.execute(statement.where(column == user.user_id))  # type: ignore[attr-defined]

    server.within(work())
    return reason


@pytest.mark.promise("P3")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("settings", [{"streams": {"recheck_seconds": 0.1}}])
async def test_a_right_that_is_withdrawn_ends_a_stream_on_which_nothing_happens(
    server: Running, loss: str
) -> None:
    admin, company = server.token("super-admin"), await company_of(server, server.token("csm"))
    async with (
        opened(server.ws, server.token("csm")) as socket,
        told(server.http, server.token("csm"), CHANGED) as stream,
    ):
        await rename(server, admin, company, "First")
        first = (await stream.next())[1]["data"]["recordChanged"]["cursor"]
        await rename(server, admin, company, "Second")
        await stream.next()
        await socket.subscribe("s", CHANGED, after=first)
        assert (await socket.receive())["type"] == "next"
        reason = await lose(server, "csm", loss)
        code, said = await socket.closed()
        (_, answer), end = await stream.rest()
    assert code == 4403
    assert said.startswith(reason)
    assert answer["errors"][0]["extensions"]["reason"] == reason
    assert end == ("complete", None)


@pytest.mark.promise("P3")
@pytest.mark.parametrize("loss", LOSSES)
async def test_the_next_event_after_a_right_was_withdrawn_is_not_told(server: Running, loss: str) -> None:
    admin = server.token("super-admin")
    company = await company_of(server, admin)
    async with (
        told(server.http, server.token("csm"), CHANGED) as stream,
        told(server.http, admin, CHANGED) as theirs,
    ):
        reason = await lose(server, "csm", loss)
        await rename(server, admin, company, "Secret")
        (_, answer), end = await stream.rest()
        _, seen = await theirs.next()
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["reason"] == reason
    assert end == ("complete", None)
    assert seen["data"]["recordChanged"]["record"]["name"] == "Secret"


@pytest.mark.promise("P20")
async def test_the_end_of_the_server_completes_operations_and_says_that_it_restarts(server: Running) -> None:
    async with opened(server.ws, server.token("csm")) as socket:
        await socket.subscribe("s", CHANGED)
        await socket.send("ping")
        await socket.receive()
        server.stop()
        assert await socket.receive() == {"type": "complete", "id": "s"}
        code, _ = await socket.closed()
    assert code == 1012
