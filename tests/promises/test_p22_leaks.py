"""P22 and P27: requests that end at random points leave no connection, no session and no task behind."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.types import Message

from gateway.app import create_app
from gateway.configuration import Configuration
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from gateway.installation import Installation
from gateway.serving import DEMO_TOKENS, Service
from tabard.personas import find_user
from tabard.storage.session import ReadSession
from tests.support.scopes import posted

pytestmark = [
    pytest.mark.promise("P22", "P27"),
    # graphql-core drops what it has not begun to await when its caller is cancelled.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REQUESTS = int(os.environ.get("TABARD_REQUESTS", "400"))  # on each kind of database
AT_ONCE = 25
PATIENCE = 60
QUERIES = (
    "{ viewer { name } }",
    "{ companies(first: 50) { totalCount nodes { name owner { name } } } }",
    'mutation { workspaceCreate(input: {name: ""}) { userErrors { message } } }',
)


@pytest.fixture
async def service(tmp_path: Path, demo_url: str) -> AsyncIterator[Service]:
    """The demo on either kind of database."""
    settings: dict[str, Any] = {"secret_key": "s" * 32, "development": True, "database_url": demo_url}
    made = Service(Installation(Configuration(data=tmp_path, **settings)))
    await made.open()
    yield made
    await made.close()


class Caller:
    """Asks the whole server, and goes away, is cancelled or runs out of time at a moment of chance."""

    def __init__(self, service: Service, token: str, chance: random.Random) -> None:
        configuration = service.installation.configuration
        hurried = configuration.model_copy(update={"deadline_seconds": 0.01})
        self._app = create_app(service.gateway)
        self._hurried = create_app(dataclasses.replace(service.gateway, configuration=hurried))
        self._token = token
        self._chance = chance
        self.ends: Counter[str] = Counter()

    async def call(self) -> None:
        """One request, and its end."""
        await self._chance.choice((self._whole, self._cancelled, self._gone, self._late))()

    async def _whole(self) -> None:
        self.ends[f"answered {await self.ask(self._app)}"] += 1

    async def _late(self) -> None:
        self.ends[f"in a hurry {await self.ask(self._hurried)}"] += 1

    async def _cancelled(self) -> None:
        asking = asyncio.create_task(self.ask(self._app))
        await self._moment()
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        self.ends["cancelled"] += 1

    async def _gone(self) -> None:
        leaving = asyncio.Event()
        asking = asyncio.create_task(self.ask(self._app, leaving))
        await self._moment()
        leaving.set()
        self.ends[f"gone {await asking}"] += 1

    async def _moment(self) -> None:
        for _ in range(self._chance.randrange(40)):
            await asyncio.sleep(0)
        if self._chance.random() < 0.5:
            await asyncio.sleep(self._chance.random() * 0.03)

    async def ask(self, app: Any, leaving: asyncio.Event | None = None) -> int | None:
        """The status of the answer; None without one."""
        body = json.dumps({"query": self._chance.choice(QUERIES)}).encode()
        statuses: list[int] = []
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await (leaving or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await app(posted(self._token, {}), receive, send)
        return statuses[0] if statuses else None


async def test_nothing_is_left_of_requests_that_end_at_random(
    service: Service, demo_url: str, record_property: Any
) -> None:
    user = await find_user(service.database, "super-admin")
    token = DemoTokens(service.installation.secret(DEMO_TOKENS)).issue(Identity(user.portal_id, user.user_id))
    caller = Caller(service, token, random.Random(22))
    assert await caller.ask(create_app(service.gateway)) == 200
    tasks = len(asyncio.all_tasks())
    left = REQUESTS

    async def keep_calling() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await caller.call()

    await asyncio.gather(*(keep_calling() for _ in range(AT_ONCE)))
    record_property("ends", dict(caller.ends))
    # Who goes away from a request that takes no time is answered all the same.
    assert {"cancelled", "gone"} <= {end.split()[0] for end in caller.ends}

    await settled(service, tasks)
    async with asyncio.timeout(PATIENCE):
        if service.database.dialect == "postgresql":
            await sessions_are_the_pools(service)
    assert (service.gateway.load.running, service.gateway.load.inside) == (0, 0)
    gc.collect()
    assert not [item for item in gc.get_objects() if type(item) is ReadSession]
    answers = await asyncio.gather(*(caller.ask(create_app(service.gateway)) for _ in range(20)))
    assert set(answers) == {200}


async def settled(service: Service, tasks: int) -> None:
    """Waits until no connection is in use, and no more tasks run than before."""
    try:
        async with asyncio.timeout(PATIENCE):
            while service.database.checked_out or len(asyncio.all_tasks()) > tasks:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.02)
    except TimeoutError:
        running = sorted(str(task.get_coro()) for task in asyncio.all_tasks())
        pytest.fail(f"{service.database.checked_out} connections in use, running: {running}")


async def sessions_are_the_pools(service: Service) -> None:
    """Waits until the database server has no more sessions of ours than the pools keep."""
    storage: Any = service.database._storage
    pools = (storage._system.pool, storage._pulsing.pool)
    count = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tabard'"
    )
    while True:
        kept = len(storage._lending._idle) + sum(pool.checkedin() for pool in pools)
        async with storage._system.connect() as connection:
            if (await connection.execute(count)).scalar_one() == kept:
                return
        await asyncio.sleep(0.02)
