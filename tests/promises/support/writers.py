"""Writers: clients that change records over HTTP, each change with its own key and in a journal."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Self

import httpx2

PATIENCE: Final = 60
ATTEMPTS: Final = 20
AT_ONCE: Final = 20
BREATH: Final = 0.2
PAYLOAD: Final = "record { id version } userErrors { code message }"
CREATE: Final = f"""mutation ($name: String!) {{
  done: recordCreate(input: {{
    objectType: "company", properties: [{{ key: "name", value: {{ text: $name }} }}]
  }}) {{ {PAYLOAD} }}
}}"""
UPDATE: Final = f"""mutation ($record: ID!, $name: String!, $version: Int) {{
  done: recordUpdate(input: {{
    record: $record, ifVersion: $version, properties: [{{ key: "name", value: {{ text: $name }} }}]
  }}) {{ {PAYLOAD} }}
}}"""
MOVE: Final = f"""mutation ($record: ID!, $name: String!, $stage: ID!) {{
  done: recordMoveStage(input: {{
    record: $record, stage: $stage, properties: [{{ key: "name", value: {{ text: $name }} }}]
  }}) {{ {PAYLOAD} }}
}}"""
LINK: Final = f"""mutation ($record: ID!, $to: ID!) {{
  done: associationAdd(input: {{ record: $record, to: $to }}) {{ {PAYLOAD} }}
}}"""
SHARED: Final = """{
  companies(first: 3) { nodes { id } }
  deals(first: 3) { nodes { id stage { pipeline { stages { id } } } } }
}"""


class State(Enum):
    """What the client knows of a change."""

    UNKNOWN = "sent, and not answered"
    ACKNOWLEDGED = "answered with its result"
    REFUSED = "answered with a user error"


@dataclass
class Change:
    """One line of a journal; the key is also the text that is written, so that its traces can be counted."""

    key: str
    document: str
    variables: dict[str, Any]
    state: State = State.UNKNOWN
    record: dict[str, Any] | None = None
    refusal: str = ""

    @property
    def is_link(self) -> bool:
        """Whether it associates two records, and so leaves no text of its own."""
        return self.document is LINK


@dataclass(frozen=True)
class Shared:
    """Records that all writers change; a deal comes with the stages of its pipeline."""

    companies: Sequence[str]
    deals: Sequence[tuple[str, Sequence[str]]]


class Client:
    """Sends changes to a server on behalf of one user."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def cursor(self) -> str:
        """Where the events stand."""
        answer = await self._http.post("/graphql", json={"query": "{ eventCursor }"})
        return str(answer.json()["data"]["eventCursor"])

    async def shared(self) -> Shared:
        """The records that all change."""
        data = (await self._http.post("/graphql", json={"query": SHARED})).json()["data"]
        stages = [
            (deal["id"], [stage["id"] for stage in deal["stage"]["pipeline"]["stages"]])
            for deal in data["deals"]["nodes"]
        ]
        return Shared([company["id"] for company in data["companies"]["nodes"]], stages)

    async def post(self, change: Change) -> httpx2.Response:
        """The answer to a change."""
        return await self._http.post(
            "/graphql",
            json={"query": change.document, "variables": change.variables},
            headers={"idempotency-key": change.key},
        )

    async def send(self, change: Change) -> None:
        """Sends a change with its key and notes the answer; raises TransportError when there is none.

        An answer that says neither yes nor no, such as that the database is busy, leaves it unknown.
        """
        response = await self.post(change)
        answer = response.json()
        done = (answer.get("data") or {}).get("done")
        change.refusal = "".join(error["extensions"]["code"] for error in answer.get("errors", [])[:1])
        if done is not None:
            change.record = done["record"]
            change.state = State.REFUSED if done["userErrors"] else State.ACKNOWLEDGED


@dataclass
class Writer:
    """A client that goes on until its server is gone, or `is_done`; everything it does is in its journal first."""

    name: str
    random: random.Random
    shared: Shared
    on_acknowledged: Callable[[], None]
    journal: list[Change] = field(default_factory=list)
    own: list[dict[str, Any]] = field(default_factory=list)
    parted: list[dict[str, Any]] = field(default_factory=list)
    is_done: bool = False
    has_ended: bool = False

    async def write(self, client: Client) -> None:
        """Sends one change after the other until there is no answer."""
        while not self.is_done:
            change = self._next()
            self.journal.append(change)
            try:
                await client.send(change)
            except httpx2.TransportError:
                break
            if change.state is State.ACKNOWLEDGED:
                self._remember(change)
                self.on_acknowledged()
        self.has_ended = True

    def _remember(self, change: Change) -> None:
        if change.document is CREATE and change.record:
            self.own.append(change.record)
            self.parted.append(change.record)

    def _next(self) -> Change:
        key = f"{self.name}-{len(self.journal)}"
        kinds: list[Callable[[str], Change]] = [self._create, self._update_shared, self._move]
        kinds += [self._update_own, self._update_own] if self.own else []
        kinds += [self._link] if self.parted else []
        return self.random.choice(kinds)(key)

    def _create(self, key: str) -> Change:
        return Change(key, CREATE, {"name": key})

    def _update_shared(self, key: str) -> Change:
        return Change(key, UPDATE, {"record": self.random.choice(self.shared.companies), "name": key})

    def _update_own(self, key: str) -> Change:
        """Half of them from the version that was seen first, and so refused once it has changed."""
        record = self.random.choice(self.own)
        version = record["version"] if self.random.random() < 1 / 2 else None
        return Change(key, UPDATE, {"record": record["id"], "name": key, "version": version})

    def _move(self, key: str) -> Change:
        deal, stages = self.random.choice(self.shared.deals)
        variables = {"record": deal, "stage": self.random.choice(stages), "name": key}
        return Change(key, MOVE, variables)

    def _link(self, key: str) -> Change:
        record = self.parted.pop()
        return Change(key, LINK, {"record": record["id"], "to": self.random.choice(self.shared.companies)})


async def retry(client: Client, changes: Sequence[Change]) -> None:
    """Sends changes again with their keys, many at once, until each is answered with yes or no."""
    for change in changes:
        change.state = State.UNKNOWN
    for _ in range(ATTEMPTS):
        for first in range(0, len(changes), AT_ONCE):
            some = [change for change in changes[first : first + AT_ONCE] if change.state is State.UNKNOWN]
            await asyncio.gather(*(client.send(change) for change in some))
            if any(change.refusal for change in some):
                await asyncio.sleep(BREATH)
    assert [change for change in changes if change.state is State.UNKNOWN] == [], "never answered"
